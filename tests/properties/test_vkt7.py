"""VKT-7: what is written is read back, and no answer ends a conversation but with an error of ours."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, slot_at
from metering.meters import MeterConfiguration
from protocols.vendor.vkt7 import FAMILY
from protocols.vendor.vkt7.driver import Vkt7Driver
from protocols.vendor.vkt7.frames import awake, read_answer, refusal, write_answer, write_request
from protocols.vendor.vkt7.properties import PROPERTIES
from protocols.vendor.vkt7.questions import Item, items_of, read_data, write_list
from protocols.vendor.vkt7.values import Reader
from simulators.vendor.vkt7 import split
from tests.support.back_to_back import questions
from tests.support.driver_calls import Begin, calls_of
from tests.support.explained import explained_or_refused, explained_whole

ADDRESSES = st.integers(0, 240)
ITEMS = st.lists(st.builds(Item, st.integers(0, 82), st.integers(0, 255)), max_size=41).map(tuple)
SETTINGS = MeterConfiguration(
    {each.setting: "°C" if each.is_unit else "2" for asked in PROPERTIES for each in asked}
    | {"firmware": "2.7", "report_day": "31"}
)
MOST_EXCHANGES, MOST_STEPS = 40, 100


@given(ADDRESSES, ITEMS)
def test_a_written_list_is_cut_out_and_read_back(address: int, items: tuple[Item, ...]) -> None:
    request = write_list(items).request(address)
    found = split(b"\x00" + request + b"\x55")
    assert found == (request, len(request) + 1)
    _, body = awake(request)
    assert items_of(body[7:-2]) == items


@given(ADDRESSES, st.binary(max_size=255), st.binary(max_size=20), st.binary(max_size=20))
def test_an_answer_is_found_between_strange_bytes(
    address: int, data: bytes, before: bytes, behind: bytes
) -> None:
    frame = read_answer(address, data)
    heard = before + frame + behind
    question = read_data(len(data))
    found = question.find(address, heard)
    assert found is not None
    assert found[1] <= len(before) + len(frame)
    assert question.find(address, heard[: found[1] - 1]) is None


@given(st.integers(-(2**31), 2**31 - 1))
def test_a_whole_number_is_read_with_its_decimals(number: int) -> None:
    sent = number.to_bytes(4, "little", signed=True) + b"\xc0\x00"
    (value,) = Reader(SETTINGS.settings).understood((Item(3, 4),), sent).values
    assert value.value == Decimal(number).scaleb(-2)


FRAMES = st.one_of(
    st.builds(read_answer, ADDRESSES, st.binary(max_size=255)),
    st.builds(write_answer, ADDRESSES, st.integers(0, 0xFFFF)),
    st.builds(refusal, ADDRESSES, st.sampled_from((0x03, 0x10)), st.integers(0, 255)),
    st.builds(write_request, ADDRESSES, st.integers(0x3FEE, 0x3FFF), st.binary(max_size=250)),
)


@given(FRAMES)
def test_every_frame_is_explained_to_its_last_byte(frame: bytes) -> None:
    explained_whole(FAMILY, frame)
    assert FAMILY.reseal(frame) == frame


@given(st.binary(max_size=300))
def test_anything_else_is_refused_in_our_own_words(octets: bytes) -> None:
    explained_or_refused(FAMILY, octets)


def answers(data: st.DataObject, request: bytes) -> bytes:
    """A well-framed answer to this request, its content of chance."""
    _, body = awake(request)
    if data.draw(st.integers(0, 9)) == 0:
        return refusal(body[0], body[1], data.draw(st.integers(0, 9)))
    if body[1] == 0x10:
        return write_answer(body[0], int.from_bytes(body[2:4], "big"))
    size = data.draw(st.sampled_from((0, 1, 6, 8, 12, 16, 24, 62, 79, 204)))
    return read_answer(body[0], data.draw(st.binary(min_size=size, max_size=size)))


HOURS = [slot_at(ArchiveKind.HOUR, datetime(2015, 3, 25, hour)) for hour in range(4)]
MONTHS = [slot_at(ArchiveKind.MONTH, datetime(2015, month, 1)) for month in range(1, 4)]
CALLS = calls_of(Vkt7Driver(), "7", SETTINGS, {ArchiveKind.HOUR: HOURS, ArchiveKind.MONTH: MONTHS})


@pytest.mark.parametrize("begin", CALLS.values(), ids=CALLS.keys())
@given(data=st.data())
def test_any_answers_end_a_conversation(begin: Begin, data: st.DataObject) -> None:
    asked = questions(begin(), lambda request: answers(data, request), MOST_STEPS)
    assert asked <= MOST_EXCHANGES

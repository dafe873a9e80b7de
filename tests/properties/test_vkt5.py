"""VKT-5: what is written is read back, and no answer ends a conversation but with an error of ours."""

from __future__ import annotations

import struct
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, slot_at
from metering.meters import MeterConfiguration
from protocols.modbus.messages import Framing, Question, frame
from protocols.vendor.vkt5 import FAMILY
from protocols.vendor.vkt5.configuration import Pipe
from protocols.vendor.vkt5.driver import Vkt5Driver
from protocols.vendor.vkt5.explain import explain
from protocols.vendor.vkt5.requests import archive_date
from protocols.vendor.vkt5.values import DOUBLE, InputLayout, Reads
from simulators.vendor.vkt5 import split
from tests.support.back_to_back import questions
from tests.support.driver_calls import Begin, calls_of
from tests.support.explained import explained_or_refused, explained_whole

ADDRESSES = st.integers(1, 255)
SETTINGS = MeterConfiguration(
    {
        "firmware": "6.07",
        "pipe_1": "1 supply gauge measured water",
        "pipe_2": "1 return gauge measured water",
        "pipe_8": "8 other none none water",
    }
)
MOST_EXCHANGES, MOST_STEPS = 40, 100


@given(ADDRESSES, st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)))
def test_a_written_date_is_cut_out_and_explained(address: int, moment: datetime) -> None:
    request = Question(archive_date(moment), address).frame()
    assert split(b"\xff" + request + b"\x00") == (request, len(request) + 1)
    words = [part.meaning for part in explain(request)]
    assert f"archive date {moment:%d.%m.%Y %H}h" in words


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=9, max_size=9))
def test_totals_are_the_doubles_that_were_sent(numbers: list[float]) -> None:
    supply, back = Pipe.parse("1 supply none none water"), Pipe.parse("1 return none none water")
    sent = struct.pack(">ffdffd5d", 0, 0, numbers[0], 0, 0, numbers[1], *numbers[2:7])
    values = InputLayout(1, (supply, back), (6, 7), DOUBLE, Reads.REGISTERS).values(sent)
    expected = [numbers[0], numbers[1], *numbers[3:6]]
    assert [value.value for value in values] == [Decimal(repr(number)) for number in expected]


FRAMES = st.one_of(
    st.builds(
        lambda address, function, data: frame(function, bytes((len(data),)) + data, address, Framing.RTU),
        ADDRESSES,
        st.sampled_from((0x03, 0x04)),
        st.binary(max_size=120).map(lambda data: data + data),
    ),
    st.builds(
        lambda address, code: frame(0x83, bytes((code,)), address, Framing.RTU),
        ADDRESSES,
        st.integers(0, 255),
    ),
)


@given(FRAMES)
def test_every_frame_is_explained_to_its_last_byte(octets: bytes) -> None:
    explained_whole(FAMILY, octets)
    assert FAMILY.reseal(octets) == octets


@given(st.binary(max_size=300))
def test_anything_else_is_refused_in_our_own_words(octets: bytes) -> None:
    for frame_ in (octets, FAMILY.reseal(octets) if len(octets) > 2 else octets):
        explained_or_refused(FAMILY, frame_)


CLOCK = struct.pack(">5H", 2015, 4, 9, 15, 49)


def answer_to(request: bytes, data: st.DataObject) -> bytes:
    """A well-framed answer to this request, its content of chance, its clock mostly right."""
    address, function = request[0], request[1]
    chance = data.draw(st.integers(0, 9))
    if chance == 0:
        return frame(function | 0x80, bytes((data.draw(st.integers(0, 12)),)), address, Framing.RTU)
    if function == 0x10:
        return frame(function, request[2:6], address, Framing.RTU)
    size = data.draw(st.sampled_from((0, 2, 10, 17, 36, 44, 59, 72)))
    content = data.draw(st.binary(min_size=size, max_size=size))
    if request[2] == 0x0B and chance > 1:
        content = CLOCK
    return frame(function, bytes((len(content),)) + content, address, Framing.RTU)


HOURS = [slot_at(ArchiveKind.HOUR, datetime(2015, 4, 9, hour)) for hour in range(4)]
CALLS = calls_of(Vkt5Driver(), "7", SETTINGS, {ArchiveKind.HOUR: HOURS})


@pytest.mark.parametrize("begin", CALLS.values(), ids=CALLS.keys())
@given(data=st.data())
def test_any_answers_end_a_conversation(begin: Begin, data: st.DataObject) -> None:
    asked = questions(begin(), lambda request: answer_to(request, data), MOST_STEPS)
    assert asked <= MOST_EXCHANGES

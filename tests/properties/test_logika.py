"""Logika M4 and SPbus: what is encoded is decoded, and no bytes bring a driver out of our own errors."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, slot_at
from metering.meters import MeterConfiguration
from protocols import fields
from protocols.conversation import Conversation
from protocols.family import Family
from protocols.modbus.messages import Framing
from protocols.vendor.logika_m4 import FAMILY as M4
from protocols.vendor.logika_m4 import frames as m4
from protocols.vendor.logika_m4 import memory_numbers, moments, tags
from protocols.vendor.logika_spbus import FAMILY as SPBUS
from protocols.vendor.logika_spbus import frames as spbus
from protocols.vendor.logika_spbus import records
from simulators.vendor.logika_m4.numbers import memory_float
from tests.support.back_to_back import questions
from tests.support.explained import explained_or_refused

octets = st.integers(0, 255)
moments_of_meters = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)
short_frames = st.builds(
    m4.ShortFrame, octets, octets.filter(lambda function: function != m4.LONG_MARK), st.binary(max_size=72)
)
long_frames = st.builds(
    m4.LongFrame, octets, octets, octets, st.binary(max_size=1024), st.sampled_from((0, 1))
)
fields_of_text = st.text(
    st.characters(codec="cp866", exclude_characters="\t\x0c\r\n\x10"), min_size=1, max_size=12
)
text_records = st.lists(st.lists(fields_of_text, min_size=1, max_size=4).map(tuple), max_size=6).map(tuple)
routes = st.none() | st.tuples(octets, octets).filter(lambda route: route[0] != 0x10 or route[1] != 0x1F)
spbus_frames = st.builds(
    spbus.SpbusFrame,
    octets,
    text_records.map(records.encode),
    st.integers(0, 99).map(lambda number: str(number).encode()),
    routes,
)
FAMILIES = pytest.mark.parametrize("family", [M4, SPBUS], ids=lambda family: family.protocol)


@given(short_frames | long_frames)
def test_a_frame_of_m4_survives_the_line(frame: m4.Frame) -> None:
    assert m4.decode(frame.encode()) == frame
    assert m4.reseal(frame.encode()) == frame.encode()


@given(long_frames, st.binary(max_size=40))
def test_noise_before_a_long_frame_is_stepped_over(frame: m4.LongFrame, noise: bytes) -> None:
    found = m4.find_long(noise + frame.encode(), frame.network, frame.identifier)
    assert found is not None
    assert found[1] <= len(noise) + len(frame.encode())


@given(spbus_frames)
def test_a_frame_of_spbus_survives_the_line(frame: spbus.SpbusFrame) -> None:
    assert spbus.decode(frame.encode()) == frame
    assert list(spbus.find(frame.encode())) == [(frame, len(frame.encode()))]


@given(text_records)
def test_records_survive_the_line(written: tuple[records.Record, ...]) -> None:
    assert records.parse(records.encode(written)) == written


@given(st.integers(0, 255), st.binary(max_size=70_000 // 64))
def test_an_item_survives_the_line(tag: int, data: bytes) -> None:
    (item,) = tags.parse(tags.encode(tag, data))
    assert (item.tag, item.data) == (tag, data)


@given(moments_of_meters)
def test_dates_survive_the_line(moment: datetime) -> None:
    (item,) = tags.parse(moments.encode_archive_date(moment))
    assert moments.archive_date(item) == moment
    clock_time = bytes((0, moment.second, moment.minute, moment.hour))
    date = bytes((moment.day, moment.month, moment.year - 2000, moment.weekday()))
    sent = tags.encode(tags.Tag.TIME, clock_time) + tags.encode(tags.Tag.DATE, date)
    assert moments.clock(*tags.parse(sent)) == moment


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_of_the_memory_is_the_float_of_ieee(number: float) -> None:
    value = Decimal(number)
    stored = memory_numbers.meter_float(memory_float(value))
    assert stored == fields.float32(fields.to_float32(value))


@FAMILIES
@given(frame=st.binary(max_size=200))
def test_any_bytes_are_explained_or_refused(family: Family, frame: bytes) -> None:
    explained_or_refused(family, frame)


@given(long_frames | short_frames)
def test_any_frame_of_m4_is_explained_to_its_last_byte(frame: m4.Frame) -> None:
    explained = M4.explain(frame.encode())
    assert b"".join(one.data for one in explained) == frame.encode()


CALLS = ("identify", "read_configuration", "read_clock", "read_current", "read_archive")
SETTINGS = MeterConfiguration({"heat": "Gcal", "pressure": "MPa"})
MOST_STEPS = 400


def conversation_of(family: Family, model: str, call: str) -> Conversation[object]:
    driver = family.build(model, Framing.RTU, {})
    address = driver.info.default_address
    if call in ("identify", "read_configuration"):
        return getattr(driver, call)(address)  # type: ignore[no-any-return]
    if call == "read_archive":
        slots = [slot_at(ArchiveKind.HOUR, datetime(2015, 4, 9, hour)) for hour in (11, 10, 3)]
        return driver.read_archive(address, SETTINGS, ArchiveKind.HOUR, slots)
    return getattr(driver, call)(address, SETTINGS)  # type: ignore[no-any-return]


def answered(family: Family, request: bytes, data: bytes) -> bytes:
    """A well-framed answer to this request with any data."""
    if family is SPBUS:
        asked = spbus.decode(request)
        function = {0x1D: 0x03, 0x18: 0x20, 0x19: 0x21}[asked.function]
        return spbus.SpbusFrame(function, data.replace(b"\x10", b""), asked.head).encode()
    frame = m4.decode(request.lstrip(b"\xff"))
    if isinstance(frame, m4.LongFrame):
        own = frame.data if data[:1] == b"\x00" else data
        return m4.LongFrame(frame.network, frame.identifier, frame.function, own).encode()
    size = {0x3F: 3, 0x52: frame.data[2], 0x45: 64}.get(frame.function, 68)
    count = frame.data[2] if frame.function == 0x45 else 1
    return m4.ShortFrame(frame.network, frame.function, data.ljust(size, b"\x01")[:size]).encode() * count


@FAMILIES
@given(choices=st.data())
def test_whatever_is_answered_a_driver_ends_with_a_result_or_our_own_error(
    family: Family, choices: st.DataObject
) -> None:
    model, call = choices.draw(st.sampled_from(family.models)), choices.draw(st.sampled_from(CALLS))
    conversation = conversation_of(family, model, call)

    def answer(request: bytes) -> bytes:
        return reply_to(family, request, choices.draw(st.binary(max_size=120)))

    questions(conversation, answer, MOST_STEPS)


def reply_to(family: Family, request: bytes, data: bytes) -> bytes:
    silent = not request.strip(b"\xff") or data[:1] == b"\x07"
    return b"" if silent else answered(family, request, data)

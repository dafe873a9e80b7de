"""VIS.T: frames come back, and every hour of a ring has a place of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, slot_at
from protocols.vendor.vist import FAMILY
from protocols.vendor.vist.archive import Header
from protocols.vendor.vist.frames import FILE, HOLDING, INPUT, answer, read_record, read_registers
from tests.support.explained import explained_whole

UPDATED = datetime(2024, 3, 15, 14)
HEADER = Header(b"", 0x41FF, 0, 0, 1, UPDATED, (2, 2, 2, 3))
UNITS = st.integers(1, 247)


@given(UNITS, st.sampled_from([HOLDING, INPUT]), st.integers(0, 0xFFFF), st.binary(min_size=2, max_size=120))
def test_registers_come_back_behind_their_own_request(unit: int, function: int, at: int, data: bytes) -> None:
    whole = data[: len(data) // 2 * 2]
    question = read_registers(unit, function, at, len(whole) // 2)
    reply = answer(unit, function, whole)
    assert question.data(question.frame() + reply) == whole
    explained_whole(FAMILY, reply)


@given(UNITS, st.integers(0, 2), st.integers(0, 0xFFFF), st.binary(min_size=2, max_size=120))
def test_a_record_comes_back(unit: int, file: int, number: int, data: bytes) -> None:
    whole = data[: len(data) // 2 * 2]
    question = read_record(unit, file, number, len(whole) // 2)
    assert question.data(answer(unit, FILE, whole)) == whole


@given(st.integers(4, 1536), st.data())
def test_every_hour_of_a_ring_has_a_place_of_its_own(most: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, most))
    header = replace(HEADER, most=most, present=most, index=index)
    hours = (slot_at(ArchiveKind.HOUR, UPDATED - timedelta(hours=age + 1)) for age in range(most - 2))
    numbers = [header.number(hour) for hour in hours]
    assert len(set(numbers)) == most - 2
    assert all(isinstance(number, int) and 1 <= number <= most for number in numbers)

"""SA-94 for any bytes: numbers are read back, bytes are explained or refused, no answer breaks a driver."""

from __future__ import annotations

import struct
from datetime import datetime
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, slot_at
from metering.meters import MeterConfiguration
from protocols import catalogue
from protocols.conversation import Conversation
from protocols.vendor.sa94 import FAMILY
from protocols.vendor.sa94.commands import LARGEST_ID, select, selected
from protocols.vendor.sa94.formats import day_of, number, time_of
from simulators.vendor.sa94 import octets
from tests.support.back_to_back import questions
from tests.support.explained import explained_or_refused

NORMAL = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
MOMENTS = st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2094-12-31"))
MOST_QUESTIONS = 3000


@given(NORMAL)
def test_a_number_of_the_simulator_is_read_back(value: float) -> None:
    read = number(octets.number(Decimal(value)))
    assert read is not None
    assert struct.pack(">f", float(read)) == struct.pack(">f", value or 0.0)


@given(MOMENTS)
def test_a_moment_of_the_simulator_is_read_back(moment: datetime) -> None:
    assert day_of(octets.day(moment)) == moment.date()
    assert time_of(octets.time(moment)) == moment.time().replace(microsecond=0)


@given(st.integers(0, LARGEST_ID))
def test_a_selection_is_read_back_and_only_its_first_byte_has_bit_7(identifier: int) -> None:
    command = select(identifier)
    assert selected(command) == identifier
    assert [octet >> 7 for octet in command] == [1, 0, 0]


@given(st.one_of(st.binary(max_size=6), st.binary(min_size=128, max_size=128)))
def test_any_bytes_are_explained_or_refused(frame: bytes) -> None:
    explained_or_refused(FAMILY, frame)


def answer(request: bytes, junk: bytes) -> bytes:
    """Selection and clock are answered rightly, so that the archives are reached; the rest by junk."""
    known = {b"\x8a": "00 09 17 30", b"\x8b": "EE 10 02 26"}
    if request in known:
        return bytes.fromhex(known[request])
    if len(request) == 3:
        return b"\x1f"
    return junk.ljust(128, b"\xee")[: 4 if len(request) == 1 else 128]


def run(conversation: Conversation[object], replies: list[bytes]) -> None:
    """To the end, or to an error of ours; replies are given in turn, again and again."""
    turn = (replies[number // 2 % len(replies)] for number in count(1))
    assert (
        questions(conversation, lambda request: answer(request, next(turn)), 2 * MOST_QUESTIONS)
        < MOST_QUESTIONS
    )


def record(moment: datetime) -> bytes:
    return octets.day(moment) + octets.time(moment.replace(minute=0)) + bytes(24)


BLOCKS = st.one_of(
    st.binary(max_size=128),
    st.lists(MOMENTS, min_size=1, max_size=4).map(lambda moments: b"".join(map(record, moments))),
)


@pytest.mark.parametrize("model", FAMILY.models)
@settings(max_examples=40, deadline=None)
@given(replies=st.lists(BLOCKS, min_size=1, max_size=5))
def test_a_driver_ends_whatever_the_archives_say(model: str, replies: list[bytes]) -> None:
    driver = catalogue.driver(model)
    run(driver.read_current("19855", MeterConfiguration()), replies)
    for kind in (ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.TOTAL):
        starts = (datetime.fromisoformat(f"2026-02-{day:02}") for day in (9, 8, 3))
        slots = [slot_at(kind, start) for start in starts]
        run(driver.read_archive("19855", MeterConfiguration(), kind, slots), replies)

"""KMP for any bytes: what is framed is read back, damage is refused, and no reply breaks a driver."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, slot_at
from metering.errors import FrameError
from metering.meters import MeterConfiguration
from protocols import catalogue
from protocols.conversation import Conversation
from protocols.vendor.kmp import FAMILY
from protocols.vendor.kmp.frames import REPLY, REQUEST, Frame, decode, find
from protocols.vendor.kmp.registers import CLOCK, DATE
from protocols.vendor.kmp.values import decimal_date, scaled, to_decimal_date
from tests.support.back_to_back import questions
from tests.support.explained import explained_or_refused, explained_whole

OCTET = st.integers(0, 255)
FRAMES = st.builds(Frame, st.sampled_from((REQUEST, REPLY)), OCTET, OCTET, st.binary(max_size=60))
KINDS = (ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.TOTAL)
MOST_QUESTIONS = 400


@given(FRAMES)
def test_a_frame_is_read_back_and_explained(frame: Frame) -> None:
    sent = frame.encode()
    assert decode(sent) == frame
    explained_whole(FAMILY, sent)
    assert FAMILY.reseal(sent) == sent


@given(FRAMES, st.data())
def test_a_changed_byte_never_passes_for_the_frame_that_was_sent(frame: Frame, data: st.DataObject) -> None:
    sent = bytearray(frame.encode())
    sent[data.draw(st.integers(0, len(sent) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert decode(bytes(sent)) != frame
    except FrameError:
        return


@given(st.binary(max_size=80), st.binary(max_size=20))
def test_a_reply_is_found_behind_anything_without_a_start(noise: bytes, content: bytes) -> None:
    reply = Frame(REPLY, 0x3F, 0x10, content)
    found = find(noise + reply.encode(), lambda frame: frame == reply)
    assert found == (reply, len(noise + reply.encode()))


@given(st.binary(max_size=300))
def test_any_bytes_are_explained_or_refused(octets: bytes) -> None:
    explained_or_refused(FAMILY, octets)


COMMANDS = (0x01, 0x02, 0x09, 0x10, 0x65, 0x66, 0xA0, 0xA2, 0xA3, 0xB8)


@given(st.sampled_from(COMMANDS), st.binary(max_size=90))
def test_any_data_of_a_known_command_are_explained(command: int, data: bytes) -> None:
    for start in (REQUEST, REPLY):
        sent = Frame(start, 0x3F, command, data).encode()
        explained_whole(FAMILY, sent)


@given(st.binary(max_size=90))
def test_any_bytes_are_resealed_to_what_is_explained_or_left(octets: bytes) -> None:
    sealed = FAMILY.reseal(bytes((REPLY,)) + octets + b"\x0d")
    assert FAMILY.reseal(sealed) == sealed


@given(st.integers(0, 2**64), st.integers(0, 255))
def test_sign_and_exponent_are_exact(integer: int, scale: int) -> None:
    sign, exponent = -1 if scale & 0x80 else 1, (scale & 63) * (-1 if scale & 0x40 else 1)
    value = scaled(integer, scale)
    assert value.as_tuple().exponent == exponent
    assert Fraction(value) == sign * integer * Fraction(10) ** exponent


@given(st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-12-31")))
def test_a_moment_is_read_back(moment: datetime) -> None:
    assert decimal_date(*to_decimal_date(moment)) == moment.replace(microsecond=0)


def numbered(register: int) -> bytes:
    """Date, clock or anything else as a register's value."""
    value = {DATE: 260210, CLOCK: 91730}.get(register, register)
    return register.to_bytes(2, "big") + bytes((40, 4, 0)) + value.to_bytes(4, "big")


def answered(request: bytes, junk: bytes) -> bytes:
    """GetRegister is answered rightly, so that the archives are reached; everything else by junk."""
    frame = decode(request)
    if frame.command == 0x10:
        wanted = frame.data[1:]
        junk = b"".join(
            numbered(int.from_bytes(wanted[at : at + 2], "big")) for at in range(0, len(wanted), 2)
        )
    elif frame.command == 0xB8:
        junk = frame.data[:2] + junk
    return Frame(REPLY, frame.destination, frame.command, junk).encode()


def run(conversation: Conversation[object], replies: list[bytes]) -> None:
    """To the end, or to an error of ours; replies are given in turn, again and again."""
    turn = cycle(replies)
    asked = questions(conversation, lambda request: answered(request, next(turn)), 2 * MOST_QUESTIONS)
    assert asked < MOST_QUESTIONS


@pytest.mark.parametrize("model", FAMILY.models)
@settings(max_examples=40, deadline=None)
@given(replies=st.lists(st.binary(max_size=80), min_size=1, max_size=4))
def test_a_driver_ends_whatever_the_logs_say(model: str, replies: list[bytes]) -> None:
    driver = catalogue.driver(model)
    run(driver.identify("63"), replies)
    run(driver.read_current("63", MeterConfiguration()), replies)
    for kind in KINDS:
        starts = (datetime.fromisoformat(f"2026-02-{day:02}") for day in (9, 8, 3))
        slots = [slot_at(kind, start) for start in starts]
        run(driver.read_archive("63", MeterConfiguration(), kind, slots), replies)

"""KM-5: what is encoded is decoded to the same, and no damaged frame is taken for a whole one."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from metering.errors import FrameError
from protocols.vendor.km5 import FAMILY, stamps
from protocols.vendor.km5.frames import LONG_ANSWERS, Command, Question, address_digits, answer, parse_address

ADDRESSES = st.integers(1, 99_999_999).map(str)
COMMANDS = st.sampled_from(Command)
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0))


@given(ADDRESSES)
def test_an_address_comes_back(address: str) -> None:
    assert int(address_digits(parse_address(address))) == int(address)


@given(MOMENTS, st.integers(0, 6), st.booleans())
def test_a_stamp_comes_back(moment: datetime, kind: int, midnight_is_24: bool) -> None:
    stamp = stamps.Stamp(moment, kind)
    assert stamps.decode(stamps.encode(stamp, midnight_is_24=midnight_is_24)) == stamp


@given(ADDRESSES, COMMANDS, st.binary(max_size=25), st.binary(max_size=80))
def test_an_answer_is_found_whatever_stands_before_it(
    address: str, command: Command, data: bytes, noise: bytes
) -> None:
    wire = parse_address(address)
    own = answer(wire, command, data)
    question = Question(wire, command)
    end = question.complete(noise + own)
    assert end is not None
    assert question.complete(own) == len(own) == (72 if command in LONG_ANSWERS else 32)
    assert question.answer(own) == own


@given(ADDRESSES, COMMANDS, st.binary(max_size=25), st.data())
def test_one_wrong_byte_is_always_noticed(
    address: str, command: Command, data: bytes, draw: st.DataObject
) -> None:
    frame = bytearray(answer(parse_address(address), command, data))
    frame[draw.draw(st.integers(0, len(frame) - 1))] ^= draw.draw(st.integers(1, 255))
    try:
        FAMILY.explain(bytes(frame))
    except FrameError:
        return
    raise AssertionError("a damaged frame was explained")

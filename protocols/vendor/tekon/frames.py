"""FT1.2 frames of Tekon gateways, both directions (tekon-19.md 1).

    10 control gateway code and three bytes CS 16     fixed: a short request
    68 L L 68 control gateway data CS 16              variable; L counts from control to the last data byte
    A2, E5                                            accepted, refused: one byte without any check

Control is 40 + number in a request and the number, 0 to 15, in its answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from metering.errors import ConfigurationError, FrameError
from protocols.checksums import arithmetic_sum

FIXED_START: Final = 0x10
VARIABLE_START: Final = 0x68
STOP: Final = 0x16
REQUEST: Final = 0x40
ACCEPTED: Final = b"\xa2"
REFUSED: Final = b"\xe5"
NUMBERS: Final = 16
FIXED_LENGTH: Final = 9
OVERHEAD: Final = 6
"""Bytes of a variable frame that L does not count."""
LARGEST: Final = 255
LARGEST_BUFFER: Final = 4096

_CONTROL_AT: Final = {bytes((FIXED_START,)): 1, bytes((VARIABLE_START,)): 4}
_ADDRESS: Final = re.compile(r"([0-9]{1,3}):([0-9]{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Frame:
    """`data` of a request begins with its code. `fixed`: the short form, with four bytes of data."""

    control: int
    gateway: int
    data: bytes
    fixed: bool = False

    @property
    def number(self) -> int:
        return self.control & NUMBERS - 1

    def encode(self) -> bytes:
        body = bytes((self.control, self.gateway)) + self.data
        start = (FIXED_START,) if self.fixed else (VARIABLE_START, len(body), len(body), VARIABLE_START)
        return bytes(start) + body + bytes((arithmetic_sum(body), STOP))


def renumbered(frame: bytes, like: bytes) -> bytes:
    """The frame with the number of another one; a byte alone has none."""
    here, there = (_CONTROL_AT.get(each[:1], len(each)) for each in (frame, like))
    if here >= len(frame) - 2 or there >= len(like) - 2:
        return frame
    control = frame[here] & REQUEST | like[there] & NUMBERS - 1
    body = bytes((control,)) + frame[here + 1 : -2]
    return frame[:here] + body + bytes((arithmetic_sum(body),)) + frame[-1:]


@dataclass(frozen=True, slots=True)
class Address:
    """A module of the bus behind a gateway."""

    gateway: int
    module: int


def parse_address(address: str) -> Address:
    """ConfigurationError when this is no address."""
    found = _ADDRESS.fullmatch(address)
    numbers = [int(number) for number in found.groups()] if found else []
    if not numbers or not all(1 <= number <= 0xFF for number in numbers):
        raise ConfigurationError(
            f"{address!r} is no Tekon address: write gateway:module like 2:3, each from 1 to 255."
        )
    return Address(*numbers)


def decode(octets: bytes) -> Frame:
    """The one frame with a checksum that these bytes are; FrameError says which check failed."""
    fault = _fault(octets)
    if fault:
        raise FrameError(f"Not a Tekon frame: {fault}.")
    fixed = octets[0] == FIXED_START
    body = octets[1:-2] if fixed else octets[4:-2]
    return Frame(body[0], body[1], body[2:], fixed)


def find(buffer: bytes, gateway: int, number: int) -> tuple[Frame, int] | None:
    """The variable answer of this gateway with this number, and where it ends in the buffer."""
    start = buffer.find(VARIABLE_START, 0, LARGEST_BUFFER)
    while start >= 0:
        end = start + length_of(buffer[start : start + 4])
        if start < end <= len(buffer) and not _fault(buffer[start:end]):
            frame = decode(buffer[start:end])
            if (frame.control, frame.gateway) == (number, gateway):
                return frame, end
        start = buffer.find(VARIABLE_START, start + 1, LARGEST_BUFFER)
    return None


def length_of(start: bytes) -> int:
    """How long a frame is that begins with these four bytes; 0 when none does."""
    if start[:1] == bytes((FIXED_START,)):
        return FIXED_LENGTH
    plausible = len(start) == 4 and start[0] == start[3] == VARIABLE_START and start[1] == start[2] >= 2
    return start[1] + OVERHEAD if plausible else 0


def _fault(octets: bytes) -> str:
    if not octets or octets[0] not in (FIXED_START, VARIABLE_START):
        return "it does not begin with 10 or 68"
    if length_of(octets[:4]) != len(octets):
        return "its length is not the one that it says"
    if octets[-1] != STOP:
        return "it does not end with 16"
    body = octets[1:-2] if octets[0] == FIXED_START else octets[4:-2]
    return (
        "" if arithmetic_sum(body) == octets[-2] else "the checksum is wrong; bytes were changed on the line"
    )

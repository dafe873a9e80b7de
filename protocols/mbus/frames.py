"""M-Bus link layer: the four frames of EN 13757-2 (FT 1.2), m-bus.md section 2.

    E5                                   acknowledgement
    10 C A CS 16                         short frame
    68 03 03 68 C A CI CS 16             control frame: a long frame whose payload is its CI byte alone
    68 L L 68 C A CI data CS 16          long frame

A payload is what lies between the address and the checksum: the CI byte and its data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from metering.errors import FrameError
from protocols.checksums import arithmetic_sum

SND_NKE: Final = 0x40
SND_UD: Final = 0x53
REQ_UD1: Final = 0x5A
REQ_UD2: Final = 0x5B
RSP_UD: Final = 0x08
FCB: Final = 0x20
"""Frame count bit: added to the C field of REQ_UD1, REQ_UD2 and SND_UD; toggled after each good answer."""

ACKNOWLEDGEMENT_BYTE: Final = 0xE5
SHORT_START: Final = 0x10
LONG_START: Final = 0x68
STOP: Final = 0x16
SHORT_LENGTH: Final = 5
LONG_OVERHEAD: Final = 6
"""Bytes of a long frame that its length byte does not count: 68 L L 68, checksum, stop."""
SMALLEST_L: Final = 3
SMALLEST_LONG: Final = LONG_OVERHEAD + SMALLEST_L
LARGEST_PAYLOAD: Final = 253
"""L is one byte and counts the C and A fields too."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The single character E5."""

    def encode(self) -> bytes:
        return bytes((ACKNOWLEDGEMENT_BYTE,))


@dataclass(frozen=True, slots=True)
class ShortFrame:
    """A request without data."""

    control: int
    address: int

    def encode(self) -> bytes:
        body = bytes((self.control, self.address))
        return bytes((SHORT_START, *body, arithmetic_sum(body), STOP))


@dataclass(frozen=True, slots=True)
class LongFrame:
    """A frame with a payload; a control frame is one whose payload is one byte."""

    control: int
    address: int
    payload: bytes

    def encode(self) -> bytes:
        """FrameError when the payload is empty or longer than L can say."""
        if not 1 <= len(self.payload) <= LARGEST_PAYLOAD:
            raise FrameError(
                f"A payload has 1..{LARGEST_PAYLOAD} bytes, not {len(self.payload)}: send several frames."
            )
        body = bytes((self.control, self.address)) + self.payload
        start = bytes((LONG_START, len(body), len(body), LONG_START))
        return start + body + bytes((arithmetic_sum(body), STOP))


Frame = Acknowledgement | ShortFrame | LongFrame
ACKNOWLEDGEMENT: Final = Acknowledgement()


def decode(octets: bytes) -> Frame:
    """The one frame that these bytes are, whole and nothing else; FrameError says which check failed."""
    if not octets:
        raise FrameError("No bytes: nothing was heard. Check address, wiring and baud rate.")
    fault = _fault(octets)
    if fault:
        raise FrameError(f"Not a valid M-Bus frame: {fault}.")
    return _unpack(octets)


def find(buffer: bytes, wanted: Callable[[Frame], bool] = lambda _: True) -> tuple[Frame, int] | None:
    """The first valid frame that is wanted, and where it ends; None while there is none yet.

    Noise, damaged and unwanted frames before it are passed over. The bytes of a frame still under way or
    damaged are never taken for an acknowledgement or a short frame, whose own checks are too weak for that.
    """
    offset = damaged_until = 0
    while offset < len(buffer):
        length = _announced_length(buffer[offset : offset + 4])
        if length == 0 or (length < SMALLEST_LONG and offset < damaged_until):
            offset += 1
            continue
        end = offset + length
        if end > len(buffer):
            return None
        candidate = buffer[offset:end]
        if _fault(candidate):
            damaged_until = max(damaged_until, end)
            offset += 1
            continue
        frame = _unpack(candidate)
        if wanted(frame):
            return frame, end
        offset = end
    return None


def _announced_length(start: bytes) -> int:
    """How long a frame is that begins with these one to four bytes; 0 when none begins here.

    A long frame of which fewer than four bytes are there is announced with its smallest length.
    """
    if start[0] == ACKNOWLEDGEMENT_BYTE:
        return 1
    if start[0] == SHORT_START:
        return SHORT_LENGTH
    if start[0] != LONG_START:
        return 0
    if len(start) < 4:
        return SMALLEST_LONG
    plausible = start[1] == start[2] and start[1] >= SMALLEST_L and start[3] == LONG_START
    return start[1] + LONG_OVERHEAD if plausible else 0


def _fault(octets: bytes) -> str:
    """What is wrong with a frame, in words; empty when nothing is."""
    length = _announced_length(octets[:4])
    if length == 0:
        return _bad_start(octets)
    if len(octets) != length:
        return f"it announces {length} bytes, {len(octets)} are there"
    if length == 1:
        return ""
    if octets[-1] != STOP:
        return f"its last byte is {octets[-1]:02X}, not {STOP:02X}"
    expected = arithmetic_sum(_body(octets))
    return "" if octets[-2] == expected else f"checksum {octets[-2]:02X}, its bytes add up to {expected:02X}"


def _bad_start(octets: bytes) -> str:
    if octets[0] != LONG_START:
        return f"it starts with {octets[0]:02X}, not with 68, 10 or E5"
    if octets[1] != octets[2]:
        return f"its two length bytes differ ({octets[1]:02X} and {octets[2]:02X})"
    if octets[3] != LONG_START:
        return f"its second start byte is {octets[3]:02X}, not 68"
    return f"its length byte is {octets[1]:02X}; the smallest is 03"


def _body(octets: bytes) -> bytes:
    """The bytes that the checksum covers: C, A and the payload."""
    return octets[1:-2] if octets[0] == SHORT_START else octets[4:-2]


def _unpack(octets: bytes) -> Frame:
    if octets[0] == ACKNOWLEDGEMENT_BYTE:
        return ACKNOWLEDGEMENT
    body = _body(octets)
    if octets[0] == SHORT_START:
        return ShortFrame(body[0], body[1])
    return LongFrame(body[0], body[1], body[2:])

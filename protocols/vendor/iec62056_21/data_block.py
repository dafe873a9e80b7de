"""The data message of a read-out: STX, lines of data sets, `!`, ETX, BCC (iec62056-21-heat.md 1).

STX may be swallowed while the line changes its speed. The empty lines that some meters send first change
nothing in the BCC, two of them being their own inverse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from metering.errors import FrameError
from protocols.vendor.iec62056_21.characters import (
    END_OF_LINE,
    ETX,
    STX,
    carries_parity,
    is_even,
    with_parity,
    without_parity,
)

Check = Callable[[bytes], int]
"""The block check character of everything after STX up to and including ETX."""

LARGEST: Final = 16384
"""Bytes in which a read-out is looked for; the longest known one has a tenth of that."""

_END: Final = b"!" + END_OF_LINE + bytes((ETX,))
_TEXT: Final = frozenset(range(0x20, 0x7F)) | frozenset(END_OF_LINE)


def exclusive_or(octets: bytes) -> int:
    """The standard's BCC."""
    return reduce(xor, octets, 0)


def seven_bit_sum(octets: bytes) -> int:
    """The BCC of Kamstrup."""
    return sum(octets) & 0x7F


CHECKS: Final = (exclusive_or, seven_bit_sum)


@dataclass(frozen=True, slots=True)
class DataBlock:
    """`text` are the lines without STX, ETX and BCC; the block ends at `end` of where it was found."""

    text: bytes
    start: int
    end: int


def encode(text: bytes, check: Check = exclusive_or) -> bytes:
    """The whole message around lines that end with `!` and an end of line, without parity."""
    body = text + bytes((ETX,))
    return bytes((STX,)) + body + bytes((check(body),))


def find(buffer: bytes, check: Check, begin: int = 0) -> DataBlock | None:
    """The first whole block behind `begin` whose parity and BCC are right."""
    buffer = buffer[:LARGEST]
    plain = without_parity(buffer)
    at = plain.find(_END, begin)
    while at >= 0:
        end = at + len(_END) + 1
        start = _start(plain, begin, at)
        if (
            end <= len(plain)
            and is_even(buffer[start:end])
            and check(plain[start : end - 1]) == plain[end - 1]
        ):
            return DataBlock(plain[start : end - 2], start, end)
        at = plain.find(_END, at + 1)
    return None


def decode(frame: bytes) -> tuple[DataBlock, Check]:
    """The one block that these bytes are, with or without STX, and its BCC; FrameError when they are none."""
    begin = 1 if without_parity(frame[:1]) == bytes((STX,)) else 0
    for check in CHECKS:
        block = find(frame, check, begin)
        if block and (block.start, block.end) == (begin, len(frame)) and is_even(frame):
            return block, check
    raise FrameError("Not a data block: the parity, the BCC or the end `!`, ETX is wrong.")


def reseal(frame: bytes) -> bytes:
    """The block with its BCC set right, in the way in which it is right already or else by exclusive or."""
    try:
        decode(frame)
    except FrameError:
        begin = 1 if without_parity(frame[:1]) == bytes((STX,)) else 0
        bcc = bytes((exclusive_or(without_parity(frame[begin:-1])),))
        return frame[:-1] + (with_parity(bcc) if carries_parity(frame[:-1]) else bcc)
    return frame


def _start(plain: bytes, begin: int, end: int) -> int:
    """Where the text that ends here begins: after STX or whatever else is no text."""
    start = end
    while start > begin and plain[start - 1] in _TEXT:
        start -= 1
    return start

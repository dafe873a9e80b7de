"""Commands of SA-94: the first byte has bit 7, the others have not (sa-94.md section 2)."""

from __future__ import annotations

from typing import Final

STATUS_SIZE, NUMBER_SIZE, BLOCK_SIZE = 1, 4, 128
"""Bytes of the three answers that there are."""

LARGEST_ID: Final = 999_999
SELECT: Final = 0xC0
SELECT_BITS: Final = 0x3F
PARAMETER: Final = 0x80
STATISTICS: Final = 0xA0
EXTENDED: Final = 0xB7
EXTENDED_MARK: Final = 0x40
UNSELECT: Final = 0xFF

SEGMENTS: Final = 8
BLOCKS: Final = 128
EXTENDED_BLOCKS: Final = 512
"""Blocks of a segment of 16 KB and of an extended one of 64 KB."""


def select(identifier: int) -> bytes:
    """Makes the meter with this six-digit number answer, and every other fall silent."""
    return bytes((SELECT | identifier >> 14, identifier >> 7 & 0x7F, identifier & 0x7F))


def selected(command: bytes) -> int:
    """The number in a selection."""
    return (command[0] & SELECT_BITS) << 14 | command[1] << 7 | command[2]


def parameter(number: int) -> bytes:
    """Asks for a current value, 0 to 15."""
    return bytes((PARAMETER | number,))


def statistics(segment: int, block: int) -> bytes:
    """Asks for a block of an archive segment."""
    return bytes((STATISTICS | segment, block))


def extended_statistics(segment: int, block: int) -> bytes:
    """Asks for a block of an extended segment."""
    return bytes((EXTENDED, EXTENDED_MARK | segment << 3 | block >> 6, block & 0x3F))

"""What may be asked of a meter of the TEM family. Sources: tem-104.md sections 3 and 7."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Final

from metering.calendar import ArchiveKind
from protocols.fields import to_bcd
from protocols.vendor.tem.frames import Question

LINK, CLOCK_WRITE, TIMER, RAM, SEARCH = 0x00, 0x01, 0x0F, 0x0C, 0x0D
"""Groups of commands; the timer's group reads FLASH as well."""

IDENTIFY, VERSION = 0x00, 0x01
READ_MEMORY, READ_CLOCK, READ_FLASH = 0x01, 0x02, 0x03
FIND_RECORD, SET_CLOCK = 0x11, 0x82
EXTENDED: Final = 0x80
"""Of the group of an extended read."""

ARCHIVE_TYPES: Final = {ArchiveKind.HOUR: 0, ArchiveKind.DAY: 1, ArchiveKind.MONTH: 2}
NONE_FOUND: Final = 0xFFFF


class Memory(Enum):
    """The three memories of a meter; a clock that lies apart is a fourth."""

    TIMER = "timer memory"
    RAM = "RAM"
    FLASH = "FLASH"
    CLOCK = "clock"


class FlashOrder(Enum):
    """How a request for FLASH is written."""

    LENGTH_FIRST = "length, four bytes of address"
    LENGTH_LAST = "zero, three bytes of address, length"
    SHORT = "two bytes of address, length"


def identify(address: int) -> Question:
    """The meter's name as text."""
    return Question(address, LINK, IDENTIFY, b"")


def version(address: int) -> Question:
    """The firmware's version as text (TEM-104-K)."""
    return Question(address, LINK, VERSION, b"")


def read(address: int, memory: Memory, at: int, size: int, order: FlashOrder) -> Question:
    """`size` bytes from one place of one memory."""
    match memory:
        case Memory.TIMER:
            return Question(address, TIMER, READ_MEMORY, at.to_bytes(2, "big") + bytes((size,)), size)
        case Memory.RAM:
            return Question(address, RAM, READ_MEMORY, at.to_bytes(2, "big") + bytes((size,)), size)
        case Memory.CLOCK:
            return Question(address, TIMER, READ_CLOCK, bytes((at, size)), size)
        case Memory.FLASH:
            return Question(address, TIMER, READ_FLASH, flash_place(at, size, order), size)


def extended(question: Question, at: int) -> Question:
    """The read that newer firmware has: up to 255 bytes, and the reply repeats the low bytes of the place."""
    place = at >> 8 & 0xFF, at & 0xFF
    return replace(question, group=question.group | EXTENDED, place=place)


def flash_place(at: int, size: int, order: FlashOrder) -> bytes:
    """A place in FLASH as the request names it."""
    match order:
        case FlashOrder.LENGTH_FIRST:
            return bytes((size,)) + at.to_bytes(4, "big")
        case FlashOrder.LENGTH_LAST:
            return at.to_bytes(4, "big") + bytes((size,))
        case FlashOrder.SHORT:
            return at.to_bytes(2, "big") + bytes((size,))


def find_record(address: int, kind: ArchiveKind, date: datetime) -> Question:
    """The number of the record of a date, high byte first; NONE_FOUND when there is none."""
    parts = (date.hour, date.day, date.month, date.year % 100)
    written = b"".join(to_bcd(part, 1) for part in parts)
    return Question(address, SEARCH, FIND_RECORD, bytes((ARCHIVE_TYPES[kind],)) + written, 2)


def set_clock(address: int, meter_time: datetime) -> Question:
    """Sets the clock (M models); the reply repeats the six values behind the register's number."""
    clock = (meter_time.second, meter_time.minute, meter_time.hour)
    date = (meter_time.day, meter_time.month, meter_time.year % 100)
    return Question(address, CLOCK_WRITE, SET_CLOCK, bytes((0, *clock, *date)), 7)

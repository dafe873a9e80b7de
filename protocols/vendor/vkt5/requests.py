"""What a VKT-5 can be asked: Modbus' functions, but addresses that name data (vkt-5.md sections 1, 2, 4).

The high byte of an address holds a selector and a name, the low byte a part of it. Numbers are big-endian.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Final

from protocols.modbus.messages import Request

READ_CURRENT, READ_ARCHIVE, WRITE = 0x03, 0x04, 0x10

NOT_USED_INPUT, NOT_USED_PIPE, NO_DATE, NO_RECORD, EMPTY = 0, 1, 2, 4, 5
"""Exception codes that have a meaning of their own here."""


class Selector(IntEnum):
    """The upper two bits of an address, by function."""

    CURRENT = 0x00
    CURRENT_TOTALS = 0x80
    DAY = 0x00
    HOUR = 0x40


class Name(IntEnum):
    """The data that an address names."""

    INPUT = 0x00
    DURATIONS = 0x04
    CONFIGURATION = 0x0A
    TIME = 0x0B
    FIRMWARE = 0x0E
    REQUISITES = 0x0F


_INPUT_STEP: Final = 28
"""The low byte of a heat input with its pipes is a multiple of this."""


def heat_input(
    function: int, selector: Selector, number: int, pipes: int, size: int | None = None
) -> Request:
    """A heat input with so many pipes; `size`: the bytes of its answer, None where they are not known."""
    points = (pipes * 3 + 4) * 2
    about = f"heat input {number}"
    return _read(function, selector | Name.INPUT, number * _INPUT_STEP, points, about, size)


def durations(selector: Selector, number: int, pipes: int) -> Request:
    """How long abnormal situations lasted at a heat input and its pipes, of an archive record."""
    points = pipes * 9 + 2
    return _read(READ_ARCHIVE, selector | Name.DURATIONS, number, points, f"durations of input {number}")


def configuration() -> Request:
    return _read(READ_CURRENT, Name.CONFIGURATION, 0, 28, "its configuration")


def clock() -> Request:
    return _read(READ_CURRENT, Name.TIME, 0, 0, "its clock")


def firmware() -> Request:
    return _read(READ_CURRENT, Name.FIRMWARE, 0, 1, "its firmware version")


def requisites() -> Request:
    return _read(READ_CURRENT, Name.REQUISITES, 0, 0, "its requisites")


def archive_date(moment: datetime) -> Request:
    """Chooses the archive record; the answer repeats address and points."""
    numbers = (moment.year, moment.month, moment.day, moment.hour)
    head = bytes((Name.TIME, 0, 0, len(numbers)))
    payload = b"".join(number.to_bytes(2, "big") for number in numbers)
    data = head + bytes((len(payload),)) + payload
    return Request(WRITE, data, f"the archive of {moment:%d.%m.%Y %Hh}", echoed=head, size=5, data_at=5)


def _read(function: int, name: int, part: int, points: int, about: str, size: int | None = None) -> Request:
    data = bytes((name, part)) + points.to_bytes(2, "big")
    echoed = b"" if size is None else bytes((size,))
    return Request(function, data, f"reading {about}", echoed=echoed)

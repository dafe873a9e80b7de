"""Dates and times of tagged data (logika-m4.md section 4); naive, by the meter's own clock."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from metering.errors import DecodeError
from protocols.modbus.moments import meter_time
from protocols.vendor.logika_m4.tags import Item, Tag, encode

CENTURY: Final = 2000
ARCHIVE_DATE_SIZE: Final = 8
"""Year, month, day, hour, minute, second and two bytes of milliseconds; may be shortened from the end."""
_LEFT_OUT: Final = bytes((0, 1, 1, 0, 0, 0))


def clock(clock_time: Item, date: Item) -> datetime:
    """The moment of a TIME and a DATE; DecodeError when no calendar has it."""
    if (clock_time.tag, date.tag) != (Tag.TIME, Tag.DATE) or len(clock_time.data) < 4 or len(date.data) < 3:
        raise DecodeError("The meter's clock did not come as TIME and DATE.")
    _, second, minute, hour = clock_time.data[:4]
    day, month, year = date.data[:3]
    return meter_time(CENTURY + year, month, day, hour, minute, second)


def archive_date(item: Item) -> datetime | None:
    """The moment of an ARCHDATE, parts left out being the first of their kind; None when it is empty."""
    if not item.data:
        return None
    year, *rest = item.data[: len(_LEFT_OUT)] + _LEFT_OUT[len(item.data) :]
    return meter_time(CENTURY + year, *rest)


def encode_archive_date(moment: datetime, size: int = ARCHIVE_DATE_SIZE) -> bytes:
    """An ARCHDATE item with `size` bytes of data."""
    parts = (moment.month, moment.day, moment.hour, moment.minute, moment.second, 0, 0)
    return encode(Tag.ARCHIVE_DATE, bytes((moment.year - CENTURY, *parts))[:size])

"""Dates and times of M-Bus: types F, G, I and J, told apart by their size (m-bus.md section 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Final

from metering.readings import Absence

Moment = date | datetime | time
DecodedDate = tuple[Moment | None, Absence | None, str]

_INVALID: Final = 0x80
_FIRST_YEAR_OF_1900: Final = 81
_LARGEST_YEAR: Final = 99
_CENTURIES: Final = 3


def read_date(data: bytes) -> DecodedDate:
    """The date, time or both that a record's data hold, or why they hold none."""
    decode = _BY_SIZE.get(len(data))
    if decode is None:
        return None, Absence.NOT_DECODED, f"no date or time has {len(data)} bytes"
    try:
        moment = decode(data)
    except ValueError:
        moment = None
    if moment is None:
        return None, Absence.INVALID_MARK, "not a date: not set, not reached yet, or every such day"
    return moment, None, ""


def _calendar_date(low: int, high: int, century: int = 0) -> date:
    """Two bytes that types F, G and I share. ValueError for a day, month or year that stands for "every"."""
    year = low >> 5 | high >> 4 << 3
    if year > _LARGEST_YEAR:
        raise ValueError
    return date(_full_year(year, century), high & 0x0F, low & 0x1F)


def _full_year(year: int, century: int) -> int:
    if century:
        return 1900 + 100 * century + year
    return 1900 + year if year >= _FIRST_YEAR_OF_1900 else 2000 + year


def _type_g(data: bytes) -> date:
    return _calendar_date(data[0], data[1])


def _type_j(data: bytes) -> time:
    return time(data[2] & 0x1F, data[1] & 0x3F, data[0] & 0x3F)


def _type_f(data: bytes) -> datetime | None:
    if data[0] & _INVALID:
        return None
    day = _calendar_date(data[2], data[3], data[1] >> 5 & _CENTURIES)
    return datetime.combine(day, time(data[1] & 0x1F, data[0] & 0x3F))


def _type_i(data: bytes) -> datetime | None:
    if data[1] & _INVALID:
        return None
    day = _calendar_date(data[3], data[4])
    return datetime.combine(day, time(data[2] & 0x1F, data[1] & 0x3F, data[0] & 0x3F))


_BY_SIZE: Final[Mapping[int, Callable[[bytes], Moment | None]]] = {
    2: _type_g,
    3: _type_j,
    4: _type_f,
    6: _type_i,
}

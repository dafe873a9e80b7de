"""The four-byte numbers, times and dates of SA-94 (sa-94.md section 3)."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from protocols.fields import bcd, float32

DATE_MARK: Final = 0xEE
EMPTY: Final = b"\xff" * 4
_LAST_CENTURY_FROM: Final = 95
_BIAS: Final = 2
"""How much greater the exponent is than that of IEEE 754."""


def number(octets: bytes) -> Decimal | None:
    """Exponent, sign and mantissa in four bytes; None for an erased place."""
    if octets == EMPTY:
        return None
    exponent = max(octets[0] - _BIAS, 0)
    sign, mantissa = octets[1] & 0x80, octets[1] & 0x7F
    return float32(bytes((sign | exponent >> 1, (exponent & 1) << 7 | mantissa, *octets[2:])))


def day_of(octets: bytes) -> date | None:
    """A date: its mark, day, month and year; None where there is none."""
    parts = [bcd(octets[at : at + 1]) for at in range(1, 4)]
    if octets[0] != DATE_MARK or None in parts:
        return None
    day, month, year = (part or 0 for part in parts)
    try:
        return date(year + (1900 if year >= _LAST_CENTURY_FROM else 2000), month, day)
    except ValueError:
        return None


def time_of(octets: bytes) -> time | None:
    """A time: a byte that means nothing, hours, minutes and seconds; None where no clock has it."""
    parts = [bcd(octets[at : at + 1]) for at in range(1, 4)]
    if None in parts:
        return None
    hour, minute, second = (part or 0 for part in parts)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def moment_of(day: bytes, moment: bytes) -> datetime | None:
    """The naive moment of a date and a time; None where one of them is none."""
    found, clock = day_of(day), time_of(moment)
    return datetime.combine(found, clock) if found and clock else None

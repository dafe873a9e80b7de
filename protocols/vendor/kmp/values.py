"""Numbers as KMP sends them: an integer, a sign and a power of ten (kamstrup-kmp.md section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.errors import DecodeError

_NEGATIVE: Final = 0x80
_NEGATIVE_EXPONENT: Final = 0x40
_EXPONENT: Final = 0x3F


class Cursor:
    """Reads the data of a reply from its beginning; DecodeError when they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise DecodeError(f"A KMP reply ends {size - self.left} bytes too early.")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a value: register, unit code, bytes of the value, sign and exponent (SiEx)."""

    register: int
    unit: int
    size: int
    scale: int

    @classmethod
    def read(cls, cursor: Cursor) -> Header:
        return cls(cursor.number(2), cursor.number(1), cursor.number(1), cursor.number(1))


@dataclass(frozen=True, slots=True)
class Value:
    """One register's value as it came."""

    header: Header
    octets: bytes

    @property
    def number(self) -> Decimal:
        """The exact number, in the register's unit."""
        return scaled(self.integer, self.header.scale)

    @property
    def integer(self) -> int:
        return int.from_bytes(self.octets, "big")


def scaled(integer: int, scale: int) -> Decimal:
    """The integer with the sign and the power of ten of a SiEx byte; exact."""
    exponent = scale & _EXPONENT
    digits = tuple(map(int, str(integer)))
    negative = int(bool(scale & _NEGATIVE and integer))
    return Decimal((negative, digits, -exponent if scale & _NEGATIVE_EXPONENT else exponent))


def decimal_date(date: int, time: int) -> datetime:
    """The moment of a date written yymmdd and a time written hhmmss; DecodeError when no calendar has it."""
    year, month, day = date // 10000, date // 100 % 100, date % 100
    hour, minute, second = time // 10000, time // 100 % 100, time % 100
    if year <= 99:
        try:
            return datetime.fromisoformat(
                f"{2000 + year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
            )
        except ValueError:
            pass
    raise DecodeError(f"The meter's date {date:06} and time {time:06} are in no calendar: set its clock.")


def to_decimal_date(moment: datetime) -> tuple[int, int]:
    """Date yymmdd and time hhmmss as decimal numbers."""
    date = moment.year % 100 * 10000 + moment.month * 100 + moment.day
    return date, moment.hour * 10000 + moment.minute * 100 + moment.second

"""The clock's two parameters, in BCD (tekon-19.md 3): F017 is the date, F018 the time."""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from metering.errors import DecodeError
from protocols.fields import bcd

DATE: Final = 0xF017
TIME: Final = 0xF018
SIZE: Final = 4
_CENTURY: Final = 2000


def decode_time(octets: bytes) -> time:
    """Of 00, second, minute, hour. DecodeError."""
    _, second, minute, hour = _digits(octets)
    try:
        return time(hour, minute, second)
    except ValueError as error:
        raise _wrong(octets) from error


def decode_date(octets: bytes) -> datetime:
    """The midnight of day of week, day, month, year. DecodeError."""
    _, day, month, year = _digits(octets)
    try:
        return datetime(_CENTURY + year, month, day)
    except ValueError as error:
        raise _wrong(octets) from error


def _digits(octets: bytes) -> tuple[int, int, int, int]:
    numbers = [bcd(octets[at : at + 1]) for at in range(len(octets))]
    if len(numbers) != SIZE or None in numbers[1:]:
        raise _wrong(octets)
    first, second, third, fourth = (number or 0 for number in numbers)
    return first, second, third, fourth


def _wrong(octets: bytes) -> DecodeError:
    return DecodeError(
        f"The clock says {octets.hex(' ').upper()}, which is no date or time: check the module's clock."
    )

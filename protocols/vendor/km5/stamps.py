"""The time stamp block of a KM-5: EE, date, device type, time; decimal digits all but the type.

Source: km-5.md section 2. Midnight may be hour 24 of the day that ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.errors import DecodeError
from protocols.fields import bcd, to_bcd

SIZE: Final = 8
MARK: Final = 0xEE
_CENTURY: Final = 2000
_LAST_HOUR: Final = 24


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment of the meter's clock, and its type: the meter is a KM-5-(type + 1)."""

    moment: datetime
    type: int

    @property
    def model(self) -> str:
        return f"KM-5-{self.type + 1}"


def is_stamp(block: bytes) -> bool:
    """Whether a time stamp begins here: what has none is no valid record."""
    return block[:1] == bytes((MARK,))


def decode(block: bytes) -> Stamp:
    """The stamp of eight bytes; DecodeError when they are none or no calendar has it."""
    if not is_stamp(block) or len(block) < SIZE:
        raise DecodeError("The meter sent no time stamp where one belongs; it may have no such record.")
    return Stamp(moment_of(block[1:4], block[5:SIZE]), block[4])


def moment_of(date: bytes, time: bytes) -> datetime:
    """The moment of day, month, year and hour, minute, second in BCD; DecodeError when no calendar has it."""
    parts = [bcd(bytes((octet,))) for octet in date + time]
    day, month, year, hour, minute, second = (-1 if part is None else part for part in parts)
    if not 0 <= hour <= _LAST_HOUR:
        raise DecodeError(f"The meter sent hour {hour}: its clock or its record is damaged.")
    try:
        midnight = datetime(_CENTURY + year, month, day, 0, minute, second)
    except ValueError as error:
        raise DecodeError(f"The meter sent a date that no calendar has: {error}.") from error
    return midnight + timedelta(hours=hour)


def encode(stamp: Stamp, *, midnight_is_24: bool = False) -> bytes:
    """Eight bytes; midnight as hour 24 of the day that ends where it is asked for."""
    date, hour = written_hour(stamp.moment) if midnight_is_24 else (stamp.moment, stamp.moment.hour)
    moment = stamp.moment
    return bytes((MARK, *day_bytes(date), stamp.type, *_digits(hour, moment.minute, moment.second)))


def written_hour(moment: datetime) -> tuple[datetime, int]:
    """The day and the hour, 1 to 24, under which an archive keeps a moment that ends an hour."""
    if moment.hour:
        return moment, moment.hour
    return moment - timedelta(days=1), _LAST_HOUR


def day_bytes(day: datetime) -> bytes:
    """Day, month, year in BCD."""
    return _digits(day.day, day.month, day.year % 100)


def hour_bytes(moment: datetime) -> bytes:
    """Day, month, year and hour in BCD, as the search by time wants them."""
    day, hour = written_hour(moment)
    return day_bytes(day) + _digits(hour)


def _digits(*numbers: int) -> bytes:
    return b"".join(to_bcd(number, 1) for number in numbers)

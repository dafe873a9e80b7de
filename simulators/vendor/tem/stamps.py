"""How simulated TEM meters write dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from metering.calendar import MeterSlot
from protocols.fields import to_bcd
from simulators.vendor.tem.maps import Words

_HOUR = timedelta(hours=1)
_EPOCH = datetime.fromisoformat("1970-01-01")

Stamp = Callable[[MeterSlot, Words], Mapping[int, bytes]]


def digits(*numbers: int) -> bytes:
    """One byte of BCD each; a year without its century."""
    return b"".join(to_bcd(number % 100, 1) for number in numbers)


def date_of(moment: datetime) -> bytes:
    """Hour, day, month, year."""
    return digits(moment.hour, moment.day, moment.month, moment.year)


def two_dates(period_at: int) -> Stamp:
    """The time of writing in front, and the last hour of the period."""
    return lambda slot, words: {0: date_of(slot.end), period_at: date_of(slot.end - _HOUR)}


def one_date(slot: MeterSlot, words: Words) -> Mapping[int, bytes]:
    """The slot's end in front, or its start."""
    return {0: date_of(_stamped(slot, words))}


def one_date_day_first(slot: MeterSlot, words: Words) -> Mapping[int, bytes]:
    """The same as day, month, year, hour."""
    stamp = _stamped(slot, words)
    return {0: digits(stamp.day, stamp.month, stamp.year, stamp.hour)}


def unix_times(slot: MeterSlot, words: Words) -> Mapping[int, bytes]:
    """Unix seconds of the writing and of the writing before, low byte first."""
    return {0: _unix(slot.end, words), 4: _unix(slot.start, words)}


def _stamped(slot: MeterSlot, words: Words) -> datetime:
    return slot.start if words.get("stamp") == "start" else slot.end


def _unix(moment: datetime, words: Words) -> bytes:
    zone = words.get("unix_time", "meter")
    ahead = timedelta(hours=0 if zone == "meter" else int(zone[len("utc+") :]))
    return ((moment - ahead - _EPOCH) // timedelta(seconds=1)).to_bytes(4, "little")

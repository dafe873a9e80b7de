"""Which moment a stored date means (m-bus.md section 8; heat-meters-m-bus.md section 1, rules 7 and 8)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from metering.calendar import ArchiveKind, next_start, slot_start
from protocols.mbus.model import Convention

_LAST_MINUTE: Final = 59
_LEAP_YEAR: Final = 2000


def meant(written: date | None, convention: Convention) -> datetime | None:
    """The midnight that a stamp means; None for a moment within a day, which is no closing of it."""
    if written is None:
        return None
    midnight = datetime.combine(written, time())
    following = midnight + timedelta(days=1)
    if not isinstance(written, datetime):
        return following if convention is Convention.END_OF_DAY else midnight
    if written == midnight:
        return midnight
    return following if written.time() >= time(23, _LAST_MINUTE) else None


def slot_end(written: date, kind: ArchiveKind) -> datetime | None:
    """The end of the slot that a log's stamp closes, itself or a minute later; None within a slot."""
    if kind is not ArchiveKind.HOUR or not isinstance(written, datetime):
        end = meant(written, Convention.END_OF_DAY)
    elif written.minute == _LAST_MINUTE:
        end = next_start(ArchiveKind.HOUR, slot_start(ArchiveKind.HOUR, written))
    else:
        end = written
    return end if end is not None and slot_start(kind, end) == end else None


def last_anniversary(day: date | None, convention: Convention, now: datetime | None) -> datetime | None:
    """The last such day of the year on the meter's clock; None without a day or a clock."""
    if day is None or now is None:
        return None
    for year in (now.year, now.year - 1):
        try:
            start = meant(day.replace(year=year), convention)
        except ValueError:
            continue
        if start is not None and start <= now:
            return start
    return None


def month_start(now: datetime | None) -> datetime | None:
    """The start of the clock's month."""
    return slot_start(ArchiveKind.MONTH, now) if now else None


def day_of_every_year(data: bytes) -> date | None:
    """Day and month of a date (type G, or the end of type F) whose year stands for every year."""
    if len(data) not in (2, 4):
        return None
    low, high = data[-2:]
    try:
        return date(_LEAP_YEAR, high & 0x0F, low & 0x1F)
    except ValueError:
        return None

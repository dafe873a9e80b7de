"""The spacing of a compact profile: how much time lies from one value to the next (m-bus.md section 8.3)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.errors import DecodeError


@dataclass(frozen=True, slots=True)
class Spacing:
    """At most one of the three says something; none does for an array without time."""

    duration: timedelta = timedelta(0)
    months: int = 0
    half_month: bool = False

    def after(self, moment: datetime, steps: int) -> datetime | None:
        """The moment so many steps later (earlier when negative); None where the calendar has none."""
        if self == Spacing():
            return None
        try:
            if self.half_month:
                return _half_months_later(moment, steps)
            return _months_later(moment, self.months * steps) + self.duration * steps
        except (ValueError, OverflowError):
            return None


_UNITS: Final = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
_MINUTES, _HOURS, _DAYS = 1, 2, 3
_CALENDAR: Final[Mapping[tuple[int, int], Spacing]] = {
    (253, _DAYS): Spacing(half_month=True),
    (254, _DAYS): Spacing(months=1),
    (254, _HOURS): Spacing(months=3),
    (254, _MINUTES): Spacing(months=6),
}
"""Counts that mean a piece of the calendar, by their unit."""
_LARGEST_COUNT: Final = 250
_MIDDLE: Final = 15


def spacing(count: int, unit: int) -> Spacing:
    """The spacing value with the unit of the spacing control: 0 s, 1 min, 2 h, 3 d."""
    if (count, unit) in _CALENDAR:
        return _CALENDAR[count, unit]
    if count > _LARGEST_COUNT:
        raise DecodeError(f"Spacing value {count} is reserved.")
    return Spacing(_UNITS[unit] * count)


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month; the last day of a month stays the last one."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    is_last = moment.day == monthrange(moment.year, moment.month)[1]
    return moment.replace(year=year, month=month + 1, day=last if is_last else min(moment.day, last))


def _half_months_later(moment: datetime, steps: int) -> datetime:
    """From the first half of a month to its second half and on to the next month."""
    half = 1 if moment.day > _MIDDLE else 0
    months, later_half = divmod(half + steps, 2)
    day = moment.day - _MIDDLE * half
    return _months_later(moment.replace(day=day), months).replace(day=day + _MIDDLE * later_half)

"""When a usage point's months are billed: each from one closing to the next, so that they tile."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from metering.calendar import BillingPeriod, MeterZone
from metering.errors import ConfigurationError

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
MIDDLE: Final = 15


@dataclass(frozen=True, slots=True)
class BillingCalendar:
    """Bills close at `hour` of `day` (1 to 31; in a shorter month its last day) on clocks of the zone.

    The bill of a month holds the middle of it, the start of the 15th: one that closes on the 24th runs from
    the 24th of the month before; one that closes on the 5th, or on the 1st, runs into the month after.
    """

    day: int
    hour: int
    zone: MeterZone

    def __post_init__(self) -> None:
        if not 1 <= self.day <= 31 or not 0 <= self.hour <= 23:
            raise ConfigurationError(
                f"A bill cannot close on day {self.day} at {self.hour} h: write a day from 1 to 31 and an "
                "hour from 0 to 23."
            )

    def period(self, month: date) -> BillingPeriod:
        """What is billed for the month that this date lies in."""
        if not FIRST_YEAR <= month.year <= LAST_YEAR:
            raise ConfigurationError(f"The year {month.year} is not billed: {FIRST_YEAR} to {LAST_YEAR} are.")
        first = month.replace(day=1)
        late = (self.day, self.hour) > (MIDDLE, 0)
        start, end = (_before(first), first) if late else (first, _next(first))
        return BillingPeriod(self._closing(start), self._closing(end))

    def month(self, at: datetime) -> date:
        """The first day of the month on whose bill this instant lies; aware."""
        here = self.zone.to_meter_time(at).date().replace(day=1)
        return next(
            month
            for month in (_before(here), here, _next(here))
            if self.period(month).start <= at < self.period(month).end
        )

    def _closing(self, month: date) -> datetime:
        day = min(self.day, monthrange(month.year, month.month)[1])
        return self.zone.to_utc(datetime(month.year, month.month, day, self.hour))


def _before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)

"""A town of 300 usage points in three centres: what each consumes by the plant, what befalls its meter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from functools import cache, cached_property
from typing import Final

from metering.calendar import BillingPeriod, MeterZone
from simulators.plant import HEATING, Climate, Plant

ZONE: Final = "+05:00"
CLOCK: Final = MeterZone(ZONE)
MONTHS: Final = tuple(date(2025 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(11, 16))
"""November to March."""
CENTRES: Final = ("Ortalyk", "Shygys", "Batys")
CLOSING_DAYS: Final = {"Ortalyk": 25, "Shygys": 20}
BATYS_PERIODS: Final = (date(2025, 11, 1), date(2025, 11, 28), date(2025, 12, 30), date(2026, 1, 19),
                        date(2026, 2, 24), date(2026, 3, 22))  # fmt: skip
"""The buildings of Batys are billed by periods of their own, as those of an example of Alseco are."""
EACH: Final = 100
INSTALLED_AT: Final = datetime(2025, 9, 30, 19, tzinfo=UTC)
STEP: Final = Decimal("0.001")
"""Meters show their energy in whole thousandths of a Gcal."""
CLIMATE: Final = Climate()

REPLACED_AT: Final = datetime(2026, 1, 8, 7, 30, tzinfo=UTC)
WITHDRAWN_AT: Final = datetime(2026, 1, 10, 6, tzinfo=UTC)
VERIFIED_UNTIL: Final = date(2025, 12, 14)
UNVERIFIED_FROM: Final = datetime(2025, 12, 14, 19, tzinfo=UTC)
"""The midnight after that day."""


class Fate(StrEnum):
    """What befalls a usage point in that winter."""

    NOTHING = "nothing"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    UNVERIFIED = "unverified"
    NEVER_ADMITTED = "never_admitted"
    LATE = "late"
    """Around the closing of January nothing comes through; its archives are read after the bill."""
    RECORDS = "records"
    """Around the closing of January hour records come through, but no registers."""
    LOST = "lost"
    """Around the closing of January nothing comes through, ever."""
    REPORTED = "reported"
    """The same; but somebody reads the register off and calls."""


FATES: Final = (
    (2, Fate.WITHDRAWN),
    (3, Fate.UNVERIFIED),
    (1, Fate.NEVER_ADMITTED),
    (5, Fate.LATE),
    (3, Fate.RECORDS),
    (3, Fate.LOST),
    (2, Fate.REPORTED),
)
"""So many points of each centre."""
REPLACEMENTS: Final = {0, 100}
"""Numbers of the points whose meter is replaced."""
WITHOUT_REGISTERS: Final = frozenset({Fate.LATE, Fate.RECORDS, Fate.LOST, Fate.REPORTED})


@dataclass(frozen=True)
class Point:
    """A usage point; `number` is the seed of its plant."""

    number: int
    centre: str
    fate: Fate

    @property
    def code(self) -> str:
        return f"{self.centre}-{self.number:03}"

    @property
    def closing(self) -> datetime:
        """When January closes here."""
        return self.period(MONTHS[2]).end

    @cached_property
    def closings(self) -> list[datetime]:
        """Of all months, and where the first one opens."""
        return [self.period(MONTHS[0]).start, *(self.period(month).end for month in MONTHS)]

    def period(self, month: date) -> BillingPeriod:
        """What is billed for this month, worked out without our own calendar."""
        start, end = _bounds(self.centre, MONTHS.index(month))
        return BillingPeriod(*(CLOCK.to_utc(datetime(day.year, day.month, day.day)) for day in (start, end)))

    def level(self, at: datetime, since: datetime = INSTALLED_AT) -> Decimal:
        """What a meter shows at an instant that counts since another."""
        return self.consumed(since, at).quantize(STEP, rounding=ROUND_DOWN)

    def consumed(self, start: datetime, end: datetime) -> Decimal:
        """Gcal, to the last digit."""
        clock = CLOCK.to_meter_time
        return plant(self.number).integral("energy", HEATING, clock(start), clock(end))


def points() -> Iterator[Point]:
    """All of them, by number."""
    fates = [fate for count, fate in FATES for _ in range(count)]
    for number in range(EACH * len(CENTRES)):
        place = number % EACH - 1
        fate = fates[place] if 0 <= place < len(fates) else Fate.NOTHING
        yield Point(number, CENTRES[number // EACH], Fate.REPLACED if number in REPLACEMENTS else fate)


@cache
def plant(number: int) -> Plant:
    """The house behind a point."""
    return Plant(number + 1, "building", CLIMATE)


def hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every hour that starts within [start, end)."""
    while start < end:
        yield start
        start += timedelta(hours=1)


def days(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every midnight of the zone from `start`, which is one, to `end`, included."""
    while start <= end:
        yield start
        start += timedelta(days=1)


def _bounds(centre: str, place: int) -> tuple[date, date]:
    if centre not in CLOSING_DAYS:
        return BATYS_PERIODS[place], BATYS_PERIODS[place + 1]
    month, day = MONTHS[place], CLOSING_DAYS[centre]
    before = (month - timedelta(days=1)).replace(day=day)
    return before, month.replace(day=day)

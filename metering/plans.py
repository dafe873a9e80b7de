"""Poll plans: when a usage point's meter is asked, how far back its archives are filled, what it may cost.

A plan is made of settings at three places, the nearest one counting: everybody's, the model's, the usage
point's. Times of day are those of the meter's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError

EVERY_DAY: Final = frozenset(range(7))
NEVER_LONGER: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Window:
    """Whole hours of the day, [first, last), within which a poll may start; 22 to 5 passes midnight."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class KindPlan:
    """How one archive is filled: `depth` newest slots are kept complete.

    `every`: on which wall-clock beat it is asked; None: with every poll.
    """

    depth: int
    every: timedelta | None = None


USUAL_ARCHIVES: Final[Mapping[ArchiveKind, KindPlan]] = MappingProxyType(
    {
        ArchiveKind.HOUR: KindPlan(45 * 24),
        ArchiveKind.DAY: KindPlan(62),
        ArchiveKind.MONTH: KindPlan(3),
        ArchiveKind.TOTAL: KindPlan(62),
    }
)
"""A billing period and a half: a late act or a long outage is still healed from the meter's own memory."""


@dataclass(frozen=True, slots=True)
class Closing:
    """When a month's bill closes: the register is wanted at `hour` of `day`, by the end of `deadline_day`.

    A `day` that a month does not have is its last one.
    """

    day: int = 24
    hour: int = 0
    deadline_day: int = 25


@dataclass(frozen=True, slots=True)
class PollPlan:
    """Everything that says when and how much of a meter is read.

    `every`: the wall-clock beat of polls, on these `weekdays` and within `window`. A failed poll is repeated
    after `retry`, doubling. `visit`: a poll that reads archives so long leaves the rest to the next one.
    `air_time`: what the meter may be talked with in a calendar month (UTC). `polls_per_day`: in any 24 hours;
    0: not bounded; None: as the model's battery allows. A clock further off than `allowed_drift` puts
    readings into quarantine. `most_asked`: after so many answers "I have no such record" a slot is a known
    gap.
    """

    every: timedelta = timedelta(hours=1)
    retry: timedelta = timedelta(minutes=1)
    archives: Mapping[ArchiveKind, KindPlan] = field(default_factory=lambda: USUAL_ARCHIVES)
    weekdays: frozenset[int] = EVERY_DAY
    window: Window | None = None
    closing: Closing = Closing()
    visit: timedelta = timedelta(minutes=15)
    air_time: timedelta | None = None
    polls_per_day: int | None = None
    allowed_drift: timedelta = timedelta(minutes=10)
    most_asked: int = 3

    def __post_init__(self) -> None:
        if self.every <= timedelta() or self.retry <= timedelta() or not self.weekdays:
            raise ConfigurationError("A poll plan needs a beat, a pause before repetitions, and a weekday.")


@dataclass(frozen=True, slots=True)
class Keeps:
    """What a model's memory holds: `depths` in slots per archive kind, and how it stamps totals.

    `totals_every`: whether total records stand at the starts of days or of months.
    `polls_per_day`: what its battery allows; None: not bounded.
    """

    depths: Mapping[ArchiveKind, int] = field(default_factory=dict)
    totals_every: ArchiveKind = ArchiveKind.DAY
    polls_per_day: int | None = None

"""What should be stored of usage points, slot by slot, and how much of it is.

A slot belongs to the day of the usage point's zone on which it starts: a day that the zone lengthens to 25
hours has 25 hourly slots of a meter whose clock knows no summer time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from metering.calendar import ArchiveKind, MeterZone
from metering.plans import Keeps, PollPlan
from metering.readings import GapReason
from metering.wanted import wanted_between, wanted_slots

_DAY: Final = timedelta(days=1)
_SHIFT: Final = timedelta(hours=2)
"""Farther than this no zone has ever put its clocks at once."""
NO_GAPS: Final[Mapping[GapReason, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Watched:
    """A meter for the time [installed_at, removed_at) in which it measures a usage point."""

    usage_point_id: int
    code: str
    name: str
    zone: str
    district: str
    service_centre: str
    meter_id: int
    serial: str
    meter_zone: str
    line_id: int
    polled: bool
    registered_at: datetime
    installed_at: datetime
    removed_at: datetime | None
    keeps: Keeps
    plan: PollPlan


@dataclass(frozen=True, slots=True)
class WantedDay:
    """So many `wanted` slots of one archive of a meter on one `day`; their starts lie in [first, last]."""

    watched: Watched
    kind: ArchiveKind
    day: date
    first: datetime
    last: datetime
    wanted: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Slots: `wanted` ones, and of these the stored ones, known gaps by reason, and those in quarantine."""

    wanted: int = 0
    stored: int = 0
    held: int = 0
    gaps: Mapping[GapReason, int] = field(default_factory=lambda: NO_GAPS)

    @property
    def missing(self) -> int:
        """Slots of which nothing is known yet."""
        return max(self.wanted - self.stored - self.held - sum(self.gaps.values()), 0)

    @property
    def lacking(self) -> int:
        """Slots that are not stored, for whatever reason."""
        return self.wanted - self.stored

    def __add__(self, other: Tally) -> Tally:
        reasons = self.gaps.keys() | other.gaps.keys()
        gaps = {reason: self.gaps.get(reason, 0) + other.gaps.get(reason, 0) for reason in sorted(reasons)}
        return Tally(
            self.wanted + other.wanted, self.stored + other.stored, self.held + other.held, gaps or NO_GAPS
        )


@dataclass(frozen=True, slots=True)
class CountedDay:
    """What became of the slots that were wanted on one day."""

    wanted: WantedDay
    tally: Tally


@dataclass(frozen=True, slots=True)
class CountedPeriod:
    """Slots that start within [start, end) and had ended by `until`: aware UTC."""

    start: datetime
    end: datetime
    until: datetime


def wanted_days(
    watched: Watched, period: CountedPeriod, kinds: Collection[ArchiveKind]
) -> Iterator[WantedDay]:
    """What is wanted of a meter, by archive kind and day, oldest first.

    Wanted is what its model keeps and its plan reads, from the depth of the plan before its registration on,
    while it is installed from a slot's start to its end.
    """
    for kind in ArchiveKind:
        if kind in kinds and watched.keeps.depths.get(kind, 0) > 0 and _depth(watched, kind) > 0:
            yield from _wanted_days(watched, period, kind)


def _wanted_days(watched: Watched, period: CountedPeriod, kind: ArchiveKind) -> Iterator[WantedDay]:
    start = max(period.start, watched.installed_at)
    closed_by = min(period.until, watched.removed_at or period.until)
    if start < watched.registered_at:
        start = max(start, _wanted_since(watched, kind))
    for day in _days(_zone(watched.zone), start, min(period.end, closed_by + _DAY)):
        slots = _slots_of_day(watched.meter_zone, watched.zone, kind, watched.keeps.totals_every, day)
        found = [first for first, closed in slots if start <= first < period.end and closed <= closed_by]
        if found:
            yield WantedDay(watched, kind, day, found[0], found[-1], len(found))


def _depth(watched: Watched, kind: ArchiveKind) -> int:
    own = watched.plan.archives.get(kind)
    return own.depth if own else 0


def _days(zone: MeterZone, start: datetime, end: datetime) -> Iterator[date]:
    day, last = zone.to_meter_time(start).date(), zone.to_meter_time(end).date()
    while start < end and day <= last:
        yield day
        day += _DAY


def _wanted_since(watched: Watched, kind: ArchiveKind) -> datetime:
    """The oldest slot that the plan wanted when the meter was registered."""
    zone = _zone(watched.meter_zone)
    registered = zone.to_meter_time(watched.registered_at)
    depth = min(watched.keeps.depths[kind], _depth(watched, kind))
    first = oldest_wanted(
        kind, depth, watched.keeps.totals_every, registered.replace(minute=0, second=0, microsecond=0)
    )
    return zone.to_utc(first)


@lru_cache(maxsize=4096)
def oldest_wanted(kind: ArchiveKind, depth: int, totals_every: ArchiveKind, meter_time: datetime) -> datetime:
    """The start of the oldest of the `depth` newest closed slots, one or more."""
    return wanted_slots(kind, depth, Keeps({kind: depth}, totals_every), meter_time)[0].start


@lru_cache(maxsize=16_384)
def _slots_of_day(
    meter_zone: str, zone: str, kind: ArchiveKind, totals_every: ArchiveKind, day: date
) -> tuple[tuple[datetime, datetime], ...]:
    """Start and end of the slots that start on a day; a level's end is the moment at which it stood."""
    clock = _zone(meter_zone)
    midnights = [_zone(zone).to_utc(datetime.combine(one, time())) for one in (day, day + _DAY)]
    first, last = (clock.to_meter_time(at) for at in midnights)
    kept = wanted_between(kind, Keeps({kind: 1}, totals_every), first - _SHIFT, last + _SHIFT)
    slots = {slot.start: slot for slot in map(clock.slot, kept)}
    within = (slots[start] for start in sorted(slots) if midnights[0] <= start < midnights[1])
    return tuple((slot.start, slot.start if kind is ArchiveKind.TOTAL else slot.end) for slot in within)


@lru_cache(maxsize=256)
def _zone(name: str) -> MeterZone:
    return MeterZone(name)

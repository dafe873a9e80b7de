"""What should be stored and is not, in the order in which it is best asked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from types import MappingProxyType
from typing import Final, Protocol

from collector.budgets import keeps_of
from collector.schedule import kinds_due
from metering.books import BookedMeter, Span
from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from metering.carried import contains
from metering.plans import Keeps, PollPlan
from metering.wanted import each_wanted, lost_at, open_closing, wanted_between, wanted_slots
from protocols.driver import DriverInfo

USUAL_DEPTHS: Final = MappingProxyType(
    {ArchiveKind.HOUR: 72, ArchiveKind.DAY: 40, ArchiveKind.MONTH: 2, ArchiveKind.TOTAL: 40}
)
SOON: Final = timedelta(hours=24)
_ORDER: Final = (ArchiveKind.TOTAL, ArchiveKind.MONTH, ArchiveKind.DAY, ArchiveKind.HOUR)
"""The few records that bills need come before the many: a poll may end before it has read all."""


@dataclass(frozen=True, slots=True)
class ArchiveRequest:
    """Slots of one archive, in the order in which they are asked."""

    kind: ArchiveKind
    slots: Sequence[MeterSlot]


class WantedArchives(Protocol):
    """Which archive slots a poll is to bring."""

    def requests(self, info: DriverInfo, meter_time: datetime) -> Sequence[ArchiveRequest]:
        """In the order in which they are asked; one archive may stand there more than once."""
        ...


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    """So many newest closed slots of each archive, whatever is stored of them."""

    wanted: Mapping[ArchiveKind, int] = field(default_factory=lambda: USUAL_DEPTHS)

    def requests(self, info: DriverInfo, meter_time: datetime) -> Sequence[ArchiveRequest]:
        keeps = keeps_of(info)
        slots = {
            kind: wanted_slots(kind, self.wanted.get(kind, 0), keeps, meter_time) for kind in info.depths
        }
        return [ArchiveRequest(kind, found[::-1]) for kind, found in slots.items() if found]


@dataclass(frozen=True, slots=True)
class ArchiveRange:
    """The closed slots of one archive that start within [start, end) of the meter's time."""

    kind: ArchiveKind
    start: datetime
    end: datetime

    def requests(self, info: DriverInfo, meter_time: datetime) -> Sequence[ArchiveRequest]:
        found = wanted_between(self.kind, keeps_of(info), self.start, self.end)
        closed = [slot for slot in found if _is_closed(self.kind, slot, meter_time)]
        return [ArchiveRequest(self.kind, closed[::-1])] if closed else []


def requests_for(
    meter: BookedMeter, info: DriverInfo, meter_time: datetime, zone: MeterZone, now: datetime
) -> list[ArchiveRequest]:
    """What a routine poll of this meter is to ask.

    Totals while a bill waits for them, then what the meter is about to lose, then what is due by its plan,
    newest first.
    """
    keeps = keeps_of(info)
    missing = {kind: _missing(meter, kind, keeps, meter_time, zone) for kind in _ORDER}
    due = kinds_due(meter.plan, meter.history, now, zone, keeps.depths)
    closing = [ArchiveKind.TOTAL] if lacks_closing(meter, now) else []
    limit = _limit(meter, meter_time)
    return list(
        _each_slot_once(
            [
                *((kind, missing[kind]) for kind in closing),
                *((kind, [*_falling(missing[kind][::-1], kind, keeps, limit)]) for kind in _ORDER),
                *((kind, missing[kind]) for kind in _ORDER if kind in due),
            ]
        )
    )


class Billed(Protocol):
    """A meter as a bill sees it."""

    @property
    def zone(self) -> str: ...

    @property
    def plan(self) -> PollPlan: ...

    @property
    def level_at(self) -> datetime | None: ...


def lacks_closing(meter: Billed, now: datetime) -> bool:
    """Whether a bill waits for a register level of this meter, and its deadline has not passed."""
    return open_closing(meter.plan, now, MeterZone(meter.zone)).lacking(meter.level_at, now)


def is_losing(meter: BookedMeter, kind: ArchiveKind, keeps: Keeps, meter_time: datetime) -> bool:
    """Whether a missing slot of this archive is about to be overwritten."""
    wanted = each_wanted(kind, _depth(meter, kind), keeps, meter_time)
    falling = list(_falling(wanted, kind, keeps, _limit(meter, meter_time)))
    return bool(missing_slots(falling, meter.known.get(kind, ()), MeterZone(meter.zone)))


def missing_slots(wanted: Collection[MeterSlot], known: Sequence[Span], zone: MeterZone) -> list[MeterSlot]:
    """Wanted slots whose UTC start lies in none of these spans (merged, in order), newest first.

    A record of an hour over which the clock was put forward would take the place of the next hour's.
    """
    unknown = (slot for slot in wanted if not contains(known, zone.to_utc(slot.start)))
    return sorted((slot for slot in unknown if not zone.leaps_over(slot)), reverse=True)


def _missing(
    meter: BookedMeter, kind: ArchiveKind, keeps: Keeps, meter_time: datetime, zone: MeterZone
) -> list[MeterSlot]:
    wanted = wanted_slots(kind, _depth(meter, kind), keeps, meter_time)
    return missing_slots(wanted, meter.known.get(kind, ()), zone)


def _falling(
    oldest_first: Iterable[MeterSlot], kind: ArchiveKind, keeps: Keeps, limit: datetime
) -> Iterator[MeterSlot]:
    return takewhile(lambda slot: lost_at(kind, slot, keeps) <= limit, oldest_first)


def _limit(meter: BookedMeter, meter_time: datetime) -> datetime:
    """What is lost before that is about to be lost: within a day, or two beats."""
    return meter_time + max(SOON, 2 * meter.plan.every)


def _depth(meter: BookedMeter, kind: ArchiveKind) -> int:
    plan = meter.plan.archives.get(kind)
    return plan.depth if plan else 0


def _each_slot_once(asked: Sequence[tuple[ArchiveKind, Sequence[MeterSlot]]]) -> Iterator[ArchiveRequest]:
    taken: set[tuple[ArchiveKind, MeterSlot]] = set()
    for kind, slots in asked:
        fresh = [slot for slot in slots if (kind, slot) not in taken]
        taken |= {(kind, slot) for slot in fresh}
        if fresh:
            yield ArchiveRequest(kind, fresh)


def _is_closed(kind: ArchiveKind, slot: MeterSlot, meter_time: datetime) -> bool:
    """A total is a level at the slot's start."""
    return (slot.start if kind is ArchiveKind.TOTAL else slot.end) <= meter_time

"""Evidence put in order: what is valid of it, by time, one level at an instant, running on over resets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind
from metering.estimation import Experience
from metering.evidence import (
    DISQUALIFYING,
    Evidence,
    RecordReading,
    RegisterEvent,
    RegisterReading,
    RegisterSource,
)
from metering.exact import difference, exact_sum
from metering.readings import Flag
from metering.reported import ReportedReading

_BEST_FIRST: Final = (RegisterSource.BOUNDARY, RegisterSource.TOTAL, RegisterSource.SNAPSHOT)


@dataclass(frozen=True, slots=True)
class KnownLevel:
    """A level on a scale that runs on where the register was reset, and what told it."""

    at: datetime
    value: Decimal
    source: RegisterReading | ReportedReading


class KnownRegister:
    """The valid evidence of one installation.

    `levels`, `reported`, `told` (both together) and `records` ascend in time; at one instant there is one
    level. Records are `ending` and `starting` at an instant, days before hours.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.levels = _one_at_an_instant(_levels(evidence))
        self.at = {level.at: level for level in self.levels}
        self.reported = _one_at_an_instant(_reported(evidence))
        self.told = _one_at_an_instant([*self.reported, *self.levels])
        self.records = sorted(filter(_Installed(evidence).covers, _valid(evidence.records)), key=_order)
        self.ending: dict[datetime, list[RecordReading]] = defaultdict(list)
        self.starting: dict[datetime, list[RecordReading]] = defaultdict(list)
        for record in self.records:
            self.ending[record.slot.end].append(record)
            self.starting[record.slot.start].append(record)
        hours = [record for record in self.records if record.kind is ArchiveKind.HOUR]
        self.error_hours = [hour for hour in hours if hour.unmeasured]
        earlier = sorted(_valid(evidence.earlier_hours), key=_order)
        whole = [hour for hour in (*earlier, *hours) if not hour.unmeasured]
        self.experience = Experience(whole, evidence.load)


@dataclass(frozen=True, slots=True)
class _Installed:
    evidence: Evidence

    def was_at(self, at: datetime) -> bool:
        removed_at = self.evidence.removed_at
        return self.evidence.installed_at <= at and (removed_at is None or at <= removed_at)

    def covers(self, record: RecordReading) -> bool:
        return self.was_at(record.slot.start) and self.was_at(record.slot.end)


def _levels(evidence: Evidence) -> Iterator[KnownLevel]:
    """The worse ones first, so that the best one of an instant is the last."""
    told = [*evidence.levels, *evidence.boundary_registers]
    installed = _Installed(evidence)
    for reading in sorted(told, key=_worst_first):
        if installed.was_at(reading.at) and not _disqualified(reading, evidence.events):
            yield KnownLevel(reading.at, _running_on(reading, evidence.events), reading)


def _reported(evidence: Evidence) -> Iterator[KnownLevel]:
    """Of several for one instant the one that was entered last counts."""
    installed = _Installed(evidence)
    for reading in sorted(evidence.reported, key=lambda one: (one.entered_at, one.id)):
        if installed.was_at(reading.at) and reading.withdrawn is None:
            yield KnownLevel(reading.at, _running_on(reading, evidence.events), reading)


def _one_at_an_instant(levels: Iterable[KnownLevel]) -> list[KnownLevel]:
    """Ascending; of those of one instant the last one given."""
    last = {level.at: level for level in levels}
    return [last[at] for at in sorted(last)]


def _worst_first(reading: RegisterReading) -> tuple[int, str, int, Decimal]:
    return -_BEST_FIRST.index(reading.source), str(reading.poll_id), reading.frame, reading.value


def _valid(records: Iterable[RecordReading]) -> Iterator[RecordReading]:
    return (record for record in records if not record.flags & DISQUALIFYING)


def _order(record: RecordReading) -> tuple[datetime, float, str, int]:
    length = record.slot.end - record.slot.start
    return record.slot.start, -length.total_seconds(), str(record.poll_id), record.frame


def _disqualified(reading: RegisterReading, events: Iterable[RegisterEvent]) -> bool:
    """A register that went back is valid where an event says why."""
    explained = {Flag.WENT_BACK} if any(event.at <= reading.at for event in events) else set()
    return bool((reading.flags & DISQUALIFYING) - explained)


def _running_on(reading: RegisterReading | ReportedReading, events: Iterable[RegisterEvent]) -> Decimal:
    return exact_sum([reading.value, *(_fall(event) for event in events if event.at <= reading.at)])


def _fall(event: RegisterEvent) -> Decimal:
    """What every level from the event on is short of."""
    if event.capacity is not None:
        return event.capacity
    return difference(event.level_before, event.level_after)

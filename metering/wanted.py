"""Which archive slots should be stored, when a meter's memory loses them, and when a bill closes.

The collector asks for what is wanted and missing; the API counts completeness by the same rule.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, MeterZone, next_start, slot_at, slot_start, slots
from metering.plans import Keeps, PollPlan
from metering.readings import GapReason

_LENGTH: Final = {ArchiveKind.HOUR: timedelta(hours=1), ArchiveKind.DAY: timedelta(days=1)}
NEVER_COMES: Final = frozenset({GapReason.NO_RECORD, GapReason.OUT_OF_DEPTH, GapReason.UNREADABLE})
"""Reasons that settle a slot, once they were heard often and late enough."""
SETTLING: Final = timedelta(hours=6)
"""A meter may write a record minutes after its slot has ended, and its clock may be slow."""


def wanted_slots(kind: ArchiveKind, depth: int, keeps: Keeps, meter_time: datetime) -> list[MeterSlot]:
    """The `depth` newest closed slots, oldest first, cut by the depth of the model's memory.

    Totals are levels at a moment, so that the newest one is the last boundary itself.
    """
    return list(each_wanted(kind, depth, keeps, meter_time))


def each_wanted(kind: ArchiveKind, depth: int, keeps: Keeps, meter_time: datetime) -> Iterator[MeterSlot]:
    """The same one by one, for who needs the oldest alone."""
    step, count = _step(kind, keeps), min(keeps.depths.get(kind, 0), depth)
    end = slot_start(step, meter_time)
    if kind is ArchiveKind.TOTAL:
        end = next_start(step, end)
    return _kept(kind, keeps, _moved(end, step, -max(count, 0)), end)


def wanted_between(kind: ArchiveKind, keeps: Keeps, start: datetime, end: datetime) -> list[MeterSlot]:
    """Every slot that starts within [start, end) of the meter's time; none of an archive that it lacks."""
    return list(_kept(kind, keeps, start, end)) if keeps.depths.get(kind, 0) > 0 else []


def lost_at(kind: ArchiveKind, slot: MeterSlot, keeps: Keeps) -> datetime:
    """The meter time at which a new record takes the place of this one: memories are rings."""
    step, depth = _step(kind, keeps), keeps.depths.get(kind, 0)
    newer = depth if kind is ArchiveKind.TOTAL else depth + 1
    return _moved(slot.start, step, newer)


@dataclass(frozen=True, slots=True)
class ClosingTimes:
    """UTC: a register level at or after `closes_at` is wanted before `due_at`."""

    closes_at: datetime
    due_at: datetime

    def lacking(self, level_at: datetime | None, now: datetime) -> bool:
        """Whether the bill waits for a level; `level_at`: when the newest one that is stored was measured."""
        return self.closes_at <= now < self.due_at and (level_at is None or level_at < self.closes_at)


def open_closing(plan: PollPlan, at: datetime, zone: MeterZone) -> ClosingTimes:
    """The newest closing that is not ahead: this month's or the last one's."""
    month = slot_start(ArchiveKind.MONTH, zone.to_meter_time(at))
    this = _closing(plan, month, zone)
    return this if this.closes_at <= at else _closing(plan, _month_before(month), zone)


def is_settled(
    reason: GapReason | None, heard_after: timedelta | None, asked: int = 1, most_asked: int = 1
) -> bool:
    """Whether asking for a slot again is pointless: it is stored (no reason), or it will never be there.

    `heard_after`: how long after the slot's end the meter last said so; `asked`: how often it said so. A
    record that was not yet closed, or asked for soon after the end of its slot, may still come; one that is
    damaged in the meter's memory may have been damaged on its way.
    """
    if reason is None:
        return True
    late = heard_after is not None and heard_after >= SETTLING
    return late and asked >= most_asked and reason in NEVER_COMES


def _closing(plan: PollPlan, month: datetime, zone: MeterZone) -> ClosingTimes:
    closing = plan.closing
    _, last = monthrange(month.year, month.month)
    closes = month.replace(day=min(closing.day, last), hour=closing.hour)
    due = month if closing.deadline_day >= closing.day else next_start(ArchiveKind.MONTH, month)
    last_day = due.replace(day=closing.deadline_day)
    return ClosingTimes(zone.to_utc(closes), zone.to_utc(next_start(ArchiveKind.DAY, last_day)))


def _month_before(month: datetime) -> datetime:
    return slot_start(ArchiveKind.MONTH, month - timedelta(days=1))


def _step(kind: ArchiveKind, keeps: Keeps) -> ArchiveKind:
    """How far the slots of this archive are apart."""
    return keeps.totals_every if kind is ArchiveKind.TOTAL else kind


def _moved(start: datetime, step: ArchiveKind, count: int) -> datetime:
    """The start of a slot so many steps later, or earlier."""
    if step is not ArchiveKind.MONTH:
        return start + _LENGTH[step] * count
    years, month = divmod(start.month - 1 + count, 12)
    return start.replace(year=start.year + years, month=month + 1)


def _kept(kind: ArchiveKind, keeps: Keeps, start: datetime, end: datetime) -> Iterator[MeterSlot]:
    """Slots that start within [start, end); totals of the month are taken at the first day only."""
    return (slot_at(kind, slot.start) for slot in slots(_step(kind, keeps), start, end))

"""Archive records from a log whose entries hold the registers' levels at the boundaries of slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot, slots_between
from metering.readings import ArchiveRecord, Gap, GapReason
from protocols.conversation import Conversation, Deliver
from protocols.levels import amounts
from protocols.vendor.kmp.log_search import LogSearch
from protocols.vendor.kmp.measured import Information, Measured, conditions_of, measured, without_faults


@dataclass(frozen=True, slots=True)
class LevelLog:
    """What a log holds: `levels` at the boundary, `means` of the slot that ended there, the info code."""

    levels: tuple[Measured, ...]
    means: tuple[Measured, ...]
    information: Information

    @property
    def registers(self) -> tuple[int, ...]:
        rows = (*self.levels, *self.means)
        return (*(row.register for row in rows), self.information.register)


def read_levels(
    search: LogSearch, layout: LevelLog, kind: ArchiveKind, slots: Sequence[MeterSlot], now: datetime
) -> Conversation[None]:
    """Delivers a record or a gap for each slot."""
    oldest = min((slot.start for slot in slots), default=now)
    read = _total if kind is ArchiveKind.TOTAL else _amounts
    for slot in slots:
        if (slot.start if kind is ArchiveKind.TOTAL else slot.end) > now:
            yield Deliver((Gap(kind, slot, GapReason.NOT_YET_CLOSED),))
            continue
        yield Deliver(((yield from read(search, layout, kind, slot, oldest)),))


def _total(
    search: LogSearch, layout: LevelLog, kind: ArchiveKind, slot: MeterSlot, oldest: datetime
) -> Conversation[ArchiveRecord | Gap]:
    """Levels as they stood at the slot's start."""
    entry = yield from search.at(slot.start, slots_between(kind, oldest, slot.start) + 1)
    if isinstance(entry, GapReason):
        return Gap(kind, slot, entry)
    values = measured(layout.levels, entry.values)
    conditions = conditions_of(layout.information, entry.values)
    return ArchiveRecord(kind, slot, entry.stamp, tuple(values), conditions)


def _amounts(
    search: LogSearch, layout: LevelLog, kind: ArchiveKind, slot: MeterSlot, oldest: datetime
) -> Conversation[ArchiveRecord | Gap]:
    """What the registers gained between the slot's two boundaries, both of which the log must hold."""
    run = slots_between(kind, oldest, slot.end) + 1
    closing = yield from search.at(slot.end, run)
    if isinstance(closing, GapReason):
        return Gap(kind, slot, closing)
    opening = yield from search.at(slot.start, max(run - 1, 1))
    if isinstance(opening, GapReason):
        return Gap(kind, slot, opening)
    conditions = conditions_of(layout.information, closing.values)
    means = without_faults(measured(layout.means, closing.values), conditions)
    gains = amounts(measured(layout.levels, closing.values), measured(layout.levels, opening.values))
    return ArchiveRecord(kind, slot, closing.stamp, (*gains, *means), conditions)

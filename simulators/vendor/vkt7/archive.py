"""Which archive records a simulated VKT-7 has, and what dates they carry (vkt7.md section 5)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from simulators.memory import MeterMemory

KINDS: Final = {0: ArchiveKind.HOUR, 1: ArchiveKind.DAY, 2: ArchiveKind.MONTH, 3: ArchiveKind.TOTAL}
"""By the value type's number."""

DEPTHS: Final = {ArchiveKind.HOUR: 1152, ArchiveKind.DAY: 128, ArchiveKind.MONTH: 32, ArchiveKind.TOTAL: 32}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Archive:
    """The archives of one meter, whose report months end with `report_day`."""

    memory: MeterMemory
    report_day: int

    def dated(self, kind: ArchiveKind, date: datetime) -> MeterSlot | None:
        """What the record of this date covers; None when there is none. A total covers its report month."""
        if kind is ArchiveKind.HOUR:
            slot = slot_at(kind, date)
        elif date.hour != 23:
            return None
        elif kind is ArchiveKind.DAY:
            slot = slot_at(kind, slot_start(kind, date))
        elif date.day == self._last_day(date):
            slot = self._report_month(date)
        else:
            return None
        return slot if self._is_kept(kind, slot) else None

    def covered(self, kind: ArchiveKind, start: datetime) -> MeterSlot | None:
        """What the record covers that a reader puts at a slot with this start."""
        if kind is ArchiveKind.HOUR:
            return self.dated(kind, start)
        if kind is ArchiveKind.DAY:
            return self.dated(kind, start.replace(hour=23))
        if kind is ArchiveKind.TOTAL:
            return self.dated(kind, (start - _DAY).replace(hour=23))
        if (start - _DAY).day != self._last_day(start - _DAY):
            return None
        month = (start - _DAY).replace(day=1) + timedelta(days=32)
        return self.dated(kind, month.replace(day=self._last_day(month), hour=23))

    def first(self, kind: ArchiveKind) -> datetime:
        """The start of the oldest hour or day."""
        oldest = self.memory.oldest_start(kind, DEPTHS[kind])
        return max(oldest, slot_start(kind, self.memory.installed))

    def _last_day(self, moment: datetime) -> int:
        return min(self.report_day, monthrange(moment.year, moment.month)[1])

    def _report_month(self, last: datetime) -> MeterSlot:
        before = last.replace(day=1, hour=0) - _DAY
        return MeterSlot(before.replace(day=self._last_day(before)) + _DAY, last.replace(hour=0) + _DAY)

    def _is_kept(self, kind: ArchiveKind, slot: MeterSlot) -> bool:
        if kind in (ArchiveKind.HOUR, ArchiveKind.DAY):
            return self.memory.has_record(kind, slot.start, DEPTHS[kind])
        now = self.memory.meter_time()
        age = (now.year - slot.end.year) * 12 + now.month - slot.end.month
        return slot.end <= now and age < DEPTHS[kind] and any(self.memory.powered(slot))

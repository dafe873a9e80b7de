"""What should be stored and is not: wanted slots minus known ones, newest first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Protocol

from metering.calendar import ArchiveKind, MeterSlot, MeterZone, next_start, slot_start, slots
from metering.readings import GapReason
from protocols.driver import DriverInfo

LONGEST_SLOT: Final = {
    ArchiveKind.HOUR: timedelta(hours=1),
    ArchiveKind.DAY: timedelta(days=1),
    ArchiveKind.MONTH: timedelta(days=31),
}

USUAL_DEPTHS: Final = MappingProxyType(
    {ArchiveKind.HOUR: 72, ArchiveKind.DAY: 40, ArchiveKind.MONTH: 2, ArchiveKind.TOTAL: 40}
)


class WantedSlots(Protocol):
    """Which slots of an archive a poll is to bring, oldest first."""

    def slots(self, kind: ArchiveKind, info: DriverInfo, meter_time: datetime) -> list[MeterSlot]: ...


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    """So many newest closed slots of each archive, cut by the depth of the model's memory."""

    wanted: Mapping[ArchiveKind, int] = field(default_factory=lambda: USUAL_DEPTHS)

    def slots(self, kind: ArchiveKind, info: DriverInfo, meter_time: datetime) -> list[MeterSlot]:
        """Totals are levels at a moment, so that the newest one is the last boundary itself."""
        count = min(info.depths.get(kind, 0), self.wanted.get(kind, 0))
        if count <= 0:
            return []
        if kind is ArchiveKind.TOTAL:
            return _totals(count, info.totals_every, meter_time)
        end = slot_start(kind, meter_time)
        return list(slots(kind, end - LONGEST_SLOT[kind] * count, end))[-count:]


@dataclass(frozen=True, slots=True)
class ArchiveRange:
    """The slots of one archive that start within [start, end) of the meter's time."""

    kind: ArchiveKind
    start: datetime
    end: datetime

    def slots(self, kind: ArchiveKind, info: DriverInfo, meter_time: datetime) -> list[MeterSlot]:
        """Slots of another kind, and slots that are not closed yet, are not asked for."""
        if kind is not self.kind:
            return []
        return [slot for slot in slots(kind, self.start, self.end) if slot.end <= meter_time]


def _totals(count: int, every: ArchiveKind, meter_time: datetime) -> list[MeterSlot]:
    end = next_start(ArchiveKind.DAY, slot_start(ArchiveKind.DAY, meter_time))
    days = slots(ArchiveKind.TOTAL, end - LONGEST_SLOT[every] * (count + 1), end)
    kept = [slot for slot in days if every is not ArchiveKind.MONTH or slot.start.day == 1]
    return kept[-count:]


FINAL_REASONS: Final = frozenset({GapReason.NO_RECORD, GapReason.OUT_OF_DEPTH})
SETTLING: Final = timedelta(hours=6)
"""A meter may write a record minutes after its slot has ended, and its clock may be slow."""


def is_settled(reason: GapReason | None, heard_after: timedelta | None) -> bool:
    """Whether asking for this slot again is pointless: it is stored, or it will never be there.

    A record that was damaged, not yet closed, or asked for soon after the end of its slot may still come.
    """
    if reason is None:
        return True
    return reason in FINAL_REASONS and heard_after is not None and heard_after >= SETTLING


def missing_slots(
    wanted: Collection[MeterSlot], known: Collection[datetime], zone: MeterZone
) -> list[MeterSlot]:
    """Wanted slots whose UTC start is neither stored nor a known gap, newest first."""
    absent = [slot for slot in wanted if zone.to_utc(slot.start) not in known]
    return sorted(absent, reverse=True)

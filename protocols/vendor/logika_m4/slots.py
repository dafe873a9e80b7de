"""Why an archive of these devices has no record for a slot."""

from __future__ import annotations

from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot, slots_between
from metering.readings import GapReason


def is_closed(kind: ArchiveKind, slot: MeterSlot, now: datetime) -> bool:
    """Whether the meter, its clock showing `now`, can have this record: a total from the slot's start on."""
    return (slot.start if kind is ArchiveKind.TOTAL else slot.end) <= now


def reason_for_none(kind: ArchiveKind, slot: MeterSlot, now: datetime, depth: int) -> GapReason:
    """Why a device that keeps so many records has none for this slot."""
    if not is_closed(kind, slot, now):
        return GapReason.NOT_YET_CLOSED
    too_old = slots_between(kind, slot.start, now) > depth
    return GapReason.OUT_OF_DEPTH if too_old else GapReason.NO_RECORD

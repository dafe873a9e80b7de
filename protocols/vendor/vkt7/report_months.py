"""Which archive record is which slot: report months end with the report day (vkt7.md section 5).

A report day beyond the month's end means its last day; then report months are calendar months.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at

_DAY: Final = timedelta(days=1)
_CLOSING_HOUR: Final = 23


def stamp_of(kind: ArchiveKind, slot: MeterSlot) -> datetime:
    """The date to be written for the record of a slot: an hour's start, else the last day's last hour.

    A total stands at its slot's start.
    """
    if kind is ArchiveKind.HOUR:
        return slot.start
    last = (slot.start if kind is ArchiveKind.TOTAL else slot.end) - _DAY
    return last.replace(hour=_CLOSING_HOUR)


def record_slot(kind: ArchiveKind, slot: MeterSlot, report_day: int) -> MeterSlot:
    """The slot of the record that is nearest to what is asked: of a month the report month that ends in it,

    of a total the last end of a report month that is not after it; hours and days are their own.
    """
    if kind is ArchiveKind.MONTH:
        last = slot.end - _DAY
        return MeterSlot(closing(last.replace(day=1) - _DAY, report_day), closing(last, report_day))
    if kind is not ArchiveKind.TOTAL:
        return slot
    closed_at = closing(slot.start - _DAY, report_day)
    if closed_at > slot.start:
        closed_at = closing(slot.start.replace(day=1) - _DAY, report_day)
    return slot_at(ArchiveKind.TOTAL, closed_at)


def closing(moment: datetime, report_day: int) -> datetime:
    """The midnight at which the report month ends that is named after this moment's month."""
    last = min(max(report_day, 1), monthrange(moment.year, moment.month)[1])
    return moment.replace(day=last, hour=0, minute=0, second=0, microsecond=0) + _DAY

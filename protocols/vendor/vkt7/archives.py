"""The archives of a VKT-7: hours, days, report months and totals, each chosen by its date (section 5).

An answer carries no stamp: what ties it to its slot is that the meter acknowledged the date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import ConfigurationChanged
from metering.readings import ArchiveRecord, Gap, GapReason
from protocols.conversation import Conversation, Deliver
from protocols.vendor.vkt7.dialogue import Records
from protocols.vendor.vkt7.information import ArchiveRange
from protocols.vendor.vkt7.questions import ValueType
from protocols.vendor.vkt7.report_months import record_slot, stamp_of
from protocols.vendor.vkt7.values import Reader

TYPES: Final = {
    ArchiveKind.HOUR: ValueType.HOUR,
    ArchiveKind.DAY: ValueType.DAY,
    ArchiveKind.MONTH: ValueType.MONTH,
    ArchiveKind.TOTAL: ValueType.TOTAL,
}
_YEARS: Final = range(2000, 2100)


@dataclass(slots=True)
class ArchiveReader:
    """Reads one archive. `reach` is None where the firmware does not tell what it has."""

    kind: ArchiveKind
    records: Records
    reader: Reader
    reach: ArchiveRange | None
    report_day: int
    _begun: bool = False
    _besides: set[MeterSlot] = field(default_factory=set)

    def deliver(self, slots: Sequence[MeterSlot]) -> Conversation[None]:
        """A record or a gap for each slot.

        Where the report day is not the month's last, no record covers a calendar month or its boundary:
        those are gaps, and the record of the report month is delivered besides, under its own slot.
        """
        for slot in slots:
            own = self._own(slot)
            if own == slot:
                yield Deliver(((yield from self._record(slot)),))
                continue
            yield Deliver((Gap(self.kind, slot, GapReason.NO_RECORD),))
            yield from self._beside(own, slots)

    def _own(self, slot: MeterSlot) -> MeterSlot:
        known = slot.start.year in _YEARS
        return record_slot(self.kind, slot, self.report_day) if known else slot

    def _beside(self, own: MeterSlot, slots: Sequence[MeterSlot]) -> Conversation[None]:
        if own in self._besides or own in slots:
            return
        self._besides.add(own)
        record = yield from self._record(own)
        if isinstance(record, ArchiveRecord):
            yield Deliver((record,))

    def _record(self, slot: MeterSlot) -> Conversation[ArchiveRecord | Gap]:
        reason = self._unreachable(slot)
        if reason is not None:
            return Gap(self.kind, slot, reason)
        stamp = stamp_of(self.kind, slot)
        if not (yield from self.records.select(stamp)):
            return Gap(self.kind, slot, GapReason.NO_RECORD)
        data = yield from self._data()
        understood = self.reader.understood(self.records.items, data)
        return ArchiveRecord(self.kind, slot, stamp, understood.values, understood.conditions)

    def _data(self) -> Conversation[bytes]:
        """The first record may be of an earlier measurement scheme: what was active then is taken up.

        That the scheme changes between two records is for the caller, who reads the configuration again.
        """
        try:
            data = yield from self.records.read()
        except ConfigurationChanged:
            if self._begun:
                raise
            yield from self.records.choose()
            data = yield from self.records.read()
        self._begun = True
        return data

    def _unreachable(self, slot: MeterSlot) -> GapReason | None:
        """Why it would be idle to ask."""
        if slot.start.year not in _YEARS or slot.end.year not in _YEARS:
            return GapReason.NO_RECORD
        if self.reach is None:
            return None
        closed_at = slot.start if self.kind is ArchiveKind.TOTAL else slot.end
        if closed_at > self.reach.now:
            return GapReason.NOT_YET_CLOSED
        oldest = self._oldest(self.reach)
        return GapReason.OUT_OF_DEPTH if oldest is not None and slot.start < oldest else None

    def _oldest(self, reach: ArchiveRange) -> datetime | None:
        if self.kind is ArchiveKind.HOUR:
            return reach.hours_from
        if self.kind is ArchiveKind.DAY and reach.days_from is not None:
            return reach.days_from.replace(hour=0)
        return None

"""From one slot of an archive to its record or its gap, whatever the model's stamps and contents mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_start, slots_between
from metering.conditions import Condition
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, MeterValue
from protocols.conversation import Conversation
from protocols.levels import amounts
from protocols.modbus.archive_map import Archive, Content, RecordStamp
from protocols.modbus.archives import ArchiveReader, stamp_of
from protocols.modbus.numbers import Settings, of_used_circuits, record_conditions, record_values
from protocols.modbus.register_map import Profile
from protocols.modbus.states import of_circuit

_MOMENT: Final = timedelta(microseconds=1)


def read_slot(
    profile: Profile, readers: Sequence[ArchiveReader], slot: MeterSlot, now: datetime, settings: Settings
) -> Conversation[ArchiveRecord | Gap]:
    """The record of a slot as the meter has it when its clock shows `now`.

    Where each circuit has an archive of its own, `readers` are those of circuits 1, 2, ...
    """
    archive = readers[0].archive
    if closed_at(archive.kind, slot) > now:
        return Gap(archive.kind, slot, GapReason.NOT_YET_CLOSED)
    if not archive.is_by_calendar(settings):
        return Gap(archive.kind, slot, GapReason.NO_RECORD)
    found: list[ArchiveRecord | GapReason] = []
    for reader in readers:
        found.append((yield from _record(profile, reader, slot, settings)))
    records = [record for record in found if isinstance(record, ArchiveRecord)]
    if not records:
        reason = GapReason.UNREADABLE if GapReason.UNREADABLE in found else GapReason.NO_RECORD
        return Gap(archive.kind, slot, _reason(reason, archive, slot, now))
    return records[0] if len(readers) == 1 else _joined(found, records[0])


def _record(
    profile: Profile, reader: ArchiveReader, slot: MeterSlot, settings: Settings
) -> Conversation[ArchiveRecord | GapReason]:
    archive = reader.archive
    data = yield from reader.fetch(stamp_for(archive, slot))
    if isinstance(data, GapReason):
        return data
    values = record_values(profile, archive.record, data, settings)
    if archive.content is Content.LEVELS and archive.kind is not ArchiveKind.TOTAL:
        values = yield from _amounts(profile, reader, slot, values, settings)
    own = stamp_of(archive.record, data)
    conditions = record_conditions(profile, archive.record, data, settings)
    return ArchiveRecord(archive.kind, slot, own or slot.start, values, conditions)


def _joined(found: Sequence[ArchiveRecord | GapReason], whole: ArchiveRecord) -> ArchiveRecord:
    """One record of all circuits. What the meter itself cannot read any more is absent, not left out."""
    values: list[MeterValue] = []
    conditions: set[Condition] = set()
    for circuit, record in enumerate(found, start=1):
        if isinstance(record, ArchiveRecord):
            values += (replace(value, circuit=circuit) for value in record.values)
            conditions |= {of_circuit(condition, circuit) for condition in record.conditions}
        elif record is GapReason.UNREADABLE:
            values += (_lost(value, circuit) for value in whole.values)
    return replace(whole, values=tuple(of_used_circuits(values)), conditions=frozenset(conditions))


def _lost(value: MeterValue, circuit: int) -> MeterValue:
    return MeterValue(value.quantity, value.unit, None, Absence.RECORD_ERROR, circuit)


def closed_at(kind: ArchiveKind, slot: MeterSlot) -> datetime:
    """When the record of a slot is complete: at its end, a total at its start."""
    return slot.start if kind is ArchiveKind.TOTAL else slot.end


def stamp_for(archive: Archive, slot: MeterSlot) -> datetime:
    """The stamp that the record of this slot carries."""
    if archive.stamp is RecordStamp.SLOT_END:
        return slot.end
    return slot.start if archive.stamp is RecordStamp.SLOT_START else _before(archive.kind, slot).start


def _before(kind: ArchiveKind, slot: MeterSlot) -> MeterSlot:
    return MeterSlot(slot_start(kind, slot.start - _MOMENT), slot.start)


def _reason(reason: GapReason, archive: Archive, slot: MeterSlot, now: datetime) -> GapReason:
    too_old = slots_between(archive.kind, slot.start, now) > archive.depth
    return GapReason.OUT_OF_DEPTH if too_old and reason is GapReason.NO_RECORD else reason


def _amounts(
    profile: Profile,
    reader: ArchiveReader,
    slot: MeterSlot,
    levels: tuple[MeterValue, ...],
    settings: Settings,
) -> Conversation[tuple[MeterValue, ...]]:
    """Amounts from levels at the slot's end and at its start, which the record before holds."""
    archive = reader.archive
    data = yield from reader.fetch(stamp_for(archive, _before(archive.kind, slot)))
    before = () if isinstance(data, GapReason) else record_values(profile, archive.record, data, settings)
    counted = archive.record.amounts
    return tuple(
        level if level.quantity.name in counted else gained
        for level, gained in zip(levels, amounts(levels, before), strict=True)
    )

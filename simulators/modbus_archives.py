"""The archives of a simulated Modbus meter: which records it has, and what they must say."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slot_start
from metering.quantities import QUANTITIES, Behaviour
from protocols.modbus.archive_map import Archive, Content, RecordStamp
from protocols.modbus.archive_records import stamp_for
from simulators.modbus_records import Writing
from simulators.modbus_truth import archive_truths, numbers_of
from simulators.numbers import Numbers
from simulators.truth import Truths

_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Archives:
    """All archives of one meter."""

    writing: Writing

    def truths(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when the meter rightly has none."""
        archive = self.writing.profile.archives.get(kind)
        if archive is None or not self._has(archive, slot_at(kind, start)):
            return None
        slot = slot_at(kind, start)
        writing = self.writing
        truths = archive_truths(writing.profile, archive, writing.memory, slot, writing.settings)
        if archive.content is Content.AMOUNTS or kind is ArchiveKind.TOTAL:
            return truths
        before = slot_at(kind, slot_start(kind, start - _MOMENT))
        return truths if self._has(archive, before) else _without_registers(truths, archive.record.amounts)

    def record(self, archive: Archive, moment: datetime, circuit: int = 1) -> bytes | None:
        """The record of a circuit, those of the others being records of their own or part of it.

        None: the meter refuses, for it has none and sends no zeros instead.
        """
        memory, selection = self.writing.memory, self.writing.profile.selection
        slot = _slot_of(archive, moment)
        if selection and selection.finds_next:
            slot = self._next_slot(archive, slot)
        if circuit <= memory.circuits and self._has(archive, slot):
            numbers = _of_circuit(numbers_of(memory, archive, slot), circuit)
            return self.writing.record(archive.record, stamp_for(archive, slot), numbers)
        return bytes(archive.record.size) if archive.empty_is_zeros else None

    def _has(self, archive: Archive, slot: MeterSlot) -> bool:
        """Whether there is a record; levels that stand for a slot's end come with that slot."""
        if archive.stamp is not RecordStamp.SLOT_BEFORE:
            return self.writing.memory.has_record(archive.kind, slot.start, archive.depth)
        before = slot_start(ArchiveKind.DAY, slot.start - _MOMENT)
        return self.writing.memory.has_record(ArchiveKind.DAY, before, archive.depth)

    def _next_slot(self, archive: Archive, slot: MeterSlot) -> MeterSlot:
        """The first slot from this one on that has a record; the running one when none has."""
        memory = self.writing.memory
        now, start = memory.meter_time(), max(slot.start, memory.oldest_start(archive.kind, archive.depth))
        while start < now and not self._has(archive, slot_at(archive.kind, start)):
            start = next_start(archive.kind, start)
        return slot_at(archive.kind, start)


def _of_circuit(numbers: Numbers, circuit: int) -> Numbers:
    """What a record of this circuit holds where the layout speaks of circuit 1 alone."""
    return numbers if circuit == 1 else lambda quantity, _: numbers(quantity, circuit)


def _without_registers(truths: Truths, amounts: Container[str]) -> Truths:
    """What is left where the record before is missing, from which amounts would be differences."""
    return {
        key: truth
        for key, truth in truths.items()
        if QUANTITIES[key[0]].behaviour is not Behaviour.REGISTER or key[0] in amounts
    }


def _slot_of(archive: Archive, stamp: datetime) -> MeterSlot:
    """The slot whose record carries this stamp."""
    if archive.stamp is RecordStamp.SLOT_END:
        return slot_at(archive.kind, slot_start(archive.kind, stamp - _MOMENT))
    start = slot_start(archive.kind, stamp)
    after = archive.stamp is RecordStamp.SLOT_BEFORE
    return slot_at(archive.kind, next_start(archive.kind, start) if after else start)

"""Reading the cells of slots from the arrays of a map (tekon-19.md 3).

Cells carry no stamp: one that was not yet overwritten holds what it held a turn ago. So only closed slots
within the depth are asked for, and what was read while the running slot changed is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.calendar import MeterSlot, slot_start, slots_between
from metering.errors import MeterBusy
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, MeterValue
from protocols.conversation import Conversation, Deliver
from protocols.fields import float32
from protocols.vendor.tekon.cells import depth, index, runs
from protocols.vendor.tekon.clock import read_clock
from protocols.vendor.tekon.dialogue import Dialogue
from protocols.vendor.tekon.site_map import Archive, Place

TRIES: Final = 2


@dataclass(frozen=True, slots=True)
class ArchiveReader:
    """One archive of one module."""

    dialogue: Dialogue
    archive: Archive

    def read(self, slots: Sequence[MeterSlot]) -> Conversation[None]:
        """Delivers a record or a gap for each slot, run by run."""
        now = yield from read_clock(self.dialogue)
        gaps = {slot: reason for slot in slots if (reason := self._unreadable(slot, now))}
        yield Deliver(tuple(Gap(self.archive.kind, slot, reason) for slot, reason in gaps.items()))
        readable = [slot for slot in slots if slot not in gaps]
        for run in runs(self.archive.kind, self.archive.cells, readable):
            yield from self._run(run, now)

    def _unreadable(self, slot: MeterSlot, now: datetime) -> GapReason | None:
        if slot.end > now:
            return GapReason.NOT_YET_CLOSED
        kept = depth(self.archive.kind, self.archive.cells)
        too_old = slots_between(self.archive.kind, slot.start, now) > kept
        return GapReason.OUT_OF_DEPTH if too_old else None

    def _run(self, run: Sequence[MeterSlot], now: datetime) -> Conversation[None]:
        """The cells of a run once no slot ended while they were read."""
        for _ in range(TRIES):
            began_in = slot_start(self.archive.kind, now)
            columns = yield from self._columns(run)
            now = yield from read_clock(self.dialogue)
            if slot_start(self.archive.kind, now) == began_in:
                yield Deliver(tuple(self._answer(slot, number, columns) for number, slot in enumerate(run)))
                return
        raise MeterBusy("A slot ended whenever its archive was read; it is read again in the next cycle.")

    def _columns(self, run: Sequence[MeterSlot]) -> Conversation[list[list[MeterValue]]]:
        """The values of each place, in the order of the run."""
        indexes = [index(self.archive.kind, self.archive.cells, slot.start) for slot in run]
        first = min(indexes)
        columns = []
        for place in self.archive.places:
            cells = yield from self.dialogue.read_cells(place.address, first, max(indexes) - first + 1)
            columns.append([value_of(place, cells[at - first]) for at in indexes])
        return columns

    def _answer(
        self, slot: MeterSlot, number: int, columns: Sequence[Sequence[MeterValue]]
    ) -> ArchiveRecord | Gap:
        values = tuple(column[number] for column in columns)
        if all(value.value is None for value in values):
            return Gap(self.archive.kind, slot, GapReason.NO_RECORD)
        return ArchiveRecord(self.archive.kind, slot, slot.start, values)


def value_of(place: Place, cell: bytes) -> MeterValue:
    """A 32-bit float; NaN is what an empty cell holds."""
    number = float32(cell[::-1])
    absence = Absence.NO_DATA if number is None else None
    return MeterValue(place.quantity, place.unit, number, absence, place.circuit)

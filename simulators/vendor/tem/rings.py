"""The archive of a simulated TEM meter: rings in which every slot that had power gets a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start, slots
from simulators.memory import MeterMemory


@dataclass(frozen=True, slots=True)
class RingPlace:
    """Where a ring lies. `pointer`: where timer memory keeps an address of it; None: nowhere."""

    start: int
    count: int
    pointer: int | None = None


class Ring:
    """The records of one kind, as they stand at the meter's time."""

    def __init__(self, memory: MeterMemory, kind: ArchiveKind, place: RingPlace) -> None:
        self.kind = kind
        self.place = place
        self._memory = memory
        self._running: datetime | None = None
        self._starts: list[datetime] = []

    def starts(self) -> list[datetime]:
        """Starts of all slots that ever got a record, oldest first."""
        running = slot_start(self.kind, self._memory.meter_time())
        if running != self._running:
            first = slot_start(self.kind, self._memory.installed)
            self._starts = [
                slot.start for slot in slots(self.kind, first, running) if any(self._memory.powered(slot))
            ]
            self._running = running
        return self._starts

    def slot_in(self, cell: int) -> MeterSlot | None:
        """The slot whose record stands in a cell; None for a cell that was never written."""
        newest = len(self.starts()) - 1
        number = newest - (newest - cell) % self.place.count
        return slot_at(self.kind, self.starts()[number]) if number >= 0 else None

    def cell_of(self, start: datetime) -> int | None:
        """The cell with the record of the slot that starts here; None when there is none any more."""
        starts = self.starts()
        kept = starts[-self.place.count :]
        return starts.index(start) % self.place.count if start in kept else None

    def has_before(self, start: datetime) -> bool:
        """Whether the record before this one is still kept."""
        starts = self.starts()
        return start in starts[-self.place.count + 1 :] and start != starts[0]

    def next_cell(self) -> int:
        """Where the next record will be written."""
        return len(self.starts()) % self.place.count

"""What the logs of a simulated MULTICAL hold: an entry at each boundary at which the meter had power."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slot_start
from metering.errors import NotSupported
from simulators.memory import MeterMemory
from simulators.numbers import numbers_at, numbers_over, truths_of
from simulators.truth import Truths
from simulators.vendor.kmp.registers import EVERYWHERE, Register, clock_values, sent

_INSTANT = timedelta(microseconds=1)


class BoundaryLog:
    """Levels at boundaries and means of the slot before. Entries are numbered from 0 since installation."""

    def __init__(
        self,
        memory: MeterMemory,
        kind: ArchiveKind,
        depth: int,
        levels: Sequence[Register],
        means: Sequence[Register] = (),
    ) -> None:
        self.kind = kind
        self.levels = {register.number: register for register in levels}
        self.means = {register.number: register for register in means}
        self._memory = memory
        self._depth = depth
        self._written = lru_cache(maxsize=2)(self._boundaries)
        self.value = lru_cache(maxsize=16384)(self._value)

    @property
    def count(self) -> int:
        """Entries written since installation."""
        return len(self.boundaries)

    @property
    def boundaries(self) -> Sequence[datetime]:
        """Boundaries of all entries since installation, the oldest first."""
        return self._written(slot_start(self.kind, self._memory.meter_time()))

    @property
    def oldest(self) -> int:
        """The number of the oldest entry that is kept."""
        return max(0, self.count - self._depth)

    def keeps(self, boundary: datetime) -> bool:
        """Whether there is an entry of this boundary."""
        return boundary in self.boundaries[self.oldest :]

    def has(self, register: int) -> bool:
        """Whether entries hold this register."""
        return register in self.levels or register in self.means or register in EVERYWHERE

    def _boundaries(self, running: datetime) -> tuple[datetime, ...]:
        found, boundary = [], next_start(self.kind, slot_start(self.kind, self._memory.installed))
        while boundary <= running:
            if any(self._memory.powered(MeterSlot(boundary, boundary + _INSTANT))):
                found.append(boundary)
            boundary = next_start(self.kind, boundary)
        return tuple(found)

    def _value(self, register: int, boundary: datetime) -> bytes:
        """The register with its header, as the entry of this boundary holds it."""
        if register in self.levels:
            integer = self.levels[register].integer(numbers_at(self._memory, boundary))
            return self.levels[register].header() + integer.to_bytes(4, "big")
        if register in self.means:
            return self.means[register].header() + self._mean(self.means[register], boundary)
        return clock_values(boundary)[register]

    def _mean(self, register: Register, boundary: datetime) -> bytes:
        try:
            integer = register.integer(numbers_over(self._memory, self._slot_before(boundary)))
        except NotSupported:
            return bytes(4)
        return integer.to_bytes(4, "big")

    def _slot_before(self, boundary: datetime) -> MeterSlot:
        return slot_at(self.kind, slot_start(self.kind, boundary - _INSTANT))

    def truths(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the archive must say of the slot that starts here; None when an entry of it is missing."""
        slot = slot_at(kind, start)
        if kind is ArchiveKind.TOTAL:
            levels = sent(self.levels.values())
            return truths_of(levels, numbers_at(self._memory, start)) if self.keeps(start) else None
        if not (self.keeps(slot.start) and self.keeps(slot.end)):
            return None
        rows = sent([*self.levels.values(), *self.means.values()])
        return truths_of(rows, numbers_over(self._memory, slot), steps=2)

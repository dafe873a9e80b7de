"""The logs that are read by age (66h, 65h): what each slot consumed, the newest slot first, without dates.

What is too old is clamped to the oldest records; a register that is not kept is answered by FF FF.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import NotSupported
from simulators.memory import MeterMemory
from simulators.numbers import numbers_over, truths_of
from simulators.truth import Truths
from simulators.vendor.kmp.registers import Register, sent

MOST_VALUES: Final = 16
NOT_KEPT: Final = b"\xff\xff"
_SIZE: Final = 2
"""Bytes of a value."""


class AgeLog:
    """One log. `newest`: the record number of the last closed slot."""

    def __init__(
        self,
        memory: MeterMemory,
        kind: ArchiveKind,
        depth: int,
        registers: Sequence[Register],
        newest: int = 1,
    ) -> None:
        self.kind = kind
        self._memory = memory
        self._depth = depth
        self._registers: Mapping[int, Register] = {register.number: register for register in registers}
        self._newest = newest
        self._value = lru_cache(maxsize=4096)(self._consumed)

    def answer(self, asked: bytes, checksum: bytes) -> bytes | None:
        """The reply's data. A request without a count has the first byte of its CRC taken for it."""
        if len(asked) < 4:
            return None
        register = self._registers.get(int.from_bytes(asked[:2], "big"))
        if register is None:
            return NOT_KEPT
        first = max(1, int.from_bytes(asked[2:4], "big"))
        count = min(MOST_VALUES, max(1, (asked[4:] + checksum)[0]))
        first = min(first, self._depth - MOST_VALUES + 1) if first > self._depth else first
        values = (self._value(register.number, self._slot(first + place)) for place in range(count))
        return register.header(_SIZE) + b"".join(values)

    def truths(self, start: datetime) -> Truths | None:
        """What the archive must say of the slot that starts here; None for what is not kept or closed."""
        slot, oldest = slot_at(self.kind, start), self._memory.oldest_start(self.kind, self._depth)
        if slot.end > self._memory.meter_time() or start < oldest:
            return None
        return truths_of(sent(self._registers.values()), numbers_over(self._memory, slot))

    def _slot(self, record: int) -> MeterSlot:
        start = slot_start(self.kind, self._memory.meter_time())
        for _ in range(record - self._newest + 1):
            start = slot_start(self.kind, start - timedelta(days=1))
        return slot_at(self.kind, start)

    def _consumed(self, number: int, slot: MeterSlot) -> bytes:
        """The amount or mean; zeros where this plant has nothing behind the register."""
        try:
            integer = self._registers[number].integer(numbers_over(self._memory, slot))
        except NotSupported:
            integer = 0
        return integer.to_bytes(_SIZE, "big")

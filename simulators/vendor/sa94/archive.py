"""The archives of a simulated SA-94: two halves, of which the older is erased as a whole when both are full.

An hour of less than eight minutes of work goes into the next one; a day record is written at midnight, or at
power-on when the meter was off then (sa-94.md section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slot_start
from metering.errors import NotSupported
from simulators.memory import MeterMemory
from simulators.numbers import FLOAT_STEP, ROUNDING, Sent, numbers_at, numbers_over, on_wire, truths_of
from simulators.truth import Truth, Truths
from simulators.vendor.sa94 import octets

SEGMENT_BLOCK: Final = 128
LEAST_WORK: Final = timedelta(minutes=8)
HEAT: Final = Sent("energy_heating", "MWh")

_MOMENT: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Archive:
    """One archive. `items` are the means of a record, None where a model measures nothing."""

    def __init__(
        self,
        memory: MeterMemory,
        kind: ArchiveKind,
        items: Sequence[Sent | None],
        *,
        per_half: int,
        own_date: bool = False,
    ) -> None:
        self.kind = kind
        self._memory = memory
        self._items = items
        self._per_half = per_half
        self._date_back = _DAY if own_date and kind is ArchiveKind.DAY else timedelta(0)
        self._written = lru_cache(maxsize=2)(self._boundaries)
        self._record = lru_cache(maxsize=4096)(self._encoded)

    def block(self, half: int, number: int, size: int) -> bytes:
        """A block of one half; `size` of a record. What is not written yet is FF."""
        per_block = SEGMENT_BLOCK // size
        places = range(number * per_block, (number + 1) * per_block)
        return b"".join((self._at(half, place) or b"").ljust(size, b"\xff") for place in places)

    def truths(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the archive must say of this slot; None when it has no record of it."""
        slot = slot_at(kind, start)
        if kind is ArchiveKind.TOTAL:
            return truths_of([HEAT], numbers_at(self._memory, start)) if self._keeps(start) else None
        written = any(self._memory.powered(slot)) or kind is ArchiveKind.HOUR
        if not (written and self._keeps(slot.end)):
            return None
        sent = [item for item in self._items if item is not None]
        truths = dict(truths_of(sent, numbers_over(self._memory, self._span(slot.end))))
        if kind is ArchiveKind.DAY and self._keeps(slot.start):
            truths["energy_heating", 1] = self._gained(slot)
        return truths

    def _gained(self, slot: MeterSlot) -> Truth:
        """The day's heat, from two totals that are rounded to 24 bits each."""
        level = self._memory.level("energy_heating", 1, slot.end)
        amount = self._memory.amount("energy_heating", 1, slot)
        return Truth(amount, 2 * level * FLOAT_STEP + ROUNDING)

    def _at(self, half: int, place: int) -> bytes | None:
        """The record at a place of a half, as the halves were last filled."""
        written = self._now_written()
        if place >= self._per_half or not written:
            return None
        newest = (len(written) - 1) // self._per_half
        filled = newest if newest % 2 == half else newest - 1
        index = filled * self._per_half + place
        return self._record(written[index]) if 0 <= index < len(written) and filled >= 0 else None

    def _keeps(self, boundary: datetime) -> bool:
        written = self._now_written()
        oldest = max(0, (len(written) - 1) // self._per_half - 1) * self._per_half
        return boundary in written[oldest:]

    def _now_written(self) -> Sequence[datetime]:
        return self._written(slot_start(ArchiveKind.HOUR, self._memory.meter_time()))

    def _boundaries(self, now: datetime) -> tuple[datetime, ...]:
        """The ends of all slots that have a record, the oldest first."""
        wrote = self._wrote_hour if self.kind is ArchiveKind.HOUR else self._wrote_day
        found, boundary = [], next_start(self.kind, slot_start(self.kind, self._memory.installed))
        while boundary <= now:
            if wrote(boundary):
                found.append(boundary)
            boundary = next_start(self.kind, boundary)
        return tuple(found)

    def _wrote_hour(self, boundary: datetime) -> bool:
        on = any(self._memory.powered(MeterSlot(boundary, boundary + _MOMENT)))
        return on and self._work(boundary) >= LEAST_WORK

    def _wrote_day(self, boundary: datetime) -> bool:
        until = min(boundary + _DAY, max(self._memory.meter_time(), boundary + _MOMENT))
        return any(self._memory.powered(MeterSlot(boundary, until)))

    def _work(self, boundary: datetime) -> timedelta:
        parts = self._memory.powered(MeterSlot(boundary - _HOUR, boundary))
        return sum((part.end - part.start for part in parts), timedelta(0))

    def _span(self, boundary: datetime) -> MeterSlot:
        """What a record is of: its slot, and an hour before that was too short for one of its own."""
        if self.kind is ArchiveKind.DAY:
            return self._last_day(boundary)
        short = timedelta(0) < self._work(boundary - _HOUR) < LEAST_WORK
        return MeterSlot(boundary - (2 if short else 1) * _HOUR, boundary)

    def _last_day(self, boundary: datetime) -> MeterSlot:
        """The last day of work, which the record that is made at power-on is of."""
        day = slot_at(ArchiveKind.DAY, boundary - _DAY)
        while not any(self._memory.powered(day)) and day.start > self._memory.installed:
            day = slot_at(ArchiveKind.DAY, day.start - _DAY)
        return day

    def _encoded(self, boundary: datetime) -> bytes:
        second = octets.time(boundary)
        if self.kind is ArchiveKind.DAY:
            second = octets.number(on_wire(HEAT, numbers_at(self._memory, boundary)))
        means = (self._mean(item, self._span(boundary)) for item in self._items)
        return octets.day(boundary - self._date_back) + second + b"".join(means)

    def _mean(self, item: Sent | None, span: MeterSlot) -> bytes:
        try:
            value = on_wire(item, numbers_over(self._memory, span)) if item else Decimal(0)
        except NotSupported:
            return octets.ERASED
        return octets.number(value)

"""FLASH of a simulated TEM meter: its rings of records, and what they must say."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.quantities import Behaviour, Quantity
from protocols.fields import bcd
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, numbers_at, numbers_over, truths_of
from simulators.truth import Truths
from simulators.vendor.tem.cells import fill, is_register, of_circuits
from simulators.vendor.tem.maps import Archive, Words
from simulators.vendor.tem.rings import Ring

_LEVELS: Final = 2
"""An amount is the difference of two rounded levels."""


class MeterArchive:
    """The records of one meter, in its byte order and for the circuits that it has."""

    def __init__(
        self, archive: Archive, memory: MeterMemory, words: Words, order: str, circuits: int
    ) -> None:
        self.record_size = archive.size
        self.rings = {kind: Ring(memory, kind, place) for kind, place in archive.rings.items()}
        self._archive = archive
        self._memory = memory
        self._words = words
        self._order = order
        self._cells = of_circuits(archive.cells(words), circuits)
        self._record = lru_cache(maxsize=256)(self._compute_record)

    def read(self, at: int, size: int) -> bytes | None:
        """Bytes of one ring; None where no ring is, or where it ends."""
        for ring in self.rings.values():
            first, last = ring.place.start, ring.place.start + ring.place.count * self.record_size
            if first <= at and at + size <= last:
                cell, begin = divmod(at - first, self.record_size)
                count = (begin + size - 1) // self.record_size + 1
                return b"".join(self._cell(ring, cell + number) for number in range(count))[begin:][:size]
        return None

    def find(self, kind: ArchiveKind, asked: bytes) -> int | None:
        """The number of the record of a date: hour, day, month, year."""
        ring = self.rings[kind]
        for start in reversed(ring.starts()[-ring.place.count :]):
            by_writing = self._words.get("date_search") == "writing"
            if _is_date(asked, slot_at(kind, start).end if by_writing else start, kind):
                return ring.cell_of(start)
        return None

    def truth(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when the meter rightly has none."""
        if kind is ArchiveKind.TOTAL:
            return self._truth_total(start)
        ring = self.rings[kind]
        if ring.cell_of(start) is None:
            return None
        known = [cell for cell in self._cells if ring.has_before(start) or not is_register(cell)]
        numbers = numbers_over(self._memory, slot_at(kind, start))
        return truths_of((cell.sent for cell in known), numbers, _LEVELS)

    def _truth_total(self, start: datetime) -> Truths | None:
        """The levels that the day before ended with."""
        ring = self.rings[ArchiveKind.DAY]
        days = (day for day in reversed(ring.starts()) if slot_at(ArchiveKind.DAY, day).end == start)
        day = next(days, None)
        if day is None or ring.cell_of(day) is None:
            return None
        registers = (cell.sent for cell in self._cells if is_register(cell))
        return truths_of(registers, numbers_at(self._memory, start))

    def _cell(self, ring: Ring, cell: int) -> bytes:
        slot = ring.slot_in(cell)
        return b"\xff" * self.record_size if slot is None else self._record(slot)

    def _compute_record(self, slot: MeterSlot) -> bytes:
        image = bytearray(self.record_size)
        fill(image, self._cells, self._stored(slot), self._order)
        for at, octets in {**self._archive.fixed, **self._archive.stamp(slot, self._words)}.items():
            image[at : at + len(octets)] = octets
        image[-1] = self._archive.checksum(bytes(image[:-1]))
        return bytes(image)

    def _stored(self, slot: MeterSlot) -> Numbers:
        """Levels at the slot's end, and means over the slot."""
        levels, means = numbers_at(self._memory, slot.end), numbers_over(self._memory, slot)

        def number(quantity: Quantity, circuit: int) -> Decimal:
            register = quantity.behaviour is Behaviour.REGISTER
            return (levels if register else means)(quantity, circuit)

        return number


def _is_date(asked: bytes, date: datetime, kind: ArchiveKind) -> bool:
    """Whether hour, day, month and year mean this date, as far as the archive's kind goes."""
    hour, day, month, year = (bcd(asked[at : at + 1]) for at in range(4))
    parts = [(year, date.year % 100), (month, date.month), (day, date.day), (hour, date.hour)]
    used = {ArchiveKind.HOUR: 4, ArchiveKind.DAY: 3, ArchiveKind.MONTH: 2}[kind]
    return all(wanted == own for wanted, own in parts[:used])

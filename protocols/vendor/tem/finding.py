"""Finding the record of a slot in a ring, by bisection from a pointer or by asking the meter for its date.

Theory. Going back from the newest record the slots' starts only fall. A slot lies no further back than so
many records as slots have passed since a newer one, and nearer only when the meter was without power. So the
first guess is mostly right; where it is not, halving what is left finds the slot in a dozen steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slots_between
from metering.errors import DecodeError
from metering.readings import GapReason
from protocols.conversation import Conversation
from protocols.vendor.tem.commands import NONE_FOUND, find_record
from protocols.vendor.tem.dialogue import Dialogue
from protocols.vendor.tem.memory_map import Addressing
from protocols.vendor.tem.records import Records, Stored

BASE: Final = 0x200000
"""Pointers count from here; subtract it."""
_MOST_DAMAGED: Final = 8
"""After so many damaged cells the rest is not looked through."""
_ESTIMATES: Final = 3
"""So many guesses go by the distance in time, further ones halve what is left."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The record of a slot, and the one written before it; None where there is none to rely on."""

    closing: Stored
    opening: Stored | None


class Finder(Protocol):
    """Finds the records of slots."""

    def find(self, start: datetime) -> Conversation[Pair | GapReason]: ...


@dataclass(slots=True)
class _Bounds:
    """Ages between which a slot's record lies, neither of them it, and the starts of their slots."""

    newer: int
    newer_start: datetime
    older: int
    older_start: datetime | None = None

    def narrow(self, age: int, stored: Stored, start: datetime) -> None:
        """What the cell of this age says of the slot that starts here; an empty cell is older than any."""
        if stored.stamped is None or stored.is_empty:
            if age < self.older:
                self.older, self.older_start = age, None
        elif stored.stamped.start > start:
            if age > self.newer:
                self.newer, self.newer_start = age, stored.stamped.start
        elif age < self.older:
            self.older, self.older_start = age, stored.stamped.start

    def guesses(self, kind: ArchiveKind, start: datetime) -> Iterator[int]:
        """Ages worth a look, the likeliest first."""
        yield self.newer + slots_between(kind, start, self.newer_start)
        if self.older_start is not None:
            yield self.older - slots_between(kind, self.older_start, start)
        yield (self.newer + self.older) // 2


class RingFinder:
    """Ages count back from the newest record, which is 0; `places` are the cells by age."""

    def __init__(self, records: Records, places: list[int], now: datetime) -> None:
        self._records = records
        self._places = places
        self._ages = {place: age for age, place in enumerate(places)}
        self._now = now
        self._damaged: set[int] = set()

    def find(self, start: datetime) -> Conversation[Pair | GapReason]:
        """The pair of the slot that starts here, or why there is none."""
        known = self._records.known_at(start)
        if known is not None:
            return (yield from self._pair(self._ages[known], (yield from self._records.at(known))))
        bounds = self._bounds(start)
        for number in range(len(self._places)):
            age = self._next(bounds, start, estimate=number < _ESTIMATES)
            if age is None:
                break
            stored = yield from self._records.at(self._places[age])
            if not stored.is_usable and not stored.is_empty:
                self._damaged.add(age)
            elif stored.stamped is not None and stored.stamped.start == start:
                return (yield from self._pair(age, stored))
            else:
                bounds.narrow(age, stored, start)
        return self._reason(bounds)

    def _bounds(self, start: datetime) -> _Bounds:
        """What the cells that were read before tell of this slot."""
        bounds = _Bounds(-1, self._now, len(self._places))
        for place, stored in self._records.known():
            if place in self._ages and (stored.is_usable or stored.is_empty):
                bounds.narrow(self._ages[place], stored, start)
        return bounds

    def _next(self, bounds: _Bounds, start: datetime, *, estimate: bool) -> int | None:
        """The age to look at next; None when there is none left, or too much is damaged."""
        left = [age for age in range(bounds.newer + 1, bounds.older) if age not in self._damaged]
        if not left or len(self._damaged) > _MOST_DAMAGED:
            return None
        *estimates, middle = bounds.guesses(self._records.kind, start)
        between = (age for age in estimates if bounds.newer < age < bounds.older)
        wanted = next(between, middle) if estimate else middle
        return min(left, key=lambda age: abs(age - wanted))

    def _pair(self, age: int, closing: Stored) -> Conversation[Pair | GapReason]:
        if closing.stamped is None or not closing.stamped.covers:
            return GapReason.NO_RECORD
        if age + 1 == len(self._places):
            return Pair(closing, None)
        opening = yield from self._records.at(self._places[age + 1])
        return Pair(closing, opening if _is_before(opening, closing) else None)

    def _reason(self, bounds: _Bounds) -> GapReason:
        if any(bounds.newer < age < bounds.older for age in self._damaged):
            return GapReason.UNREADABLE
        out = bounds.newer == self._records.area.count - 1
        return GapReason.OUT_OF_DEPTH if out else GapReason.NO_RECORD


class DateFinder:
    """Asks the meter for the number of a record, which is its place. `word`: of the choice of that name."""

    def __init__(self, records: Records, dialogue: Dialogue, word: str) -> None:
        self._records = records
        self._dialogue = dialogue
        self._by_writing = word == "writing"

    def find(self, start: datetime) -> Conversation[Pair | GapReason]:
        """The pair of the slot that starts here, or why there is none."""
        place = self._records.known_at(start)
        if place is None:
            place = yield from self._ask(slot_at(self._records.kind, start))
        if place is None:
            return GapReason.NO_RECORD
        closing = yield from self._records.at(place)
        if not closing.is_usable or closing.stamped is None or closing.stamped.start != start:
            return GapReason.UNREADABLE
        if not closing.stamped.covers:
            return GapReason.NO_RECORD
        opening = yield from self._records.at((place - 1) % self._records.area.count)
        return Pair(closing, opening if _is_before(opening, closing) else None)

    def _ask(self, slot: MeterSlot) -> Conversation[int | None]:
        date = slot.end if self._by_writing else slot.start
        question = find_record(self._dialogue.address, self._records.kind, date)
        number = int.from_bytes((yield from self._dialogue.ask(question)), "big")
        if number == NONE_FOUND:
            return None
        if number >= self._records.area.count:
            raise DecodeError(
                f"The meter says that the record of {date} has the number {number}; its archive has "
                f"{self._records.area.count}. Likely this is another model than the registered one."
            )
        return number


def places_back_from(pointer: int, records: Records) -> list[int]:
    """The places of an area by age; DecodeError when the pointer leads elsewhere."""
    area, size = records.area, records.archive.record.size
    offset = (pointer - BASE if pointer >= BASE else pointer) - area.start
    if offset % size or not 0 <= offset <= area.count * size:
        raise DecodeError(
            f"The pointer {pointer:06X} to the {records.kind} archive leads to no record of it: likely this "
            "is another model than the registered one."
        )
    newest = offset // size - (1 if area.addressing is Addressing.NEXT else 0)
    return [(newest - age) % area.count for age in range(area.count)]


def places_by_stamp(records: Records) -> Conversation[list[int]]:
    """The places of a small area that no pointer leads to: all of it is read, newest record first."""
    stamps: dict[int, datetime] = {}
    for place in range(records.area.count):
        stored = yield from records.at(place)
        if stored.stamped is not None:
            stamps[place] = stored.stamped.start
    return sorted(stamps, key=lambda place: stamps[place], reverse=True)


def _is_before(opening: Stored, closing: Stored) -> bool:
    """In a ring that has wrapped, or hardly begun, the neighbour may be the newest record or nothing."""
    if not opening.is_usable or opening.stamped is None or closing.stamped is None:
        return False
    return opening.stamped.written < closing.stamped.written

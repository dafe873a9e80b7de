"""Current values and totals of one minute of the meter's clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.conditions import Condition
from metering.errors import NoResponse
from metering.quantities import Quantity
from metering.readings import MeterValue, Snapshot
from protocols.conversation import Conversation
from protocols.vendor.tem.dialogue import Dialogue
from protocols.vendor.tem.image import image
from protocols.vendor.tem.layout import Decoder
from protocols.vendor.tem.memory_map import MemoryMap, Part
from protocols.vendor.tem.systems import System

_ALIKE: Final = Decimal(1)
"""Kelvins by which two readings of one temperature may differ."""

Values = dict[tuple[Quantity, int], MeterValue]


@dataclass(slots=True)
class _Found:
    """What was read so far; what is read later of the same quantity takes its place."""

    values: Values = field(default_factory=dict)
    conditions: frozenset[Condition] = frozenset()

    def add(self, other: _Found) -> None:
        self.values |= other.values
        self.conditions |= other.conditions


@dataclass(frozen=True, slots=True)
class CurrentReader:
    """Reads the current values of the systems of one meter."""

    dialogue: Dialogue
    map: MemoryMap
    decoder: Decoder
    systems: tuple[System, ...]

    def clock(self) -> Conversation[datetime]:
        """The meter's time; DecodeError when its clock is not set."""
        clock = self.map.clock
        return clock.decode((yield from self.dialogue.read(clock.memory, clock.at, clock.size)))

    def snapshot(self) -> Conversation[Snapshot]:
        """What belongs together: once more when the clock's minute changed meanwhile."""
        began_at = yield from self.clock()
        found = yield from self._parts()
        ended_at = yield from self.clock()
        if began_at.replace(second=0) != ended_at.replace(second=0):
            found, began_at = (yield from self._parts()), ended_at
        return Snapshot(tuple(found.values.values()), began_at, None, found.conditions)

    def _parts(self) -> Conversation[_Found]:
        found = _Found()
        for part in self.map.parts:
            found.add((yield from self._part(part, found)))
        return found

    def _part(self, part: Part, before: _Found) -> Conversation[_Found]:
        """The part at the base whose temperatures agree with those before; nothing when none does.

        A meter is silent to a place that it does not have, but so is a lost line: where the first base was
        not answered and no other one agrees, NoResponse is raised.
        """
        silence: NoResponse | None = None
        for base in part.bases:
            try:
                found = yield from self._at(part, base)
            except NoResponse as error:
                silence = silence or (error if base == part.bases[0] else None)
                continue
            if len(part.bases) == 1 or _agree(before.values, found.values):
                return found
        if silence is not None:
            raise silence
        return _Found()

    def _at(self, part: Part, base: int) -> Conversation[_Found]:
        found = _Found()
        for number, systems in self._pieces(part):
            place = base + number * part.stride
            found_there = yield from image(self.dialogue, part.memory, place, part.layout)
            values = self.decoder.values(part.layout, found_there, systems)
            conditions = self.decoder.conditions(part.layout, found_there, systems)
            found.add(_Found({(one.quantity, one.circuit): one for one in values}, conditions))
        return found

    def _pieces(self, part: Part) -> Iterable[tuple[int, tuple[System, ...]]]:
        if not part.stride:
            return ((0, self.systems),)
        return ((system.number, (system,)) for system in self.systems)


def _agree(one: Values, other: Values) -> bool:
    """Whether temperatures that both know are nearly the same."""
    pairs = ((one[key].value, other[key].value) for key in one.keys() & other.keys() if _is_temperature(key))
    return all(first is None or second is None or abs(first - second) <= _ALIKE for first, second in pairs)


def _is_temperature(key: tuple[Quantity, int]) -> bool:
    return key[0].canonical_unit == "°C"

"""Tables of what lies where in a piece of memory, and their one interpreter.

A row is an array: its elements belong to systems or to channels (systems.By). A total is a whole part and a
float beside it that add up; some models divide the sum by a power of ten, which the "comma" beside it tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from metering.conditions import Condition
from metering.quantities import QUANTITIES, Behaviour, Quantity
from metering.readings import Absence, MeterValue
from protocols.vendor.tem.choices import COMMA_APPLIED
from protocols.vendor.tem.numbers import Number, Order, number_at, whole_at
from protocols.vendor.tem.status import Faulty, Sense, Status, conditions_of, voided
from protocols.vendor.tem.systems import By, Element, System

Stretch = tuple[int, int]
"""Where something begins, and how many bytes it has."""

Words = Mapping[str, str]
"""The line's choices, every one with a word."""

ENERGY: Final = "energy"
"""The family whose place is what the system heats; a mere flow meter counts none."""

_SENSES: Final = {"temperature": Sense.TEMPERATURE, "pressure": Sense.PRESSURE}


@dataclass(frozen=True, slots=True)
class Row:
    """An array of numbers of one family of quantities, or of one quantity.

    `unit` and `step` are given, or named by the choice that tells them. `fraction` is where the array of
    fractions begins. `divisors` by the comma of the same element. `places`: how many numbers it has.
    """

    family: str
    unit: str
    at: int
    number: Number
    by: By
    step: str = "1"
    fraction: int | None = None
    divisors: Mapping[int, int] | None = None
    places: int = 4

    @property
    def wholes(self) -> Stretch:
        """Where the whole parts lie."""
        return self.at, self.places * self.number.size

    @property
    def fractions(self) -> Stretch:
        """Where their fractions lie; no bytes where they have none."""
        return (self.at, 0) if self.fraction is None else (self.fraction, self.places * Number.FLOAT.size)

    @property
    def span(self) -> Stretch:
        """All of it."""
        parts = (self.wholes, self.fractions)
        begin = min(begin for begin, _ in parts)
        return begin, max(start + size for start, size in parts) - begin


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies in `size` bytes. `blocks`: the parts (begin, size) that must be read; none means all."""

    size: int
    rows: tuple[Row, ...]
    status: tuple[Status, ...] = ()
    comma: int | None = None
    blocks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads pieces of memory of one meter."""

    order: Order
    words: Words

    def values(self, layout: Layout, data: bytes, systems: Iterable[System]) -> tuple[MeterValue, ...]:
        """Every value of every system; what a faulty sensor measured is absent."""
        found: dict[tuple[Quantity, int], MeterValue] = {}
        for system in systems:
            faulty = self._faulty(layout, data, system)
            for row in layout.rows:
                for value in self._row(layout, row, data, system, faulty):
                    found.setdefault((value.quantity, value.circuit), value)
        return tuple(found.values())

    def conditions(self, layout: Layout, data: bytes, systems: Iterable[System]) -> frozenset[Condition]:
        """What the error words report."""
        raised: set[Condition] = set()
        for system in systems:
            for status in layout.status:
                raised |= conditions_of(status, self._word(status, data, system), system)
        return frozenset(raised)

    def _row(
        self,
        layout: Layout,
        row: Row,
        data: bytes,
        system: System,
        faulty: Faulty,
    ) -> Iterator[MeterValue]:
        for element in system.elements(row.by):
            name = _name(row, element, system)
            if name not in QUANTITIES:
                continue
            circuit = 1 if row.by is By.METER else system.circuit
            quantity, unit = QUANTITIES[name], self.words.get(row.unit, row.unit)
            number = self._number(layout, row, data, element.number)
            absence = Absence.INVALID_MARK if number is None else None
            if quantity.behaviour is Behaviour.INSTANT and _is_faulty(row, element, faulty):
                number, absence = None, Absence.ERROR_STATE
            yield MeterValue(quantity, unit, number, absence, circuit)

    def _number(self, layout: Layout, row: Row, data: bytes, index: int) -> Decimal | None:
        number = number_at(row.number, data, row.at + index * row.number.size, self.order)
        if row.fraction is not None:
            size = Number.FLOAT.size
            fraction = number_at(Number.FLOAT, data, row.fraction + index * size, self.order)
            number = None if number is None or fraction is None else number + fraction
        if number is None:
            return None
        return number * Decimal(self.words.get(row.step, row.step)) / self._divisor(layout, row, data, index)

    def _divisor(self, layout: Layout, row: Row, data: bytes, index: int) -> int:
        if row.divisors is None or layout.comma is None or self.words.get(COMMA_APPLIED.name) != "applied":
            return 1
        return row.divisors.get(data[layout.comma + index], 1)

    def _faulty(self, layout: Layout, data: bytes, system: System) -> Faulty:
        words = ((status, self._word(status, data, system)) for status in layout.status)
        return frozenset(channel for status, word in words for channel in voided(status, word))

    def _word(self, status: Status, data: bytes, system: System) -> int:
        index = next(system.elements(status.by)).number
        return whole_at(status.number, data, status.at + index * status.number.size, self.order)


def _name(row: Row, element: Element, system: System) -> str:
    place = system.pipes.heat if row.family == ENERGY else element.place
    return f"{row.family}_{place}" if place else row.family


def _is_faulty(row: Row, element: Element, faulty: Faulty) -> bool:
    sense = _SENSES.get(row.family, Sense.FLOW)
    return (sense, element.channel) in faulty or (sense, None) in faulty

"""The elements of a VKT-7 that are quantities of ours, and how each is written (vkt7.md section 4).

Left out: Mг (a mass of hot water has no place among the pipes), DI, P3 and the reserved codes. What pipe 3 is
for, no source tells: its elements are read only where the line's settings say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from protocols.vendor.vkt7.questions import Item, ValueType

FLOAT: Final = "float"
"""Instead of a setting's name: the value is a 32-bit float."""
WHOLE: Final = ""
"""Instead of a setting's name: the value is a whole number."""


class Element(NamedTuple):
    """One element as a quantity. `unit` and `decimals` name settings."""

    quantity: str
    circuit: int
    unit: str
    decimals: str


class Row(NamedTuple):
    """An element of both heat inputs, by its code at each; `decimals` is completed by the input's number."""

    codes: tuple[int, int]
    quantity: str
    unit: str
    decimals: str


_PIPES: Final = (
    Row((0, 22), "temperature_supply", "unit_temperature", "decimals_temperature"),
    Row((1, 23), "temperature_return", "unit_temperature", "decimals_temperature"),
    Row((3, 25), "volume_supply", "unit_volume", "decimals_volume_{}"),
    Row((4, 26), "volume_return", "unit_volume", "decimals_volume_{}"),
    Row((6, 28), "mass_supply", "unit_mass", "decimals_mass_{}"),
    Row((7, 29), "mass_return", "unit_mass", "decimals_mass_{}"),
    Row((9, 31), "pressure_supply", "unit_pressure", "decimals_pressure_{}"),
    Row((10, 32), "pressure_return", "unit_pressure", "decimals_pressure_{}"),
    Row((12, 34), "energy_heating", "unit_heat", "decimals_heat_{}"),
    Row((13, 35), "energy_hot_water", "unit_heat", "decimals_heat_{}"),
    Row((14, 36), "temperature_difference", "unit_temperature", "decimals_difference_{}"),
    Row((17, 39), "operating_time", "unit_time", WHOLE),
    Row((18, 40), "error_time", "unit_time", WHOLE),
    Row((19, 41), "volume_flow_supply", "unit_flow", FLOAT),
    Row((20, 42), "volume_flow_return", "unit_flow", FLOAT),
)
_PIPE_3: Final = (
    Row((2, 24), "temperature_make_up", "unit_temperature", "decimals_temperature"),
    Row((5, 27), "volume_make_up", "unit_volume", "decimals_volume_{}"),
    Row((8, 30), "mass_make_up", "unit_mass", "decimals_mass_{}"),
    Row((21, 43), "volume_flow_make_up", "unit_flow", FLOAT),
)
_SHARED: Final = {
    15: Element("temperature_cold_water", 1, "unit_temperature", "decimals_cold_water"),
    16: Element("temperature_outdoor", 1, "unit_temperature", "decimals_outdoor"),
}


def _of_both(rows: Iterable[Row]) -> Iterator[tuple[int, Element]]:
    for row in rows:
        for circuit, code in enumerate(row.codes, start=1):
            yield code, Element(row.quantity, circuit, row.unit, row.decimals.format(circuit))


PIPE_3: Final = dict(_of_both(_PIPE_3))
ELEMENTS: Final[Mapping[int, Element]] = dict(_of_both(_PIPES)) | _SHARED | PIPE_3
MARKS: Final[Mapping[int, int]] = {77: 1, 78: 2}
"""Heat inputs by the element that tells whether a situation is abnormal now."""
DURATIONS: Final[Mapping[int, int]] = {79: 1, 80: 2}
"""Heat inputs by the element that holds the durations of five abnormal situations."""

_FLOWS: Final = frozenset({19, 20, 21, 41, 42, 43})
_INSTANTS: Final = frozenset({0, 1, 2, 9, 10, 14, 15, 16, 22, 23, 24, 31, 32, 36})
_REGISTERS: Final = frozenset(ELEMENTS) - _FLOWS - _INSTANTS
_ARCHIVED: Final = _INSTANTS.union(_REGISTERS, MARKS, DURATIONS)

MEANINGFUL: Final[Mapping[ValueType, frozenset[int]]] = {
    ValueType.CURRENT: _INSTANTS.union(_FLOWS, MARKS),
    ValueType.CURRENT_TOTALS: _REGISTERS,
    ValueType.TOTAL: _REGISTERS,
    **dict.fromkeys((ValueType.HOUR, ValueType.DAY, ValueType.MONTH), _ARCHIVED),
}
"""Codes that the table of value types gives a meaning; others come back as absent."""

MOST_ITEMS: Final = 33
"""34 would give the written list the byte count that starts a session."""
LARGEST_DATA: Final = 240
"""Bytes of values in one answer; before firmware 2.0 a frame has 256 bytes."""


def wanted(active: Iterable[Item], value_type: ValueType, with_pipe_3: bool) -> tuple[Item, ...]:
    """What to read of the elements that are active."""
    unread = frozenset() if with_pipe_3 else frozenset(PIPE_3)
    codes = MEANINGFUL[value_type] - unread
    once = {item.code: item for item in active if item.code in codes and 0 < item.size <= LARGEST_DATA}
    return tuple(once.values())


def in_lists(items: Iterable[Item]) -> list[tuple[Item, ...]]:
    """The items in as few lists as the meter's frames allow."""
    lists: list[tuple[Item, ...]] = []
    current: tuple[Item, ...] = ()
    for item in items:
        if len(current) == MOST_ITEMS or answer_size((*current, item)) > LARGEST_DATA:
            lists.append(current)
            current = ()
        current = (*current, item)
    return [*lists, current] if current else lists


def answer_size(items: Iterable[Item]) -> int:
    """Bytes of data with the values of these items, each with its quality and its abnormal situation."""
    return sum(item.size + 2 for item in items)

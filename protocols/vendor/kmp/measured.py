"""From registers to quantities: which register is what, and when a number is the mark of a fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, NamedTuple

from metering.conditions import Condition, ConditionName, of_bits
from metering.errors import UnitError
from metering.quantities import QUANTITIES, Behaviour
from metering.readings import Absence, MeterValue
from metering.units import check_unit
from protocols.vendor.kmp.info import V2, Meanings
from protocols.vendor.kmp.units import UNITS
from protocols.vendor.kmp.values import Value


class Measured(NamedTuple):
    """A register and the quantity it is."""

    register: int
    quantity: str


class Information(NamedTuple):
    """The register of a model's info code and what its bits mean."""

    register: int
    meanings: Meanings


FAULT_TEMPERATURES: Final = (Decimal(0), Decimal(185))
"""What a temperature reads, beside an info code, when its sensor is faulty."""

_TEMPERATURES: Final = ("temperature_supply", "temperature_return")
_DERIVED: Final = ("temperature_difference", "power")
"""What cannot be measured without both temperatures; it then reads 0."""

_FLOWS: Final[Mapping[str, str]] = {"": "volume_flow", V2: "volume_flow_return"}
"""The flow that a flow sensor which cannot be heard leaves at 0."""


def measured(rows: Iterable[Measured], values: Mapping[int, Value]) -> list[MeterValue]:
    """These quantities; what the meter does not send is absent."""
    return [meter_value(row, values.get(row.register)) for row in rows]


def meter_value(row: Measured, value: Value | None) -> MeterValue:
    """One quantity in the unit that the meter states; absent where that is no unit of it."""
    quantity = QUANTITIES[row.quantity]
    if value is None or not value.octets:
        return _absent(row.quantity, Absence.NO_DATA)
    if quantity.behaviour is Behaviour.FLAGS:
        return MeterValue(quantity, "", Decimal(value.integer))
    unit = UNITS.get(value.header.unit)
    if unit is None or not _measures(unit.text, row.quantity):
        return _absent(row.quantity, Absence.NOT_DECODED)
    sign, digits, exponent = value.number.as_tuple()
    return MeterValue(quantity, unit.text, Decimal((sign, digits, int(exponent) + unit.tens)))


def conditions_of(information: Information, values: Mapping[int, Value]) -> frozenset[Condition]:
    """What the info code reports; nothing where the meter does not send it."""
    code = values.get(information.register)
    return of_bits(code.integer, information.meanings, "info") if code else frozenset()


def without_faults(values: Sequence[MeterValue], conditions: frozenset[Condition]) -> list[MeterValue]:
    """The values, those absent that are the mark of a fault and no measurement."""
    marks = dict(_marks(values, conditions))
    return [
        replace(value, value=None, absence=Absence.ERROR_STATE)
        if value.value is not None and value.value in marks.get(value.quantity.name, ())
        else value
        for value in values
    ]


def _marks(
    values: Sequence[MeterValue], conditions: frozenset[Condition]
) -> Iterator[tuple[str, Sequence[Decimal]]]:
    """Numbers that mean a fault, by quantity."""
    if not conditions:
        return
    yield from ((name, FAULT_TEMPERATURES) for name in _TEMPERATURES)
    if any(one.quantity.name in _TEMPERATURES and one.value in FAULT_TEMPERATURES for one in values):
        yield from ((name, (Decimal(0),)) for name in _DERIVED)
    for condition in conditions:
        if condition.name is ConditionName.COMMUNICATION_FAULT and condition.place in _FLOWS:
            yield _FLOWS[condition.place], (Decimal(0),)


def _absent(name: str, why: Absence) -> MeterValue:
    quantity = QUANTITIES[name]
    return MeterValue(quantity, quantity.canonical_unit, None, why)


def _measures(unit: str, quantity: str) -> bool:
    try:
        check_unit(unit, QUANTITIES[quantity])
    except UnitError:
        return False
    return True

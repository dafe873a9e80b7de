"""Units, current values and totals of a TSR, function by function.

Source: vzlet-tsr-legacy.md section 3. What a meter does not implement is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from metering.conditions import Condition, of_bits
from metering.errors import DecodeError
from metering.quantities import quantity
from metering.readings import Absence, MeterValue
from protocols.conversation import Conversation
from protocols.vendor.vzlet_tsr.dialogue import Dialogue
from protocols.vendor.vzlet_tsr.functions import (
    FLOW_UNITS,
    HEAT_UNITS,
    PIPE_INDEX,
    PIPE_UNITS,
    POWER_UNITS,
    SYSTEM_INDEX,
    Function,
)
from protocols.vendor.vzlet_tsr.models import Asked, Model

Settings = Mapping[str, str]
_BITS: Final = (16, 32)


def read_settings(dialogue: Dialogue, model: Model) -> Conversation[dict[str, str]]:
    """`pipe 1` and so on: l, m3 or t; `system 1`, `system 2`: GJ, MWh or Gcal. Unused ones are left out."""
    settings: dict[str, str] = {}
    for pipe in model.pipes:
        index = yield from dialogue.text(Function.PIPE_UNIT, PIPE_INDEX[pipe])
        if index is not None:
            settings[f"pipe {pipe}"] = _unit(PIPE_UNITS, index)
    for system, argument in SYSTEM_INDEX.items():
        index = yield from dialogue.text(Function.HEAT_UNIT, argument)
        if index is not None:
            settings[f"system {system}"] = _unit(HEAT_UNITS, index)
    return settings


def read_values(dialogue: Dialogue, model: Model, settings: Settings) -> Conversation[tuple[MeterValue, ...]]:
    """Everything that the model measures and counts."""
    values = []
    for asked in wanted(model, settings):
        if not is_used(asked.circuit, settings):
            continue
        try:
            number = yield from dialogue.number(asked.function, asked.argument)
        except DecodeError:
            values.append(_value(asked, None))
        else:
            values += [] if number is None else [_value(asked, number)]
    return tuple(values)


def _value(asked: Asked, number: Decimal | None) -> MeterValue:
    """None: the meter sent something, but no number."""
    absence = Absence.NOT_DECODED if number is None else None
    return MeterValue(quantity(asked.quantity), asked.unit, number, absence, asked.circuit)


def is_used(circuit: int, settings: Settings) -> bool:
    """Whether a heating system is in use: the second has a unit of heat only then."""
    return circuit == 1 or f"system {circuit}" in settings


def wanted(model: Model, settings: Settings) -> Iterator[Asked]:
    """What is asked for, by the units of its pipes and systems."""
    for system, argument in SYSTEM_INDEX.items():
        unit = settings.get(f"system {system}")
        if unit is not None:
            yield Asked(Function.HEAT, argument, "energy_heating", unit, system)
            yield Asked(Function.POWER, argument, "power", POWER_UNITS[unit], system)
    for number, (circuit, place) in model.pipes.items():
        index, unit = PIPE_INDEX[number], settings.get(f"pipe {number}")
        if unit is not None:
            kind = "mass" if unit == "t" else "volume"
            yield Asked(Function.TOTAL, index, f"{kind}_{place}", unit, circuit)
            yield Asked(Function.FLOW, index, f"{kind}_flow_{place}", FLOW_UNITS[unit], circuit)
        if number in model.temperatures:
            yield Asked(Function.TEMPERATURE, index, f"temperature_{place}", "°C", circuit)
        if number in model.pressures:
            yield Asked(Function.PRESSURE, index, f"pressure_{place}", "MPa", circuit)
    yield from model.extra


def read_conditions(dialogue: Dialogue, model: Model) -> Conversation[frozenset[Condition]]:
    """Abnormal situations and internal errors."""
    found: frozenset[Condition] = frozenset()
    for function, meanings, what in (
        (Function.SITUATIONS, model.situations, "situation"),
        (Function.INTERNAL_ERRORS, model.errors, "internal error"),
    ):
        text = yield from dialogue.text(function)
        if text is not None:
            found |= of_bits(bits(text), meanings, what)
    return found


def bits(text: str) -> int:
    """The number whose bit 0 is the first character."""
    if len(text) not in _BITS or set(text) - {"0", "1"}:
        raise DecodeError(f"The meter sent {text[:40]!r} where 16 or 32 bits belong.")
    return int(text[::-1], 2)


def _unit(units: Mapping[str, str], index: str) -> str:
    if index not in units:
        raise DecodeError(f"The meter names its unit {index[:20]!r}; known are {', '.join(units)}.")
    return units[index]

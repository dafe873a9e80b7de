"""Abnormal situations (НС) and diagnostic messages (ДС) of each model (logika-m4.md section 7).

A table is written for one heat input; bits of the device as a whole have circuit 0. A bit without a row is
reported as unknown with its number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from metering.conditions import Condition, ConditionName, of_bits

Meanings = Mapping[int, Condition]
_N = ConditionName


def _pipes(first: int, *names: ConditionName) -> dict[int, Condition]:
    """Bits of the flow in pipes 1, 2 and 3, which have each of these names in turn."""
    rows = [(pipe, name) for pipe in ("supply", "return", "make_up") for name in names]
    return {first + number: Condition(name, 1, pipe) for number, (pipe, name) in enumerate(rows)}


def _sensors(first: int, name: ConditionName, *places: str) -> dict[int, Condition]:
    return {first + number: Condition(name, 1, place) for number, place in enumerate(places)}


_HIGH_LOW: Final = (_N.FLOW_ABOVE_MAXIMUM, _N.FLOW_BELOW_MINIMUM)
_HIGH_LOW_CUT: Final = (*_HIGH_LOW, _N.NO_FLOW)
_SUPPLY_RETURN: Final = ("temperature_supply", "temperature_return")
_PRESSURES: Final = ("pressure_supply", "pressure_return")
_BATTERY: Final = {0: Condition(_N.BATTERY_LOW)}
_SENSOR_SUPPLY: Final = {1: Condition(_N.POWER_FAILURE, 0, "volume_flow")}

SPT943: Final[Meanings] = {
    **_BATTERY,
    **_SENSOR_SUPPLY,
    2: Condition(_N.UNKNOWN, code="discrete input"),
    3: Condition(_N.TEMPERATURE_OUT_OF_RANGE, 0, "temperature_cold_water"),
    4: Condition(_N.LIMIT_EXCEEDED),
    5: Condition(_N.LIMIT_EXCEEDED),
    7: Condition(_N.POWER_FAILURE),
    **_sensors(8, _N.PRESSURE_OUT_OF_RANGE, *_PRESSURES),
    **_sensors(10, _N.TEMPERATURE_OUT_OF_RANGE, *_SUPPLY_RETURN, "temperature_make_up"),
    **_pipes(13, *_HIGH_LOW),
    19: Condition(_N.MASS_IMBALANCE, 1),
    20: Condition(_N.NEGATIVE_HEAT, 1),
    21: Condition(_N.MASS_IMBALANCE, 1),
    22: Condition(_N.UNKNOWN, 1, code="M1-M2 within tolerance"),
    23: Condition(_N.TEMPERATURE_DIFFERENCE_BELOW_LIMIT, 1),
}
SPT943_OLD: Final[Meanings] = {bit: SPT943[bit] for bit in (0, 1)}
"""Of the older device the documents name these two bits alone."""

SPT941_10: Final[Meanings] = {
    **_BATTERY,
    **_SENSOR_SUPPLY,
    2: Condition(_N.UNKNOWN, code="discrete input"),
    4: Condition(_N.LIMIT_EXCEEDED),
    **_sensors(8, _N.TEMPERATURE_OUT_OF_RANGE, *_SUPPLY_RETURN),
    **_pipes(10, *_HIGH_LOW),
    16: Condition(_N.MASS_IMBALANCE, 1),
    17: Condition(_N.NEGATIVE_HEAT, 1),
    18: Condition(_N.MASS_IMBALANCE, 1),
}

SPT941_20: Final[Meanings] = {
    **_BATTERY,
    1: Condition(_N.POWER_FAILURE),
    2: Condition(_N.UNKNOWN, code="discrete input 1"),
    3: Condition(_N.UNKNOWN, code="discrete input 2"),
    4: Condition(_N.TEMPERATURE_OUT_OF_RANGE, 0, "temperature_cold_water"),
    5: Condition(_N.TEMPERATURE_OUT_OF_RANGE),
    6: Condition(_N.PRESSURE_OUT_OF_RANGE, 0, "pressure_cold_water"),
    7: Condition(_N.PRESSURE_OUT_OF_RANGE),
    **dict.fromkeys(range(8, 13), Condition(_N.LIMIT_EXCEEDED)),
    **_sensors(32, _N.PRESSURE_OUT_OF_RANGE, *_PRESSURES, "pressure_make_up"),
    **_sensors(35, _N.TEMPERATURE_OUT_OF_RANGE, *_SUPPLY_RETURN, "temperature_make_up"),
    **_pipes(38, *_HIGH_LOW_CUT),
    47: Condition(_N.MASS_IMBALANCE, 1),
    48: Condition(_N.UNKNOWN, 1, code="mass balance within tolerance"),
    49: Condition(_N.UNKNOWN, 1, code="mass balance within tolerance"),
    50: Condition(_N.NEGATIVE_HEAT, 1),
    51: Condition(_N.UNKNOWN, code="temperature chart"),
    53: Condition(_N.LIMIT_EXCEEDED, 1, "return"),
}


def _input_of_spt944(first: int, circuit: int) -> dict[int, Condition]:
    """Six bits of one heat input: three kinds of mass balance, then heat, difference and return."""
    balance = dict.fromkeys(range(first, first + 3), Condition(_N.MASS_IMBALANCE, circuit))
    return {
        **balance,
        first + 3: Condition(_N.NEGATIVE_HEAT, circuit),
        first + 4: Condition(_N.TEMPERATURE_DIFFERENCE_BELOW_LIMIT, circuit),
        first + 5: Condition(_N.LIMIT_EXCEEDED, circuit, "return"),
    }


SPT944: Final[Meanings] = {
    **_BATTERY,
    1: Condition(_N.POWER_FAILURE),
    2: Condition(_N.POWER_FAILURE, 0, "volume_flow"),
    **{bit: Condition(_N.UNKNOWN, code=f"port D{bit - 2}") for bit in range(3, 7)},
    **{bit: Condition(_N.TEMPERATURE_OUT_OF_RANGE, code=f"TS{bit - 6}") for bit in range(7, 13)},
    **{bit: Condition(_N.PRESSURE_OUT_OF_RANGE, code=f"PD{bit - 12}") for bit in range(13, 19)},
    **{
        bit: Condition(_HIGH_LOW_CUT[(bit - 19) % 3], code=f"VS{(bit - 19) // 3 + 1}")
        for bit in range(19, 37)
    },
    **dict.fromkeys(range(37, 42), Condition(_N.LIMIT_EXCEEDED)),
    42: Condition(_N.UNKNOWN, code="temperature chart"),
    43: Condition(_N.COMMUNICATION_FAULT, code="server link"),
    44: Condition(_N.UNKNOWN, 1, code="alternative scheme"),
    45: Condition(_N.UNKNOWN, 2, code="alternative scheme"),
    54: Condition(_N.UNKNOWN, 1, code="schedule"),
    55: Condition(_N.UNKNOWN, 2, code="schedule"),
    **_input_of_spt944(64, 1),
    **_input_of_spt944(80, 2),
}
"""Sensors are named by their terminals, since which pipe one measures is a setting."""


def conditions(bits: int, meanings: Meanings, circuit: int) -> frozenset[Condition]:
    """What these bits say, the table's heat input being this one."""
    own = {bit: _at(condition, circuit) for bit, condition in meanings.items()}
    return of_bits(bits, own, "NS")


def _at(condition: Condition, circuit: int) -> Condition:
    return replace(condition, circuit=circuit) if condition.circuit == 1 and circuit != 1 else condition

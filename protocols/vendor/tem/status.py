"""Error words of a system as conditions. Sources: tem-104.md sections 4 (tekerr, teherr), 5, 6 and 7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from metering.conditions import Condition, ConditionName
from protocols.vendor.tem.numbers import Number
from protocols.vendor.tem.systems import By, System


class Sense(Enum):
    """What a channel measures; its value begins the names of the quantities."""

    FLOW = "flow"
    TEMPERATURE = "temperature"
    PRESSURE = "pressure"
    SYSTEM = ""


Faulty = frozenset[tuple[Sense, int | None]]
"""The channels of a system whose measurement failed, counted by sense from 0; None: all of that sense."""


@dataclass(frozen=True, slots=True)
class Bit:
    """What one bit reports, and of which channel of the system; None: of any of them.

    `voids`: what the channel measured meanwhile is no number.
    """

    name: ConditionName
    sense: Sense = Sense.SYSTEM
    channel: int | None = None
    voids: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """One error word of a system, or of a meter of one system."""

    at: int
    number: Number
    name: str
    bits: Mapping[int, Bit]
    by: By = By.SYSTEM


_SENSES: Final = {Sense.FLOW: By.FLOW_OF_SYSTEM, Sense.TEMPERATURE: By.TEMPERATURE_OF_SYSTEM}
_PRESSURE: Final = By.PRESSURE_OF_SYSTEM


def conditions_of(status: Status, word: int, system: System) -> frozenset[Condition]:
    """The conditions of the bits that are set; a bit that the document does not explain is UNKNOWN."""
    raised = (number for number in range(word.bit_length()) if word >> number & 1)
    return frozenset(_condition(status, number, system) for number in raised)


def voided(status: Status, word: int) -> Faulty:
    """The channels that this word tells to be faulty."""
    bits = (bit for number, bit in status.bits.items() if bit.voids and word >> number & 1)
    return frozenset((bit.sense, bit.channel) for bit in bits)


def _condition(status: Status, number: int, system: System) -> Condition:
    bit = status.bits.get(number)
    if bit is None:
        return Condition(ConditionName.UNKNOWN, system.circuit, code=f"{status.name} bit {number}")
    return Condition(bit.name, system.circuit, _place(bit, system))


def _place(bit: Bit, system: System) -> str:
    """A pipe for what befalls the flow, a quantity for what befalls another sensor."""
    if bit.sense is Sense.SYSTEM or bit.channel is None:
        return ""
    elements = system.elements(_SENSES.get(bit.sense, _PRESSURE))
    place = next((one.place for one in elements if one.channel == bit.channel), "")
    return place if bit.sense is Sense.FLOW or not place else f"{bit.sense.value}_{place}"


def per_channel(first: int, name: ConditionName, sense: Sense, voids: bool = False) -> dict[int, Bit]:
    """Three neighbouring bits for the system's channels 1 to 3."""
    return {first + channel: Bit(name, sense, channel, voids) for channel in range(3)}


LIMITS: Final[Mapping[int, Bit]] = {
    **per_channel(0, ConditionName.FLOW_BELOW_MINIMUM, Sense.FLOW),
    **per_channel(3, ConditionName.FLOW_ABOVE_MAXIMUM, Sense.FLOW),
    6: Bit(ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT),
    7: Bit(ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT),
}
"""tekerr of TEM-104 and TEM-104M."""

_SENSOR_FAULTS: Final[Mapping[int, Bit]] = {
    **per_channel(0, ConditionName.SENSOR_FAULT, Sense.FLOW, voids=True),
    **per_channel(3, ConditionName.SENSOR_FAULT, Sense.TEMPERATURE, voids=True),
    **per_channel(6, ConditionName.SENSOR_FAULT, Sense.PRESSURE, voids=True),
    15: Bit(ConditionName.POWER_FAILURE),
}
FAULTS: Final[Mapping[int, Bit]] = {
    **_SENSOR_FAULTS,
    9: Bit(ConditionName.REVERSE_FLOW, Sense.FLOW, 0),
    10: Bit(ConditionName.REVERSE_FLOW, Sense.FLOW, 1),
}
"""teherr of TEM-104."""

FAULTS_M: Final[Mapping[int, Bit]] = {
    **_SENSOR_FAULTS,
    **per_channel(9, ConditionName.EMPTY_PIPE, Sense.FLOW),
    12: Bit(ConditionName.HARDWARE_FAULT, Sense.FLOW, 0),
    13: Bit(ConditionName.HARDWARE_FAULT, Sense.FLOW, 1),
}
"""teherr of TEM-104M; a fault of the excitation is one of the flow meter's hardware."""

LIMITS_SINGLE: Final[Mapping[int, Bit]] = {
    0: Bit(ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT),
    1: Bit(ConditionName.FLOW_BELOW_MINIMUM, Sense.FLOW, 0),
    2: Bit(ConditionName.FLOW_ABOVE_MAXIMUM, Sense.FLOW, 0),
}
FAULTS_SINGLE: Final[Mapping[int, Bit]] = {bit: Bit(ConditionName.HARDWARE_FAULT) for bit in range(8)}
"""TEM-104-1: its document explains no bit of TEHERR, any of them is a technical fault."""

ERRORS_106: Final[Mapping[int, Bit]] = {
    0: Bit(ConditionName.FLOW_BELOW_MINIMUM, Sense.FLOW, 0),
    1: Bit(ConditionName.FLOW_BELOW_MINIMUM, Sense.FLOW, 1),
    2: Bit(ConditionName.FLOW_ABOVE_MAXIMUM, Sense.FLOW, 0),
    3: Bit(ConditionName.FLOW_ABOVE_MAXIMUM, Sense.FLOW, 1),
    4: Bit(ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT),
    5: Bit(ConditionName.SENSOR_FAULT, Sense.TEMPERATURE, None, voids=True),
    6: Bit(ConditionName.SENSOR_FAULT, Sense.PRESSURE, None, voids=True),
    7: Bit(ConditionName.POWER_FAILURE),
}
"""TEM-106 does not say which of the system's sensors is at fault."""

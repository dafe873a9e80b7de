"""What a meter reports of its own state: one vocabulary over all makers.

Every maker numbers his status bits and error codes in his own way; drivers translate them by tables. What a
maker's document does not explain stays UNKNOWN with the maker's own code: reported, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from metering.errors import DecodeError


class ConditionName(StrEnum):
    """What is the matter, in one word."""

    POWER_FAILURE = "power_failure"
    """The supply of the meter or of its flow sensor is or was away."""
    BATTERY_LOW = "battery_low"
    NO_FLOW = "no_flow"
    FLOW_BELOW_MINIMUM = "flow_below_minimum"
    FLOW_ABOVE_MAXIMUM = "flow_above_maximum"
    REVERSE_FLOW = "reverse_flow"
    EMPTY_PIPE = "empty_pipe"
    AIR_IN_PIPE = "air_in_pipe"
    SENSOR_BREAK = "sensor_break"
    """The place names the quantity that the sensor measures."""
    SENSOR_SHORT = "sensor_short"
    SENSOR_FAULT = "sensor_fault"
    """Break or short circuit or something else: the meter does not say which."""
    SENSORS_SWAPPED = "sensors_swapped"
    """Supply and return changed places: the return is the warmer one."""
    TEMPERATURE_OUT_OF_RANGE = "temperature_out_of_range"
    TEMPERATURE_DIFFERENCE_BELOW_LIMIT = "temperature_difference_below_limit"
    TEMPERATURE_DIFFERENCE_ABOVE_LIMIT = "temperature_difference_above_limit"
    PRESSURE_OUT_OF_RANGE = "pressure_out_of_range"
    NEGATIVE_HEAT = "negative_heat"
    MASS_IMBALANCE = "mass_imbalance"
    """Return exceeds supply by more than the meters' errors allow."""
    LEAKAGE = "leakage"
    BURST = "burst"
    LIMIT_EXCEEDED = "limit_exceeded"
    """A limit that somebody set in the meter."""
    CONTRACT_VALUE_USED = "contract_value_used"
    """The meter counts by a value that was agreed upon, since it cannot measure."""
    NOT_COUNTING = "not_counting"
    """The counting of heat is or was stopped."""
    OUTPUT_FAULT = "output_fault"
    CLOCK_FAULT = "clock_fault"
    CLOCK_SET = "clock_set"
    MEMORY_FAULT = "memory_fault"
    HARDWARE_FAULT = "hardware_fault"
    SETTINGS_CHANGED = "settings_changed"
    TAMPERING = "tampering"
    """Opened, a broken seal, a magnetic field."""
    COMMUNICATION_FAULT = "communication_fault"
    """Between the parts of the meter, or too many read-outs."""
    SERVICE_DUE = "service_due"
    UNKNOWN = "unknown"
    """The meter reports something that its maker's document does not explain; the code says what."""


_WORDS: Final = frozenset(name.value for name in ConditionName)
_CODE: Final = r"(?::([A-Za-z0-9 ._-]{1,40}))?"
_TEXT: Final = re.compile(rf"([a-z_]+)(?::([0-9]{{1,2}})(?::([a-z_]*){_CODE})?)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """One condition. Its text is `name:circuit:place:code`, empty ends left out.

    `circuit` 0 is the meter as a whole. `place` is a pipe (supply, return, make_up) for what befalls the
    flow, a quantity's name (temperature_supply) for what befalls a sensor, empty where the meter does not
    say. `code` is the maker's own name of what is UNKNOWN, such as `status bit 3` (no colons).
    """

    name: ConditionName
    circuit: int = 0
    place: str = ""
    code: str = ""

    def __str__(self) -> str:
        text = f"{self.circuit or ''}:{self.place}:{self.code}".rstrip(":")
        if text.startswith(":"):
            text = f"0{text}"
        return f"{self.name}:{text}" if text else self.name.value

    @classmethod
    def parse(cls, text: str) -> Self:
        """The condition of this text; DecodeError when it is none."""
        found = _TEXT.fullmatch(text)
        if found is None or found[1] not in _WORDS:
            raise DecodeError(f"{text!r} is no condition; write it like sensor_break:1:temperature_supply.")
        return cls(ConditionName(found[1]), int(found[2] or 0), found[3] or "", found[4] or "")


def of_bits(
    bits: int, meanings: Mapping[int, Condition | None], what: str = "status"
) -> frozenset[Condition]:
    """The conditions of the bits that are set; None: a bit that reports nothing.

    A bit without a meaning is UNKNOWN with the code `<what> bit N`.
    """
    raised = (number for number in range(bits.bit_length()) if bits >> number & 1)
    return _reported(
        meanings.get(number, Condition(ConditionName.UNKNOWN, code=f"{what} bit {number}"))
        for number in raised
    )


def _reported(conditions: Iterable[Condition | None]) -> frozenset[Condition]:
    return frozenset(condition for condition in conditions if condition is not None)

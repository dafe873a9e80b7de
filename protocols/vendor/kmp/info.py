"""Info codes as conditions (kamstrup-kmp.md section 9; heat-meters-m-bus.md 2.3 for the 32 bits)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.conditions import Condition
from metering.conditions import ConditionName as Name

Meanings = Mapping[int, Condition | None]
"""By the number of the bit. A code tells apart what the vocabulary has one word for."""

T1, T2, PLAIN = "temperature_supply", "temperature_return", ""
V2: Final = "return"

CODE: Final[Meanings] = {
    0: Condition(Name.POWER_FAILURE),
    2: Condition(Name.SENSOR_FAULT, 1, T2),
    3: Condition(Name.SENSOR_FAULT, 1, T1),
    4: Condition(Name.COMMUNICATION_FAULT, 1, PLAIN),
    5: Condition(Name.SENSOR_FAULT, code="T3"),
    6: Condition(Name.LEAKAGE, code="cold water"),
    7: Condition(Name.HARDWARE_FAULT, 1, V2, "pulse figure"),
    8: Condition(Name.LEAKAGE, 1, PLAIN),
    9: Condition(Name.BURST, 1, PLAIN),
    10: Condition(Name.COMMUNICATION_FAULT, 1, V2),
    11: Condition(Name.HARDWARE_FAULT, 1, PLAIN, "pulse figure"),
    12: Condition(Name.AIR_IN_PIPE, 1, PLAIN),
    13: Condition(Name.AIR_IN_PIPE, 1, V2),
    14: Condition(Name.REVERSE_FLOW, 1, PLAIN),
    15: Condition(Name.REVERSE_FLOW, 1, V2),
}
"""Register 99 of MULTICAL 402, 601, 602 and 801. T out of range may be a broken or shorted sensor."""

BITS: Final[Meanings] = {
    0: Condition(Name.POWER_FAILURE),
    1: Condition(Name.BATTERY_LOW),
    2: Condition(Name.SENSOR_FAULT),
    3: Condition(Name.SENSOR_BREAK, 1, T1),
    4: Condition(Name.SENSOR_BREAK, 1, T2),
    5: Condition(Name.SENSOR_SHORT, 1, T1),
    6: Condition(Name.SENSOR_SHORT, 1, T2),
    7: Condition(Name.SENSORS_SWAPPED, 1),
    8: Condition(Name.AIR_IN_PIPE, 1, PLAIN),
    9: Condition(Name.REVERSE_FLOW, 1, PLAIN),
    11: Condition(Name.FLOW_ABOVE_MAXIMUM, 1, PLAIN),
    12: Condition(Name.LEAKAGE, code="pulse input A1"),
    13: Condition(Name.LEAKAGE, code="pulse input B1"),
    14: Condition(Name.UNKNOWN, code="external alarm of input A"),
    15: Condition(Name.UNKNOWN, code="external alarm of input B"),
    16: Condition(Name.COMMUNICATION_FAULT, 1, PLAIN),
    17: Condition(Name.HARDWARE_FAULT, 1, PLAIN, "pulse figure"),
    18: Condition(Name.LEAKAGE, code="pulse input A2"),
    19: Condition(Name.LEAKAGE, code="pulse input B2"),
    20: Condition(Name.SENSOR_BREAK, code="T3"),
    21: Condition(Name.SENSOR_SHORT, code="T3"),
    22: Condition(Name.COMMUNICATION_FAULT, 1, V2),
    23: Condition(Name.HARDWARE_FAULT, 1, V2, "pulse figure"),
    24: Condition(Name.AIR_IN_PIPE, 1, V2),
    25: Condition(Name.REVERSE_FLOW, 1, V2),
    27: Condition(Name.FLOW_ABOVE_MAXIMUM, 1, V2),
    28: Condition(Name.BURST, 1, PLAIN, "water loss"),
    29: Condition(Name.BURST, 1, PLAIN, "water penetration"),
    30: Condition(Name.LEAKAGE, 1, PLAIN, "water loss"),
    31: Condition(Name.LEAKAGE, 1, PLAIN, "water penetration"),
}
"""Register 369 of MULTICAL 403 and 603."""

"""What the words of abnormal situations, internal errors and failed sensors report.

Source: vzlet-tsr-legacy.md section 4.3. The maker's pipes 4 and 5 are heating system 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from metering.conditions import Condition, ConditionName

_SENSED: Final = ("volume_flow", "temperature", "pressure")


def _flow(first_bit: int, circuit: int, place: str) -> dict[int, Condition | None]:
    return {
        first_bit: Condition(ConditionName.FLOW_ABOVE_MAXIMUM, circuit, place),
        first_bit + 1: Condition(ConditionName.FLOW_BELOW_MINIMUM, circuit, place),
    }


_SITUATIONS: Final[Mapping[int, Condition | None]] = {
    **_flow(0, 1, "supply"),
    **_flow(2, 2, "supply"),
    **_flow(4, 1, "return"),
    **_flow(6, 2, "return"),
    8: Condition(ConditionName.MASS_IMBALANCE, 1),
    9: Condition(ConditionName.MASS_IMBALANCE, 2),
    10: Condition(ConditionName.SENSORS_SWAPPED, 2),
    11: Condition(ConditionName.SENSORS_SWAPPED, 1),
    12: Condition(ConditionName.POWER_FAILURE),
    14: Condition(ConditionName.SENSOR_FAULT),
}
OLD_SITUATIONS: Final = {
    **_SITUATIONS,
    13: Condition(ConditionName.HARDWARE_FAULT),
    15: Condition(ConditionName.SENSOR_FAULT),
}
OLD_STORED_SITUATIONS: Final = {**OLD_SITUATIONS, 13: Condition(ConditionName.MEMORY_FAULT)}
NEW_SITUATIONS: Final = {
    **_SITUATIONS,
    13: None,
    15: None,
    16: Condition(ConditionName.MASS_IMBALANCE, 1),
    17: Condition(ConditionName.MASS_IMBALANCE, 2),
}
"""Return above supply, but within the meter's tolerance, is nothing to report."""

NEW_ERRORS: Final[Mapping[int, Condition | None]] = {
    0: Condition(ConditionName.MEMORY_FAULT),
    2: Condition(ConditionName.SENSOR_FAULT),
    3: Condition(ConditionName.COMMUNICATION_FAULT),
    4: Condition(ConditionName.HARDWARE_FAULT),
    7: Condition(ConditionName.HARDWARE_FAULT),
    8: Condition(ConditionName.COMMUNICATION_FAULT),
    9: Condition(ConditionName.HARDWARE_FAULT),
    10: Condition(ConditionName.HARDWARE_FAULT),
    11: Condition(ConditionName.CLOCK_FAULT),
    15: Condition(ConditionName.HARDWARE_FAULT),
}
OLD_ERRORS: Final = {
    **NEW_ERRORS,
    1: Condition(ConditionName.SENSOR_FAULT),
    5: Condition(ConditionName.SENSORS_SWAPPED),
    6: Condition(ConditionName.REVERSE_FLOW),
    12: Condition(ConditionName.BATTERY_LOW),
    13: Condition(ConditionName.SENSORS_SWAPPED),
    14: Condition(ConditionName.MEMORY_FAULT),
}


def failed_sensors(pipes: Sequence[tuple[int, str]]) -> dict[int, Condition]:
    """Bits of the word of failed sensors; the pipes, each a circuit and a place, in the word's order."""
    sensors = ((measured, circuit, place) for measured in _SENSED for circuit, place in pipes)
    return {
        bit: Condition(ConditionName.SENSOR_FAULT, circuit, f"{measured}_{place}")
        for bit, (measured, circuit, place) in enumerate(sensors)
    }

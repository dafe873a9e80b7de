"""The functions that are read, and what selects a pipe or a system in them.

Source: vzlet-tsr-legacy.md section 3. Functions that restart, calibrate or clear are no part of this driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Function(IntEnum):
    """Codes of requests."""

    ARCHIVE = 0x08
    ADDITIONAL_ARCHIVE = 0x18
    TOTAL = 0x30
    FLOW = 0x31
    TEMPERATURE = 0x34
    TEMPERATURE_DIFFERENCE = 0x35
    HEAT = 0x36
    INTERNAL_ERRORS = 0x38
    WORKING_TIME = 0x39
    FAILURE_TIME = 0x3A
    SITUATIONS = 0x3B
    ADDRESS = 0x40
    SET_CLOCK = 0x41
    DATE = 0x42
    TIME = 0x43
    VERSION = 0x46
    NAME = 0x4F
    SERIAL = 0x50
    TIME_COUNTER = 0x59
    PIPE_UNIT = 0x9E
    POWER = 0xA5
    HEAT_UNIT = 0xA9
    COLD_WATER_TEMPERATURE = 0xD1
    PRESSURE = 0xD3
    MODE = 0xD5


WORDS: Final[Mapping[int, str]] = {
    Function.ARCHIVE: "main archive record",
    Function.ADDITIONAL_ARCHIVE: "additional archive record",
    Function.TOTAL: "accumulated volume or mass",
    Function.FLOW: "flow",
    Function.TEMPERATURE: "temperature",
    Function.TEMPERATURE_DIFFERENCE: "temperature difference",
    Function.HEAT: "accumulated heat",
    Function.INTERNAL_ERRORS: "internal errors",
    Function.WORKING_TIME: "working time of system 1",
    Function.FAILURE_TIME: "failure time of system 1",
    Function.SITUATIONS: "abnormal situations",
    Function.ADDRESS: "RS-485 address",
    Function.SET_CLOCK: "set the clock",
    Function.DATE: "date",
    Function.TIME: "time",
    Function.VERSION: "version",
    Function.NAME: "name and version",
    Function.SERIAL: "serial number",
    Function.TIME_COUNTER: "time counter",
    Function.PIPE_UNIT: "unit of volume and flow",
    Function.POWER: "heat power",
    Function.HEAT_UNIT: "unit of heat and power",
    Function.COLD_WATER_TEMPERATURE: "cold water temperature",
    Function.PRESSURE: "pressure",
    Function.MODE: "operating mode",
}

PIPE_INDEX: Final[Mapping[int, int]] = {1: 1, 2: 0, 3: 2, 4: 4, 5: 3}
SYSTEM_INDEX: Final[Mapping[int, int]] = {1: 1, 2: 0}
"""The byte that selects a pipe or a heating system."""

OF_A_PIPE: Final = frozenset(
    {Function.TOTAL, Function.FLOW, Function.TEMPERATURE, Function.PIPE_UNIT, Function.PRESSURE}
)
OF_A_SYSTEM: Final = frozenset({Function.HEAT, Function.POWER, Function.HEAT_UNIT})

PIPE_UNITS: Final[Mapping[str, str]] = {"0": "l", "1": "m3", "2": "t"}
FLOW_UNITS: Final[Mapping[str, str]] = {"l": "l/min", "m3": "m3/h", "t": "t/h"}
HEAT_UNITS: Final[Mapping[str, str]] = {"0": "GJ", "1": "MWh", "2": "Gcal"}
POWER_UNITS: Final[Mapping[str, str]] = {"GJ": "GJ/h", "MWh": "MW", "Gcal": "Gcal/h"}

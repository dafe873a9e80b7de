"""The models that are read by IEC 62056-21: how they sign on and what their data sets are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from metering.conditions import Condition, ConditionName
from protocols.driver import Verification
from protocols.vendor.iec62056_21.data_block import Check, exclusive_or, seven_bit_sum


class Mode(StrEnum):
    """Who changes the speed after the identification."""

    A = "A"
    """Nobody: the data follow at once."""
    B = "B"
    """The meter, by itself."""
    C = "C"
    """The reader acknowledges; we stay at the speed of the sign-on, which every line can do."""


@dataclass(frozen=True, slots=True)
class Model:
    """`wake`: NULs before the request. `serial`: data sets with the number, the best first.

    `makers`: the letters of the identification. `polls_per_day`: what the battery grants.
    """

    name: str
    title: str
    maker: str
    manual: str
    verification: Verification
    makers: str
    mode: Mode
    check: Check
    serial: tuple[str, ...]
    wake: int = 0
    polls_per_day: int | None = None
    keeps_set_day: bool = False
    errors: Mapping[str, Condition] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


REGISTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "6.8": "energy_heating",
        "6.26": "volume",
        "6.31": "operating_time",
        "6.32": "error_time",
        "6.4": "power",
        "6.27": "volume_flow",
        "6.29": "temperature_supply",
        "6.28": "temperature_return",
        "6.30": "temperature_difference",
    }
)
"""Data sets by the address, and what they measure (section 2.1)."""

CLOCK: Final = "9.36"
SET_DAY: Final = "6.36"
ERROR: Final = "F"
NO_ERROR: Final = "0"

UNITS: Final[Mapping[str, str]] = MappingProxyType({"m3ph": "m3/h", "C": "°C"})
"""Units as the meters spell them, where that is not our spelling."""

ULTRAHEAT_ERRORS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "1": Condition(ConditionName.SENSOR_BREAK, 1, "temperature_supply"),
        "2": Condition(ConditionName.SENSOR_BREAK, 1, "temperature_return"),
        "3": Condition(ConditionName.HARDWARE_FAULT, 1),
        "4": Condition(ConditionName.BATTERY_LOW),
        "5": Condition(ConditionName.SENSOR_SHORT, 1, "temperature_supply"),
        "6": Condition(ConditionName.SENSOR_SHORT, 1, "temperature_return"),
        "7": Condition(ConditionName.MEMORY_FAULT),
        "8": Condition(ConditionName.NOT_COUNTING, 1),
        "9": Condition(ConditionName.HARDWARE_FAULT),
    }
)
"""The digit behind F; the display's F0, air in the pipe, is not told apart from F(0), no error."""

_ULTRAHEAT_NOTES: Final = (
    "A read-out costs half an hour of battery life; the meter changes from 300 to 2400 baud by itself. A "
    "gateway that cannot follow must run at the one speed of the meter's RS-232 or current loop module.",
    "Maxima, tariffs and pulse inputs are left out; so is the fault time at the set day.",
    "UNCONFIRMED: what the error digits 1 to 7 and 9 mean; 8 was read in a public glossary.",
)
_KAMSTRUP_NOTES: Final = (
    "Energy, volume and operating hours only: the loggers of the requests /#1 to /#J carry numbers whose "
    "decimal places stand in configuration codes that our reference does not have.",
    "UNCONFIRMED: that the seven digits of a value are whole units.",
)


def _ultraheat(name: str, title: str, verification: Verification) -> Model:
    return Model(
        name,
        title,
        "Landis+Gyr",
        "IEC 62056-21; public read-outs of the Ultraheat family",
        verification,
        makers="LUG",
        mode=Mode.B,
        check=exclusive_or,
        serial=("9.20", "9.21", "0.0"),
        wake=40,
        polls_per_day=24,
        keeps_set_day=True,
        errors=ULTRAHEAT_ERRORS,
        notes=_ULTRAHEAT_NOTES,
    )


def _kamstrup(name: str, title: str, mode: Mode, manual: str) -> Model:
    return Model(
        name,
        title,
        "Kamstrup",
        manual,
        Verification.NOT_ON_HARDWARE,
        makers="KAM",
        mode=mode,
        check=seven_bit_sum,
        serial=("0.0",),
        notes=_KAMSTRUP_NOTES,
    )


_ALL: Final = (
    _ultraheat("landis-gyr-uh50-iec", "Landis+Gyr Ultraheat UH50, optical", Verification.WIRE_LOG),
    _ultraheat("landis-gyr-t550-iec", "Landis+Gyr Ultraheat T550, optical", Verification.NOT_ON_HARDWARE),
    _ultraheat("landis-gyr-2wr5-iec", "Siemens Ultraheat 2WR5, optical", Verification.NOT_ON_HARDWARE),
    _kamstrup("kamstrup-66-cde", "Kamstrup MULTICAL 66-CDE", Mode.A, "Technical description 5511-634"),
    _kamstrup("kamstrup-multical-iii", "Kamstrup MULTICAL III", Mode.C, "Technical description 5810-133"),
)
MODELS: Final[Mapping[str, Model]] = MappingProxyType({model.name: model for model in _ALL})

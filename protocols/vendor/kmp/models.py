"""The models that speak KMP: rows of what each measures and which logs it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from metering.calendar import ArchiveKind
from protocols.driver import Choice, Verification
from protocols.vendor.kmp import info
from protocols.vendor.kmp.age_log import AgeLog
from protocols.vendor.kmp.log_records import LevelLog
from protocols.vendor.kmp.measured import Information, Measured
from protocols.vendor.kmp.registers import INFO_BITS, INFO_CODE
from protocols.vendor.kmp.requests import DAY_LOG, MONTH_LOG

HOUR, DAY, MONTH, TOTAL = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH, ArchiveKind.TOTAL

ONE_FLOW_SENSOR: Final = (
    Measured(60, "energy_heating"),
    Measured(63, "energy_cooling"),
    Measured(68, "volume"),
    Measured(74, "volume_flow"),
    Measured(80, "power"),
    Measured(86, "temperature_supply"),
    Measured(87, "temperature_return"),
    Measured(89, "temperature_difference"),
    Measured(1004, "operating_time"),
)
TWO_FLOW_SENSORS: Final = (
    *ONE_FLOW_SENSOR,
    Measured(61, "energy_supply"),
    Measured(62, "energy_return"),
    Measured(95, "energy_hot_water"),
    Measured(69, "volume_return"),
    Measured(72, "mass"),
    Measured(73, "mass_return"),
    Measured(75, "volume_flow_return"),
    Measured(91, "pressure_supply"),
    Measured(92, "pressure_return"),
    Measured(175, "error_time"),
)
"""V1 is the sensor of the meter's own circuit, V2 the other one: in the return pipe of open systems."""

CODE: Final = Information(INFO_CODE, info.CODE)
BITS: Final = Information(INFO_BITS, info.BITS)

BY_AGE: Final = (
    Measured(60, "energy_heating"),
    Measured(63, "energy_cooling"),
    Measured(68, "volume"),
    Measured(69, "volume_return"),
    Measured(72, "mass"),
    Measured(73, "mass_return"),
    Measured(86, "temperature_supply"),
    Measured(87, "temperature_return"),
)
LEVELS: Final = (Measured(60, "energy_heating"), Measured(63, "energy_cooling"), Measured(68, "volume"))
MODULE: Final = LevelLog(
    (Measured(60, "energy_heating"), Measured(68, "volume"), Measured(72, "mass")), (), CODE
)
DAY_LOGGER: Final = LevelLog(
    LEVELS, (Measured(379, "temperature_supply"), Measured(380, "temperature_return")), BITS
)
HOUR_LOGGER: Final = LevelLog(
    LEVELS, (Measured(381, "temperature_supply"), Measured(382, "temperature_return")), BITS
)
MONTH_LOGGER: Final = LevelLog(LEVELS, (), BITS)


@dataclass(frozen=True, slots=True)
class LoggerRow:
    """A logger of the meter, by its number in B8 commands; `depth` entries are asked for at most."""

    number: int
    depth: int
    layout: LevelLog


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `by_age`: logs read by age; `loggers`: by B8; `module`: whether it has the interval log
    itself, without a module."""

    name: str
    title: str
    verification: Verification
    registers: tuple[Measured, ...] = TWO_FLOW_SENSORS
    information: Information = CODE
    by_age: Mapping[ArchiveKind, AgeLog] = field(default_factory=dict)
    loggers: Mapping[ArchiveKind, LoggerRow] = field(default_factory=dict)
    module: bool = False
    choices: tuple[Choice, ...] = ()
    sets_clock: bool = False
    notes: tuple[str, ...] = ()


INTERVAL_DEPTH: Final = 960
"""Records of an interval log that are asked for; its true depth is not in the reference."""

AGES: Final = {
    DAY: AgeLog(DAY_LOG, DAY, 51, BY_AGE),
    MONTH: AgeLog(MONTH_LOG, MONTH, 12, BY_AGE),
}
LOGGERS: Final = {
    HOUR: LoggerRow(5, 960, HOUR_LOGGER),
    DAY: LoggerRow(4, 460, DAY_LOGGER),
    MONTH: LoggerRow(3, 36, MONTH_LOGGER),
    TOTAL: LoggerRow(4, 460, DAY_LOGGER),
}

NEWEST_DAY: Final = Choice(
    "newest_day",
    ("yesterday", "today"),
    "Of which day record 1 of the day log is; the log carries no dates. Compare a day with the registers.",
)
MONTH_CHOICE: Final = Choice(
    "month_log",
    ("off", "on"),
    "Whether the month log (65h) is read; it was never seen on a line, only its number is known.",
)
MODULE_LOG: Final = Choice(
    "module_log",
    ("none", "top", "base"),
    "Where an hour log module (67-0B top, 67-00-22 base) sits; without one its questions meet silence.",
)
LOG_TIME: Final = Choice(
    "log_time",
    ("year_first", "seconds_first"),
    "The order of the bytes of a time in log requests; the maker's document prints both.",
)

_V2_NOTE: Final = (
    "UNCONFIRMED: V2, M2 and flow 2 are taken for the return pipe; E2, E7, T3 and T4 are not read."
)
_DAY_NOTES: Final = (
    "UNCONFIRMED: record 1 of the day log is the last complete day (choice kmp.newest_day).",
    "UNCONFIRMED: the day log is deeper than the 51 days that were seen; older days are not asked for.",
    "The day log (66h) holds what each day consumed. The hour log 63h is not read: the order of its values "
    "is not known.",
)
_MODULE_NOTES: Final = (
    "UNCONFIRMED: the interval log holds register levels, is set to hours and keeps 40 days of them.",
    "UNCONFIRMED: the order of the bytes of a time in its requests (choice kmp.log_time).",
)
_LOGGER_NOTES: Final = (
    "UNCONFIRMED: depths of the loggers (40 days of hours, 460 days, 36 months: those of MULTICAL 21).",
    "UNCONFIRMED: registers 379 to 382 are the means of T1 and T2 of the day and hour that the entry ends.",
    "Months are read where the month logger writes on the first of a month.",
)
_OLDER: Final = (NEWEST_DAY, MONTH_CHOICE, MODULE_LOG, LOG_TIME)

MODELS: Final = {
    model.name: model
    for model in (
        Model(
            "kamstrup-multical-601-kmp",
            "MULTICAL 601 over KMP",
            Verification.WIRE_LOG,
            by_age=AGES,
            choices=_OLDER,
            sets_clock=True,
            notes=(*_DAY_NOTES, *_MODULE_NOTES, _V2_NOTE),
        ),
        Model(
            "kamstrup-multical-602-kmp",
            "MULTICAL 602 over KMP",
            Verification.NOT_ON_HARDWARE,
            by_age=AGES,
            choices=_OLDER,
            notes=("UNCONFIRMED: its logs are those of MULTICAL 601.", *_DAY_NOTES, *_MODULE_NOTES, _V2_NOTE),
        ),
        Model(
            "kamstrup-multical-801-kmp",
            "MULTICAL 801 over KMP",
            Verification.MAKER_DOCUMENT,
            module=True,
            choices=(LOG_TIME,),
            sets_clock=True,
            notes=(*_MODULE_NOTES, _V2_NOTE),
        ),
        Model(
            "kamstrup-multical-402-kmp",
            "MULTICAL 402 over KMP",
            Verification.NOT_ON_HARDWARE,
            registers=ONE_FLOW_SENSOR,
            notes=("No reference describes its logs; current values only.",),
        ),
        Model(
            "kamstrup-multical-403-kmp",
            "MULTICAL 403 over KMP",
            Verification.SECOND_IMPLEMENTATION,
            registers=ONE_FLOW_SENSOR,
            information=BITS,
            loggers=LOGGERS,
            notes=_LOGGER_NOTES,
        ),
        Model(
            "kamstrup-multical-603-kmp",
            "MULTICAL 603 over KMP",
            Verification.SECOND_IMPLEMENTATION,
            information=BITS,
            loggers=LOGGERS,
            notes=(*_LOGGER_NOTES, _V2_NOTE),
        ),
    )
}

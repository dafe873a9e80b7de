"""Simulated MULTICAL meters that speak KMP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import FrameError
from protocols.vendor.kmp.frames import REQUEST, STOP, decode
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.vendor.kmp.meter import GET_REGISTER, KmpMeter, LogPlan, Make
from simulators.vendor.kmp.registers import MEASURED, SECOND_SENSOR, Register, energies

HOUR, DAY, MONTH = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH


def _means(supply: int, back: int) -> tuple[Register, Register]:
    return Register(supply, "temperature_supply", "°C", 2), Register(back, "temperature_return", "°C", 2)


_CONSUMED: Final = (
    *energies("Gcal", 3, 60, 63),
    Register(68, "volume", "m3", 1),
    Register(69, "volume_return", "m3", 1),
    Register(72, "mass", "t", 1),
    Register(73, "mass_return", "t", 1),
    *_means(86, 87),
)
_CONSUMED_MONTH: Final = (*energies("Gcal", 1, 60, 63), Register(68, "volume", "m3", 0))
_OLDER: Final = (*energies("Gcal", 3, 60, 61, 62, 63, 95), *MEASURED, *SECOND_SENSOR)
_INTERVAL: Final = LogPlan(
    0xA0,
    HOUR,
    1440,
    (*energies("GJ", 3, 60), Register(68, "volume", "m3", 2), Register(72, "mass", "t", 2)),
)
_BY_AGE: Final = (LogPlan(0x66, DAY, 51, _CONSUMED), LogPlan(0x65, MONTH, 12, _CONSUMED_MONTH))
_LOGGED: Final = (*energies("MWh", 3, 60, 63), Register(68, "volume", "m3", 2))

_LOGGERS: Final = (
    LogPlan(5, HOUR, 961, _LOGGED, _means(381, 382)),
    LogPlan(4, DAY, 461, _LOGGED, _means(379, 380)),
    LogPlan(3, MONTH, 37, _LOGGED),
)

MAKES: Final[Mapping[str, Make]] = {
    "kamstrup-multical-601-kmp": Make(
        b"\x00\x01\x05\x01", _OLDER, by_age=_BY_AGE, interval=_INTERVAL, sets_clock=True
    ),
    "kamstrup-multical-602-kmp": Make(b"\x00\x04\x06\x01", _OLDER, by_age=_BY_AGE, interval=_INTERVAL),
    "kamstrup-multical-801-kmp": Make(
        b"\x00\x01\x03\x02",
        (*energies("GJ", 3, 60, 61, 62, 63, 95), *MEASURED, *SECOND_SENSOR),
        interval=_INTERVAL,
        built_in=True,
        sets_clock=True,
    ),
    "kamstrup-multical-402-kmp": Make(b"\x00\x07\x00\x00", (*energies("MWh", 3, 60, 63), *MEASURED)),
    "kamstrup-multical-403-kmp": Make(
        b"\x03\x21\x00\x00", (*energies("MWh", 3, 60, 63), *MEASURED), loggers=_LOGGERS
    ),
    "kamstrup-multical-603-kmp": Make(
        b"\x03\x23\x00\x00",
        (*energies("MWh", 3, 60, 61, 62, 63, 95), *MEASURED, *SECOND_SENSOR),
        loggers=_LOGGERS,
    ),
}


def build(plan: DevicePlan) -> KmpMeter:
    return KmpMeter(MAKES[plan.model], plan)


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first request: its start and stop never stand within one."""
    end = buffer.find(STOP)
    while end >= 0:
        start = buffer.rfind(REQUEST, 0, end)
        if start >= 0:
            return buffer[start : end + 1], end + 1
        end = buffer.find(STOP, end + 1)
    return None


def _mark(frame: bytes) -> bytes:
    """Command and the first thing that a reply repeats of its request: a register, or the kind of a log."""
    try:
        found = decode(frame)
    except FrameError:
        return b""
    skipped = 1 if found.command == GET_REGISTER and found.start == REQUEST else 0
    return bytes((found.destination, found.command)) + found.data[skipped : skipped + 2]


SIMULATED: Final = SimulatedFamily(
    protocol="kmp", models=tuple(MAKES), build=build, split=split, marks=Marks(request=_mark, reply=_mark)
)

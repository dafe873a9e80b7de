"""Doubts about readings: flags, never exceptions. A doubtful value is stored and shown, but not billed.

The limits are physical ones, wide enough for the largest heat main.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from metering.quantities import Behaviour
from metering.readings import Flag, Reading


class Limits(NamedTuple):
    """The smallest and the largest value of a working meter, both plausible."""

    low: Decimal
    high: Decimal


LIMITS: Final[Mapping[str, Limits]] = {
    "Gcal": Limits(Decimal("-1E9"), Decimal("1E9")),
    "Gcal/h": Limits(Decimal(-5000), Decimal(5000)),
    "m3": Limits(Decimal("-1E11"), Decimal("1E11")),
    "t": Limits(Decimal("-1E11"), Decimal("1E11")),
    "m3/h": Limits(Decimal(-100_000), Decimal(100_000)),
    "t/h": Limits(Decimal(-100_000), Decimal(100_000)),
    "°C": Limits(Decimal(-60), Decimal(200)),
    "K": Limits(Decimal(-200), Decimal(260)),
    "MPa": Limits(Decimal("-0.1"), Decimal(10)),
    "h": Limits(Decimal(-900_000), Decimal(900_000)),
    "": Limits(Decimal(0), Decimal(2**64 - 1)),
}
"""By canonical unit. Registers: a century of the largest flow; below zero they have a flag of their own.
Flows are signed, water may run backwards. A gauge shows a vacuum as a pressure down to -0.1 MPa."""


def validate(
    readings: tuple[Reading, ...], *, previous: Mapping[tuple[str, int], Decimal] | None = None
) -> tuple[Reading, ...]:
    """The same readings with what is doubtful in each added to its flags.

    `previous`: the last register levels by (quantity's name, circuit), for readings that are levels as well.
    """
    levels = previous or {}
    return tuple(
        replace(reading, flags=reading.flags | flags_for(reading, levels.get(_register(reading))))
        for reading in readings
    )


def flags_for(reading: Reading, previous: Decimal | None = None) -> frozenset[Flag]:
    """What is doubtful in this reading taken alone, and against the register's previous level."""
    if reading.value is None:
        return frozenset({Flag.ABSENT})
    if reading.value.is_nan():
        return frozenset({Flag.IMPLAUSIBLE})
    low, high = LIMITS[reading.quantity.canonical_unit]
    verdicts = {
        Flag.NEGATIVE: reading.quantity.behaviour is Behaviour.REGISTER and reading.value < 0,
        Flag.IMPLAUSIBLE: not low <= reading.value <= high,
        Flag.WENT_BACK: previous is not None and reading.value < previous,
    }
    return frozenset(flag for flag, doubtful in verdicts.items() if doubtful)


def clock_flags(clock_difference: timedelta, allowed: timedelta) -> frozenset[Flag]:
    """CLOCK_DRIFT when the meter's clock is further from ours than allowed, ahead or behind."""
    return frozenset({Flag.CLOCK_DRIFT}) if abs(clock_difference) > allowed else frozenset()


def future_flags(at: datetime, now: datetime) -> frozenset[Flag]:
    """FUTURE when this instant has not come yet; both are aware."""
    return frozenset({Flag.FUTURE}) if at > now else frozenset()


def _register(reading: Reading) -> tuple[str, int]:
    return reading.quantity.name, reading.circuit

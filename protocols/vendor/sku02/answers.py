"""What stands where in the answers of an SKU-02. Byte numbers are those of the whole frame.

Source: sku-02.md section 1. Channels 1 and 2 are delivered as circuits 1 and 2, for what they measure is a
matter of the meter's scheme, which cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from metering.conditions import Condition, of_bits
from metering.errors import DecodeError
from metering.quantities import quantity
from metering.readings import Absence, MeterValue
from protocols.fields import float32

STATUS_AT, ENERGY_AT, PRESSURE_AT, VOLUME_AT, SERIAL_AT = 10, 18, 19, 20, 21
VERSION_AT: Final = 6
CLOCK_AT, CLOCK_SIZE = 30, 7
CURRENT_SIZE: Final = 76
"""Bytes of data that the current values take; an answer may have more."""

ENERGY_UNITS: Final = ("MWh", "Gcal", "GJ")
"""By the low nibble: what the display shows; the number sent is always one of kWh."""

THIRD_TEMPERATURE: Final = "temperature of the line's choice"
RUNNING_TIME: Final = "unit of the line's choice"


class Count(NamedTuple):
    """A whole number of four bytes; `scaled` by the multiplier of the header."""

    at: int
    words: str
    quantity: str
    unit: str
    circuit: int = 1
    scaled: bool = True


class Real(NamedTuple):
    """A float."""

    at: int
    words: str
    quantity: str
    unit: str
    circuit: int = 1


HEAT: Final = "kWh"
AMOUNT, FLOW, PRESSURE = "m3 or t", "m3/h or t/h", "kPa or MPa"

COUNTS: Final = (
    Count(30, "heat Q1", "energy_heating", HEAT, 1),
    Count(34, "heat Q2", "energy_heating", HEAT, 2),
    Count(38, "volume or mass W1", "", AMOUNT, 1),
    Count(42, "volume or mass W2", "", AMOUNT, 2),
    Count(46, "running time", "operating_time", RUNNING_TIME, scaled=False),
    Count(50, "total heat Q", "energy_total", HEAT),
)
REALS: Final = (
    Real(70, "flow 1", "", FLOW, 1),
    Real(74, "flow 2", "", FLOW, 2),
    Real(86, "temperature T1", "temperature_supply", "°C"),
    Real(90, "temperature T2", "temperature_return", "°C"),
    Real(94, "temperature T3", THIRD_TEMPERATURE, "°C"),
    Real(98, "pressure P1", "pressure_supply", PRESSURE),
    Real(102, "pressure P2", "pressure_return", PRESSURE),
)
_HUNDREDTH: Final = Decimal("0.01")


class Meanings(NamedTuple):
    """What the meter does not say and the line's settings do."""

    third_temperature: str
    running_time: str


class Units(NamedTuple):
    """What the header of an answer says of its numbers."""

    multiplier: int
    mass: bool
    pressure: str


def units(frame: bytes) -> Units:
    """The units of an answer; DecodeError for an index that is not described."""
    index = frame[ENERGY_AT] >> 4
    multiplier = 1 if index < 4 else 10 if index < 8 else 100
    if frame[ENERGY_AT] & 0x0F >= len(ENERGY_UNITS):
        raise DecodeError(
            f"The meter names the energy unit {frame[ENERGY_AT] & 0x0F}, which is not described."
        )
    return Units(multiplier, bool(frame[VOLUME_AT] & 0x0F), "MPa" if frame[PRESSURE_AT] & 0x0F else "kPa")


def values(frame: bytes, meanings: Meanings) -> Iterator[MeterValue]:
    """Totals and instants of an answer to the command for current values."""
    of = units(frame)
    for count in COUNTS:
        yield _count(count, frame, of, meanings)
    for real in REALS:
        yield _real(real, frame, of, meanings)


def serial(frame: bytes) -> str:
    return str(int.from_bytes(frame[SERIAL_AT : SERIAL_AT + 4], "big"))


def version(frame: bytes) -> str:
    """The version, a float in the header."""
    number = float32(frame[VERSION_AT : VERSION_AT + 4])
    return "" if number is None else f"{number:f}"


def conditions(frame: bytes) -> frozenset[Condition]:
    """The bits of the data status, none of which is described."""
    return of_bits(frame[STATUS_AT], {}, "data status")


def clock(frame: bytes) -> datetime:
    """The time of an answer to the command for the clock; DecodeError when no calendar has it."""
    year = int.from_bytes(frame[CLOCK_AT : CLOCK_AT + 2], "big")
    try:
        return datetime(year, *frame[CLOCK_AT + 2 : CLOCK_AT + CLOCK_SIZE])
    except ValueError as error:
        raise DecodeError(f"The meter sent a time that no calendar has: {error}; check its clock.") from error


def _count(count: Count, frame: bytes, of: Units, meanings: Meanings) -> MeterValue:
    raw = Decimal(int.from_bytes(frame[count.at : count.at + 4], "big"))
    number = raw * of.multiplier if count.scaled else raw
    if count.unit is AMOUNT:
        name, unit = ("mass", "t") if of.mass else ("volume", "m3")
        return MeterValue(quantity(name), unit, number * _HUNDREDTH, circuit=count.circuit)
    unit = meanings.running_time if count.unit is RUNNING_TIME else count.unit
    return MeterValue(quantity(count.quantity), unit, number, circuit=count.circuit)


def _real(real: Real, frame: bytes, of: Units, meanings: Meanings) -> MeterValue:
    name, unit = real.quantity, real.unit
    if unit is FLOW:
        name, unit = ("mass_flow", "t/h") if of.mass else ("volume_flow", "m3/h")
    elif unit is PRESSURE:
        unit = of.pressure
    elif name is THIRD_TEMPERATURE:
        name = meanings.third_temperature
    number = float32(frame[real.at : real.at + 4])
    absence = Absence.INVALID_MARK if number is None else None
    return MeterValue(quantity(name), unit, number, absence, real.circuit)

"""From the answers of a VKT-5 to values and conditions (vkt-5.md section 3). Units are always these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Flag, auto
from typing import Final

from metering.conditions import Condition, ConditionName
from metering.errors import DecodeError
from metering.quantities import QUANTITIES, quantity
from metering.readings import Absence, MeterValue
from protocols.fields import float32, float64
from protocols.modbus.messages import Request
from protocols.vendor.vkt5.configuration import CONTRACT, LONGER_ANSWERS, UNKNOWN, Firmware, Pipe
from protocols.vendor.vkt5.requests import Selector, heat_input

FLOAT, DOUBLE = 4, 8

_CLOCK_SIZES: Final = (10, 12)
_PIPE_INTS: Final = 9
_HEAT: Final = ("energy_total", "energy_heating", "energy_hot_water")
"""W, W without hot water, W of hot water."""

_PIPE_DURATIONS: Final = (
    (ConditionName.TEMPERATURE_OUT_OF_RANGE, "temperature"),
    (ConditionName.TEMPERATURE_OUT_OF_RANGE, "temperature"),
    (ConditionName.PRESSURE_OUT_OF_RANGE, "pressure"),
    (ConditionName.PRESSURE_OUT_OF_RANGE, "pressure"),
    (ConditionName.FLOW_ABOVE_MAXIMUM, ""),
    (ConditionName.FLOW_BELOW_MINIMUM, ""),
    (ConditionName.NO_FLOW, ""),
    (None, ""),
    (ConditionName.POWER_FAILURE, ""),
)
"""Beyond a limit above and below; the eighth is a change of the steam's state, for which there is no word."""
_STEAM_STATE: Final = "steam state"
_INPUT_DURATIONS: Final = (
    ConditionName.NOT_COUNTING,
    ConditionName.POWER_FAILURE,
    ConditionName.MASS_IMBALANCE,
    ConditionName.HARDWARE_FAULT,
    ConditionName.FLOW_BELOW_MINIMUM,
    ConditionName.FLOW_ABOVE_MAXIMUM,
    ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT,
)
"""Two before firmware 6, three since; the others with report type 2. Two working times follow."""


class Reads(Flag):
    """What of an answer is read: measured values; masses and heats as they are counted, or as rates."""

    INSTANTS = auto()
    REGISTERS = auto()
    RATES = auto()


@dataclass(frozen=True, slots=True)
class InputLayout:
    """How the answer of one heat input is laid out.

    `register_size`: bytes of a mass or a heat, 8 in totals. `time_unit`: of the normal operating time, empty
    where that is not read.
    """

    number: int
    pipes: tuple[Pipe, ...]
    firmware: Firmware
    register_size: int
    reads: Reads
    time_unit: str = ""

    def request(self, function: int, selector: Selector) -> Request:
        """The question for this heat input with its pipes."""
        return heat_input(function, selector, self.number, len(self.pipes), self.size)

    @property
    def size(self) -> int | None:
        """Bytes of the answer; None when the firmware, on which they depend, is not known."""
        if self.firmware == UNKNOWN:
            return None
        numbers = 5 if self.firmware >= LONGER_ANSWERS else 4
        return len(self.pipes) * self._pipe_size + numbers * self.register_size

    @property
    def conditions(self) -> frozenset[Condition]:
        """What is not measured at its pipes, but set by contract."""
        return frozenset(
            Condition(ConditionName.CONTRACT_VALUE_USED, self.number, f"{measured}_{pipe.purpose}")
            for pipe in self.pipes
            for measured, source in (("temperature", pipe.temperature), ("pressure", pipe.pressure))
            if source == CONTRACT
        )

    @property
    def _pipe_size(self) -> int:
        return 2 * FLOAT + self.register_size

    def values(self, data: bytes) -> tuple[MeterValue, ...]:
        """What the answer says; the first pipe of a purpose stands for it."""
        ends = len(self.pipes) * self._pipe_size
        if len(data) < ends + 4 * self.register_size:
            raise DecodeError(f"Heat input {self.number} came in {len(data)} bytes, too few for its pipes.")
        read: dict[str, MeterValue] = {}
        for number, pipe in enumerate(self.pipes):
            for value in self._of_pipe(pipe, data[number * self._pipe_size :]):
                read.setdefault(value.quantity.name, value)
        return (*read.values(), *self._of_input(data[ends:]))

    def _of_pipe(self, pipe: Pipe, data: bytes) -> Iterator[MeterValue]:
        if Reads.INSTANTS in self.reads and pipe.temperature != "none":
            yield from self._value(f"temperature_{pipe.purpose}", "°C", data[:FLOAT])
        if Reads.INSTANTS in self.reads and pipe.pressure != "none":
            yield from self._value(f"pressure_{pipe.purpose}", "MPa", data[FLOAT : 2 * FLOAT])
        mass = data[2 * FLOAT : self._pipe_size]
        if Reads.REGISTERS in self.reads:
            yield from self._value(f"mass_{pipe.purpose}", "t", mass)
        if Reads.RATES in self.reads:
            yield from self._value(f"mass_flow_{pipe.purpose}", "t/h", mass)

    def _of_input(self, data: bytes) -> Iterator[MeterValue]:
        """The mass of the input comes first, which has no place among the pipes."""
        size = self.register_size
        numbers = [data[at : at + size] for at in range(size, len(data), size)]
        if Reads.REGISTERS in self.reads:
            for name, number in zip(_HEAT, numbers, strict=False):
                yield from self._value(name, "GJ", number)
            if self.time_unit and len(numbers) > len(_HEAT):
                yield from self._value("operating_time", self.time_unit, numbers[len(_HEAT)])
        if Reads.RATES in self.reads:
            yield from self._value("power", "GJ/h", numbers[0])

    def _value(self, name: str, unit: str, octets: bytes) -> Iterator[MeterValue]:
        """Nothing for what is no quantity, such as the mass of a hot-water pipe."""
        if name in QUANTITIES:
            number = _number(octets)
            absence = Absence.INVALID_MARK if number is None else None
            yield MeterValue(quantity(name), unit, number, absence, self.number)


def conditions_of(number: int, pipes: tuple[Pipe, ...], data: bytes) -> frozenset[Condition]:
    """What befell a heat input and its pipes for any minute, by the durations of an archive record."""
    minutes = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2)]
    found: list[Condition] = []
    for place, pipe in enumerate(pipes):
        lasted = minutes[place * _PIPE_INTS : (place + 1) * _PIPE_INTS]
        found += _of_pipe(number, pipe, lasted)
    rest = minutes[len(pipes) * _PIPE_INTS :]
    named = zip(rest, _INPUT_DURATIONS, strict=False)
    return frozenset(found) | {Condition(name, number) for lasted, name in named if lasted}


def clock_of(data: bytes) -> datetime | None:
    """Year, month, day, hour, minute, and second where it follows; None for another length."""
    if len(data) not in _CLOCK_SIZES:
        return None
    parts = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    year, month, day, hour, minute, second = (*parts, 0)[:6]
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError as error:
        raise DecodeError(f"The meter's time {data.hex(' ').upper()} is in no calendar.") from error


def serial_of(data: bytes) -> str:
    """Organisation code and device number of the requisites, like `12345-7`."""
    if len(data) < 15:
        raise DecodeError(f"Requisites came in {len(data)} bytes: neither code nor device number is known.")
    code = data[:13].decode("cp866").strip(" \x00")
    return f"{code}-{data[14]}" if code else str(data[14])


def _number(octets: bytes) -> Decimal | None:
    return float64(octets) if len(octets) == DOUBLE else float32(octets)


def _of_pipe(number: int, pipe: Pipe, lasted: list[int]) -> Iterator[Condition]:
    for minutes, (name, measured) in zip(lasted, _PIPE_DURATIONS, strict=False):
        if not minutes:
            continue
        place = f"{measured}_{pipe.purpose}" if measured else pipe.purpose
        if name is None:
            yield Condition(ConditionName.UNKNOWN, number, pipe.purpose, _STEAM_STATE)
        else:
            yield Condition(name, number, place)

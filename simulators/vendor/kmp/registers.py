"""How a simulated MULTICAL writes its registers: unit codes, steps and what its flow sensors measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from metering.errors import NotSupported
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, Sent, numbers_at, on_wire

DATE, CLOCK, INFO_CODE, INFO_BITS = 1003, 1002, 99, 369
EVERYWHERE: Final = frozenset({DATE, CLOCK, INFO_CODE, INFO_BITS})
"""Registers that every entry of every log holds."""

_YYMMDD, _HHMMSS, _NUMBER, _BITS = 48, 47, 51, 59
_NEGATIVE_EXPONENT: Final = 0x40
_UNIT_CODES: Final[Mapping[str, int]] = {
    **{"MWh": 3, "GJ": 8, "Gcal": 12, "kW": 22, "°C": 37, "K": 38, "m3": 40, "l/h": 41, "t": 44},
    **{"h": 46, "bar": 52},
}


class Register(NamedTuple):
    """A number behind a register; it goes out with `places` decimal places."""

    number: int
    quantity: str
    unit: str
    places: int

    @property
    def sent(self) -> Sent:
        return Sent(self.quantity, self.unit, Decimal(1).scaleb(-self.places))

    def header(self, size: int = 4) -> bytes:
        """Register, unit, bytes of the value, sign and exponent."""
        scale = _NEGATIVE_EXPONENT | self.places if self.places else 0
        return self.number.to_bytes(2, "big") + bytes((_UNIT_CODES[self.unit], size, scale))

    def integer(self, numbers: Numbers) -> int:
        """The number in steps of its last place; NotSupported when no plant has it."""
        value = on_wire(self.sent, numbers).scaleb(self.places)
        return int(value.to_integral_value(ROUND_HALF_EVEN))


def energies(unit: str, places: int, *numbers: int) -> tuple[Register, ...]:
    """Energy registers in a model's unit."""
    return tuple(Register(number, _ENERGIES[number], unit, places) for number in numbers)


_ENERGIES: Final[Mapping[int, str]] = {
    60: "energy_heating",
    61: "energy_supply",
    62: "energy_return",
    63: "energy_cooling",
    95: "energy_hot_water",
}
MEASURED: Final = (
    Register(68, "volume", "m3", 2),
    Register(74, "volume_flow", "l/h", 0),
    Register(80, "power", "kW", 1),
    Register(86, "temperature_supply", "°C", 2),
    Register(87, "temperature_return", "°C", 2),
    Register(89, "temperature_difference", "K", 2),
    Register(1004, "operating_time", "h", 0),
)
SECOND_SENSOR: Final = (
    Register(69, "volume_return", "m3", 2),
    Register(72, "mass", "t", 2),
    Register(73, "mass_return", "t", 2),
    Register(75, "volume_flow_return", "l/h", 0),
    Register(91, "pressure_supply", "bar", 2),
    Register(92, "pressure_return", "bar", 2),
    Register(175, "error_time", "h", 0),
)


def value_of(register: Register, memory: MeterMemory, at: datetime) -> bytes:
    """The register with its header; empty when this plant has nothing behind it."""
    try:
        integer = register.integer(numbers_at(memory, at))
    except NotSupported:
        return b""
    return register.header() + integer.to_bytes(4, "big")


def clock_values(moment: datetime) -> Mapping[int, bytes]:
    """The registers of date and clock, and an info code that reports nothing."""
    date = moment.year % 100 * 10000 + moment.month * 100 + moment.day
    time = moment.hour * 10000 + moment.minute * 100 + moment.second
    plain = {DATE: (_YYMMDD, date), CLOCK: (_HHMMSS, time), INFO_CODE: (_NUMBER, 0), INFO_BITS: (_BITS, 0)}
    return {
        number: number.to_bytes(2, "big") + bytes((unit, 4, 0)) + value.to_bytes(4, "big")
        for number, (unit, value) in plain.items()
    }


def sent(registers: Iterable[Register]) -> list[Sent]:
    """What a reader must understand of these registers."""
    return [register.sent for register in registers]

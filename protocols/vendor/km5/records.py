"""What stands where in the answers of a KM-5. Byte numbers are those of the whole answer.

Source: km-5.md section 3. Numbers are little-endian; floats where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from metering.quantities import quantity
from metering.readings import Absence, MeterValue
from protocols.fields import float32
from protocols.vendor.km5.stamps import SIZE as STAMP_SIZE

FLOAT: Final = 4
PRESSURE: Final = "the pressure unit of the line's choice"


class Field(NamedTuple):
    """One float. `quantity` is empty where the reference leaves open what is measured.

    `zero_is_none`: what is not fitted is sent as exactly zero.
    """

    at: int
    words: str
    quantity: str = ""
    unit: str = ""
    zero_is_none: bool = False


GROUPS: Final[Mapping[int, tuple[Field, ...]]] = {
    1: (Field(5, "total heat", "energy_heating", "Gcal"),),
    2: (Field(5, "total mass M1", "mass_supply", "t"),),
    3: (Field(5, "total mass M2", "mass_return", "t"),),
    4: (Field(5, "working time", "operating_time", "h"),),
    5: (
        Field(5, "flow G1", "volume_flow_supply", "m3/h"),
        Field(9, "flow G1", "mass_flow_supply", "t/h"),
        Field(13, "pressure P1", "pressure_supply", PRESSURE),
        Field(17, "pressure P2", "pressure_return", PRESSURE),
        Field(21, "temperature t1", "temperature_supply", "°C"),
        Field(25, "temperature t2", "temperature_return", "°C"),
    ),
    6: (Field(5, "heat power", "power", "Gcal/h"),),
    7: (
        Field(5, "flow G2", "volume_flow_return", "m3/h"),
        Field(9, "flow G2", "mass_flow_return", "t/h"),
        Field(13, "flow G3, m3/h"),
        Field(17, "flow G3, t/h"),
    ),
}
"""Current values by the group of command 2Ch; group 0 is the clock, 8 is of no use to anybody."""

STAMP_AT: Final = 5
RECORD: Final = (
    Field(13, "outdoor temperature ta", "temperature_outdoor", "°C", zero_is_none=True),
    Field(17, "pressure P1", "pressure_supply", PRESSURE),
    Field(21, "pressure P2", "pressure_return", PRESSURE),
    Field(25, "P3 or t3"),
    Field(29, "temperature t1", "temperature_supply", "°C"),
    Field(33, "temperature t2", "temperature_return", "°C"),
    Field(37, "t3 or t4"),
    Field(41, "running total M1", "mass_supply", "t"),
    Field(45, "running total M2", "mass_return", "t"),
    Field(49, "Vi or heat of hot water"),
    Field(53, "V1 or M3"),
    Field(57, "V2 or M4"),
    Field(61, "running total of heat", "energy_heating", "Gcal"),
    Field(65, "working time", "operating_time", "h"),
)
"""An archive record, command 41h."""

STATUS: Final = (
    (5, "hot water mode"),
    (6, "empty pipe"),
    (7, "hardware error"),
    (8, "hot water mode 2"),
    (9, "setup"),
    (10, "device error"),
    (11, "data flags"),
    (12, "device properties"),
)
REPORTED: Final = frozenset({"empty pipe", "hardware error", "device error"})
"""Status bytes that tell of trouble; which bit means what is not known."""

VERSION_AT, VERSION_SIZE = 5, 5


class Header(NamedTuple):
    """What an archive holds (32h). `capacity` in lines."""

    has_records: bool
    capacity: int
    last: int


class Place(NamedTuple):
    """A line of an archive and its time stamp block."""

    line: int
    stamp: bytes


def values(fields: Iterable[Field], answer: bytes, pressure_unit: str) -> tuple[MeterValue, ...]:
    """What these fields of an answer say, those that are no quantity left out."""
    return tuple(_value(field, answer, pressure_unit) for field in fields if field.quantity)


def header(answer: bytes) -> Header:
    """The answer to 32h."""
    flags = answer[8]
    return Header(bool(flags & 0x40), line_at(answer, 9), line_at(answer, 11))


def earliest(answer: bytes) -> Place:
    """The first line of an archive, of the answer to 33h."""
    return _place(answer, 6)


def latest(answer: bytes) -> Place:
    """The last line of an archive, of the answer to 33h."""
    return _place(answer, 16)


def found(answer: bytes) -> Place:
    """The line that a search by time came to, of the answer to 34h."""
    return _place(answer, 6)


def line_at(answer: bytes, at: int) -> int:
    return int.from_bytes(answer[at : at + 2], "little")


def _place(answer: bytes, at: int) -> Place:
    return Place(line_at(answer, at), answer[at + 2 : at + 2 + STAMP_SIZE])


def _value(field: Field, answer: bytes, pressure_unit: str) -> MeterValue:
    unit = pressure_unit if field.unit is PRESSURE else field.unit
    number = float32(answer[field.at : field.at + FLOAT][::-1])
    if number is None:
        return MeterValue(quantity(field.quantity), unit, None, Absence.INVALID_MARK)
    if field.zero_is_none and not number:
        return MeterValue(quantity(field.quantity), unit, None, Absence.NO_DATA)
    return MeterValue(quantity(field.quantity), unit, number)

"""What a simulated VKT-7 measures, and how it writes that (from the tables of vkt7.md section 4)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import Enum, auto
from typing import Final, NamedTuple

from metering.errors import NotSupported
from simulators.numbers import Numbers, Sent, on_wire


class Group(Enum):
    """Which value types an element makes sense for."""

    INSTANT = auto()
    FLOW = auto()
    REGISTER = auto()
    MARK = auto()


_ARCHIVED: Final = frozenset({Group.INSTANT, Group.REGISTER, Group.MARK})
GROUPS: Final = {
    0: _ARCHIVED,
    1: _ARCHIVED,
    2: _ARCHIVED,
    3: frozenset({Group.REGISTER}),
    4: frozenset({Group.INSTANT, Group.FLOW, Group.MARK}),
    5: frozenset({Group.REGISTER}),
}
"""By the value type's number."""


class Element(NamedTuple):
    """An element of the measurement scheme. `sent` is None for the mark of an abnormal situation."""

    code: int
    size: int
    group: Group
    sent: Sent | None = None


def _integer(code: int, size: int, group: Group, quantity: str, unit: str, decimals: int) -> Element:
    circuit = 2 if 22 <= code < 44 else 1
    return Element(code, size, group, Sent(quantity, unit, Decimal(1).scaleb(-decimals), circuit))


def _flow(code: int, quantity: str) -> Element:
    return Element(code, 4, Group.FLOW, Sent(quantity, "m3/h", None, 2 if code > 40 else 1))


HEAT_INPUTS: Final = (
    (
        _integer(0, 2, Group.INSTANT, "temperature_supply", "°C", 2),
        _integer(1, 2, Group.INSTANT, "temperature_return", "°C", 2),
        _integer(3, 4, Group.REGISTER, "volume_supply", "m3", 2),
        _integer(4, 4, Group.REGISTER, "volume_return", "m3", 2),
        _integer(6, 4, Group.REGISTER, "mass_supply", "t", 2),
        _integer(7, 4, Group.REGISTER, "mass_return", "t", 2),
        _integer(9, 2, Group.INSTANT, "pressure_supply", "kgf/cm2", 2),
        _integer(10, 2, Group.INSTANT, "pressure_return", "kgf/cm2", 2),
        _integer(12, 4, Group.REGISTER, "energy_heating", "Gcal", 3),
        _integer(14, 2, Group.INSTANT, "temperature_difference", "°C", 2),
        _integer(15, 2, Group.INSTANT, "temperature_cold_water", "°C", 1),
        _integer(16, 2, Group.INSTANT, "temperature_outdoor", "°C", 1),
        _integer(17, 4, Group.REGISTER, "operating_time", "h", 0),
        _integer(18, 4, Group.REGISTER, "error_time", "h", 0),
        _flow(19, "volume_flow_supply"),
        _flow(20, "volume_flow_return"),
        Element(77, 1, Group.MARK),
    ),
    (
        _integer(22, 2, Group.INSTANT, "temperature_supply", "°C", 2),
        _integer(23, 2, Group.INSTANT, "temperature_return", "°C", 2),
        _integer(25, 4, Group.REGISTER, "volume_supply", "m3", 3),
        _integer(26, 4, Group.REGISTER, "volume_return", "m3", 3),
        _integer(28, 4, Group.REGISTER, "mass_supply", "t", 1),
        _integer(29, 4, Group.REGISTER, "mass_return", "t", 1),
        _integer(31, 2, Group.INSTANT, "pressure_supply", "kgf/cm2", 3),
        _integer(32, 2, Group.INSTANT, "pressure_return", "kgf/cm2", 3),
        _integer(34, 4, Group.REGISTER, "energy_heating", "Gcal", 2),
        _integer(36, 2, Group.INSTANT, "temperature_difference", "°C", 1),
        _integer(39, 4, Group.REGISTER, "operating_time", "h", 0),
        _integer(40, 4, Group.REGISTER, "error_time", "h", 0),
        _flow(41, "volume_flow_supply"),
        _flow(42, "volume_flow_return"),
        Element(78, 1, Group.MARK),
    ),
)
"""A different number of decimals at the second heat input shows whether they are read."""

PRESSURES: Final = frozenset({9, 10, 31, 32})
"""What an earlier measurement scheme of a simulated meter lacks."""

UNITS: Final = {44: "°C", 45: "м3/ч", 46: " м3", 47: " т", 48: "кг/см2", 53: "Гкал", 55: "ч", 56: "ч"}
DECIMALS: Final = {57: 2, 59: 2, 60: 2, 61: 2, 62: 2, 63: 1, 64: 1, 66: 3, 69: 3, 70: 1, 71: 3, 72: 1, 76: 2}

_GOOD: Final = bytes((0xC0, 0x00))
_ABSENT: Final = bytes((0x04, 0x00))
_LEFTOVER: Final = bytes.fromhex("b59a0440")
"""What stands in the place of a value that is absent."""


def property_value(code: int, server_version: int) -> bytes | None:
    """A property with its quality; None when there is none of this code."""
    if code in DECIMALS:
        return bytes((DECIMALS[code],)) + _GOOD
    if code not in UNITS:
        return None
    text = UNITS[code].encode("cp866")
    return (text.ljust(7) if server_version == 0 else len(text).to_bytes(2, "little") + text) + _GOOD


def value(element: Element, numbers: Numbers) -> bytes:
    """The element's value with its quality."""
    if element.sent is None:
        return b" " + _GOOD
    try:
        number = on_wire(element.sent, numbers)
    except NotSupported:
        return absent(element.size)
    if element.sent.step is None:
        return struct.pack("<f", number) + _GOOD
    whole = int((number / element.sent.step).to_integral_value())
    return whole.to_bytes(element.size, "little", signed=True) + _GOOD


def absent(size: int) -> bytes:
    """An element that makes no sense here."""
    return (_LEFTOVER * size)[:size] + _ABSENT


def sent_in(elements: Iterable[Element], value_type: int) -> Iterator[Sent]:
    """The numbers among these elements that a reading of this type brings."""
    for element in elements:
        if element.sent is not None and element.group in GROUPS[value_type]:
            yield element.sent

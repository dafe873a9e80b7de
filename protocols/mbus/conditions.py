"""The status byte of a header and the error flags as conditions (m-bus.md 5.3, the makers' codes)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from metering.conditions import Condition, ConditionName, of_bits
from metering.quantities import Behaviour
from metering.readings import MeterValue
from protocols.mbus.model import Conditions
from protocols.mbus.telegram import Header, Telegram

TEMPORARY_ERROR: Final = 0x10

_APPLICATION: Final = 0x03
"""Two bits that are one number; in a fixed structure they tell how its counters are coded."""


def _unexplained(code: str) -> Condition:
    return Condition(ConditionName.UNKNOWN, code=code)


_APPLICATION_STATES: Final[Mapping[int, frozenset[Condition]]] = {
    0x00: frozenset(),
    0x01: frozenset({_unexplained("application busy")}),
    0x02: frozenset({_unexplained("application error")}),
    0x03: frozenset({_unexplained("alarm")}),
}
_STANDARD: Final[Mapping[int, Condition | None]] = {
    2: Condition(ConditionName.BATTERY_LOW),
    3: _unexplained("permanent error"),
    4: _unexplained("temporary error"),
}


def conditions(
    tables: Conditions, telegrams: Iterable[Telegram], values: Iterable[MeterValue]
) -> frozenset[Condition]:
    """What all status bytes and flags of one read-out report."""
    from_status = (of_status(tables, telegram.header) for telegram in telegrams)
    return frozenset[Condition]().union(*from_status, of_flags(tables, values))


def of_status(tables: Conditions, header: Header) -> frozenset[Condition]:
    """What one header reports: the maker's meaning of a bit before the standard's."""
    if header.status in tables.status_values:
        meant = tables.status_values[header.status]
        return frozenset() if meant is None else frozenset({meant})
    application = 0 if header.fixed else header.status & _APPLICATION
    bits = of_bits(header.status & ~_APPLICATION, {**_STANDARD, **tables.status})
    return bits | _APPLICATION_STATES[application]


def of_flags(tables: Conditions, values: Iterable[MeterValue]) -> frozenset[Condition]:
    """What the error flags among these values report."""
    return frozenset[Condition]().union(*(of_bits(bits, tables.flags, "flags") for bits in _flags(values)))


def _flags(values: Iterable[MeterValue]) -> Iterator[int]:
    for value in values:
        if value.quantity.behaviour is Behaviour.FLAGS and value.value is not None:
            yield int(value.value)

"""The hour archive of a VIS.T system: a file whose record 0 is a header and whose other records are a ring.

Source: vis-t.md section 4. Records carry no time: the newest one is the hour before the header's last update.
While a conversation lasts, new hours overwrite the oldest records alone; those are not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from metering.calendar import ArchiveKind, MeterSlot, slot_start
from metering.conditions import Condition, ConditionName, of_bits
from metering.errors import DecodeError
from metering.quantities import Behaviour, quantity
from metering.readings import Absence, GapReason, MeterValue
from protocols.checksums import arithmetic_sum
from protocols.vendor.vist.dialogue import moment
from protocols.vendor.vist.numbers import (
    FOURTH_PLACE,
    HEAT,
    HEAT_UNIT,
    HOUR_DECIMALS,
    MOST_DECIMALS,
    PLACES,
    Decimals,
    unit,
)

HEADER_REGISTERS: Final = 0x30
MASK_AT, PRESENT_AT, INDEX_AT, MOST_AT, UPDATE_AT, DECIMALS_AT = 6, 10, 12, 14, 16, 58
_SPARED: Final = 2
"""Hours that may pass during a conversation."""

_HOUR: Final = timedelta(hours=1)


class Part(NamedTuple):
    """One field of a record. `quantity` may be empty; `condition`: what a time above zero says."""

    bit: int
    size: int
    words: str
    quantity: str = ""
    unit: str = ""
    decimals: int | None = None
    channel: int = 0
    condition: ConditionName | None = None


WORKING_TIME, ERRORS = 0x01, 0x8000
PARTS: Final = (
    Part(WORKING_TIME, 1, "working time", "operating_time", "h", HOUR_DECIMALS),
    *(Part(0x02 << n, 4, f"V{n + 1} of the hour", f"volume_{PLACES[n]}", "m3", None, n) for n in range(3)),
    *(Part(0x10 << n, 4, f"M{n + 1} of the hour", f"mass_{PLACES[n]}", "t", None, n) for n in range(3)),
    *(
        Part(0x80 << n, 2, f"t{n + 1}", f"temperature_{place}", "°C", 1)
        for n, place in enumerate((*PLACES, FOURTH_PLACE))
    ),
    *(Part(0x800 << n, 1, f"P{n + 1}", f"pressure_{PLACES[n]}", "kgf/cm2", 1) for n in range(3)),
    Part(0x4000, 4, "heat of the hour", "energy_heating", HEAT_UNIT, None, HEAT),
    Part(ERRORS, 4, "error word", "flags", "", 0),
    Part(0x10000, 1, "time of G below minimum", condition=ConditionName.FLOW_BELOW_MINIMUM),
    Part(0x20000, 1, "time of G above maximum", condition=ConditionName.FLOW_ABOVE_MAXIMUM),
    Part(0x40000, 1, "time of dt too low", condition=ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT),
    Part(0x80000, 1, "time without power", condition=ConditionName.POWER_FAILURE),
    Part(0x200000, 1, "total time"),
    Part(0x400000, 1, "idle time"),
)
"""In the order in which they stand behind the record's checksum."""

_UNSIGNED: Final = frozenset({1})
"""Sizes of fields that have no sign; so has the error word."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file holds. `index` is the number of the newest record, 0 meaning `most`."""

    data: bytes
    mask: int
    present: int
    index: int
    most: int
    updated: datetime
    decimals: Decimals

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for part in PARTS if self.mask & part.bit)

    @property
    def registers(self) -> int:
        """The length of a record; an odd byte is filled up."""
        return (1 + sum(part.size for part in self.parts) + 1) // 2

    def number(self, slot: MeterSlot) -> int | GapReason:
        """The record of this hour, or why there is none."""
        age = (slot_start(ArchiveKind.HOUR, self.updated) - slot.end) // _HOUR
        if age < 0:
            return GapReason.NOT_YET_CLOSED
        if self.present >= self.most and age >= self.most - _SPARED:
            return GapReason.OUT_OF_DEPTH
        if age >= self.present:
            return GapReason.NO_RECORD
        return (self.index - age - 1) % self.most + 1


def header(data: bytes) -> Header:
    """Record 0 of a file; DecodeError when its numbers cannot be."""
    decimals = tuple(data[DECIMALS_AT : DECIMALS_AT + 4])
    read = Header(
        data,
        int.from_bytes(data[MASK_AT : MASK_AT + 4], "big"),
        _word(data, PRESENT_AT),
        _word(data, INDEX_AT),
        _word(data, MOST_AT),
        moment(data[UPDATE_AT : UPDATE_AT + 6]),
        decimals,
    )
    if not read.most or read.index > read.most or max(decimals) > MOST_DECIMALS:
        raise DecodeError("The header of the hour archive holds numbers that cannot be; ask again later.")
    return read


class Record(NamedTuple):
    """What one record says of its hour."""

    values: tuple[MeterValue, ...]
    conditions: frozenset[Condition]


def record(of: Header, data: bytes, system: int, heat_unit: str) -> Record | None:
    """The values of a record; None when its own checksum is wrong."""
    size = 1 + sum(part.size for part in of.parts)
    if data[0] != arithmetic_sum(data[1:size]):
        return None
    fields = dict(_fields(of, data))
    idle = fields.get(_PARTS_BY_BIT[WORKING_TIME]) == 0
    values = (_value(part, raw, of, system, heat_unit) for part, raw in fields.items() if part.quantity)
    return Record(tuple(_measured_while_working(values, idle)), _conditions(fields, system))


def _fields(of: Header, data: bytes) -> Iterator[tuple[Part, int]]:
    at = 1
    for part in of.parts:
        signed = part.size not in _UNSIGNED and part.bit != ERRORS
        yield part, int.from_bytes(data[at : at + part.size], "big", signed=signed)
        at += part.size


def _value(part: Part, raw: int, of: Header, system: int, heat_unit: str) -> MeterValue:
    places = of.decimals[part.channel] if part.decimals is None else part.decimals
    number = Decimal(raw).scaleb(-places)
    return MeterValue(quantity(part.quantity), unit(part.unit, heat_unit), number, circuit=system)


def _measured_while_working(values: Iterator[MeterValue], idle: bool) -> Iterator[MeterValue]:
    """A mean over no time at all is none."""
    for value in values:
        if idle and value.quantity.behaviour is Behaviour.INSTANT:
            yield MeterValue(value.quantity, value.unit, None, Absence.NO_DATA, value.circuit)
        else:
            yield value


def _conditions(fields: dict[Part, int], system: int) -> frozenset[Condition]:
    lasted = {
        Condition(part.condition, system)
        for part, raw in fields.items()
        if part.condition is not None and raw
    }
    return of_bits(fields.get(_PARTS_BY_BIT[ERRORS], 0), {}, f"system {system} error") | lasted


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


_PARTS_BY_BIT: Final = {part.bit: part for part in PARTS}

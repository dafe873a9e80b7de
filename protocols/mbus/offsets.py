"""Telegrams with an ordinary header whose data are no records but fields at fixed places.

Source: skm-2.md section 3 (SKM-2M). Offsets count from the first byte of the frame, numbers come least
significant byte first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from metering.errors import DecodeError
from metering.quantities import quantity
from metering.readings import Absence, MeterValue
from protocols.fields import bcd, float32
from protocols.mbus import layout, records
from protocols.mbus.telegram import Telegram
from protocols.mbus.when import When

DATA_START: Final = 19
"""Where data begin in a frame: behind 68 L L 68 C A CI and twelve bytes of header."""
_HEADER_END: Final = 13
_SYSTEMS_TIME: Final = "operating_time"
"""Of a system that is not used it is 0."""
_COMMON_TIME: Final = "on_time"
_CLOCK_SIZE: Final = 6


class FieldType(StrEnum):
    """How many bytes a number has, and what they are."""

    UNSIGNED_32 = "u32"
    UNSIGNED_64 = "u64"
    REAL = "f32"


_SIZES: Final[Mapping[FieldType, int]] = {
    FieldType.UNSIGNED_32: 4,
    FieldType.UNSIGNED_64: 8,
    FieldType.REAL: 4,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A number in telegram `telegram` (from 1) at byte `at` of its frame; value = raw * scale in `unit`.

    `bits`: the low bits that count, 0 for all of them.
    """

    quantity: str
    telegram: int
    at: int
    type: FieldType
    unit: str
    scale: Decimal = Decimal(1)
    bits: int = 0
    circuit: int = 1
    when: When | None = None

    @property
    def size(self) -> int:
        return _SIZES[self.type]


def decode(payload: bytes) -> Telegram:
    """Header and data undivided; the meter never says whether more follows, so more is always expected.

    Telegrams with another header, or none, are decoded as records.
    """
    if records.records_start(payload) != _HEADER_END:
        return layout.decode(payload)
    header = records.read_header(payload)
    return Telegram(header, (), payload[_HEADER_END:], more_follows=True, problems=())


def values(fields: Iterable[Field], telegrams: Sequence[Telegram]) -> tuple[MeterValue, ...]:
    """One value for each field, but for systems that are not used.

    DecodeError when a telegram is missing or too short.
    """
    found = [_value(field, _telegram(field, telegrams)) for field in fields]
    unused = {value.circuit for value in found if value.quantity.name == _SYSTEMS_TIME and value.value == 0}
    return tuple(
        value for value in found if value.circuit not in unused or value.quantity.name == _COMMON_TIME
    )


def clock(at: int, telegrams: Sequence[Telegram]) -> datetime | None:
    """Second, minute, hour, day, month and year in BCD, in the first telegram; None when it is no time."""
    parts = [bcd(bytes((octet,))) for octet in _octets(telegrams[0], at, _CLOCK_SIZE)]
    known = [part for part in parts if part is not None]
    if len(known) < _CLOCK_SIZE:
        return None
    second, minute, hour, day, month, year = known
    try:
        return datetime(2000 + year, month, day, hour, minute, second)
    except ValueError:
        return None


def _value(field: Field, telegram: Telegram) -> MeterValue:
    measured = quantity(field.quantity)
    raw = _READERS[field.type](_octets(telegram, field.at, field.size), field.bits)
    if raw is None:
        return MeterValue(measured, field.unit, None, Absence.INVALID_MARK, field.circuit)
    return MeterValue(measured, field.unit, raw * field.scale, None, field.circuit)


def _telegram(field: Field, telegrams: Sequence[Telegram]) -> Telegram:
    if field.telegram > len(telegrams):
        raise DecodeError(
            f"The meter sends {len(telegrams)} telegram(s), {field.quantity} stands in telegram "
            f"{field.telegram}: it is another model or repeats itself. Read again or choose another model."
        )
    return telegrams[field.telegram - 1]


def _octets(telegram: Telegram, at: int, size: int) -> bytes:
    start = at - DATA_START
    found = telegram.manufacturer_data[start : start + size]
    if len(found) < size:
        raise DecodeError(
            f"The telegram ends before byte {at + size}: it has another layout. Choose another model."
        )
    return found


def _whole(octets: bytes, bits: int) -> Decimal | None:
    raw = int.from_bytes(octets, "little")
    return Decimal(raw & (1 << bits) - 1 if bits else raw)


def _real(octets: bytes, bits: int) -> Decimal | None:
    return float32(octets[::-1])


_READERS: Final[Mapping[FieldType, Callable[[bytes, int], Decimal | None]]] = {
    FieldType.UNSIGNED_32: _whole,
    FieldType.UNSIGNED_64: _whole,
    FieldType.REAL: _real,
}

"""From the bytes of registers or records to the values that a profile declares, absence included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from metering.errors import DecodeError
from metering.readings import Absence, MeterValue
from protocols.modbus.register_map import Profile, RecordLayout, UnitChoice, Value
from protocols.modbus.values import absent_marks, decode, encode

BytesAt = Callable[[int, int], bytes]
"""`size` bytes at a place: called with the place and the size."""

Settings = Mapping[str, str]


def values_at(
    profile: Profile, values: Iterable[Value], bytes_at: BytesAt, settings: Settings
) -> tuple[MeterValue, ...]:
    """Every declared value of every circuit that the meter uses."""
    found = [
        _value(value, circuit, bytes_at, settings)
        for value in values
        for circuit in profile.circuits_of(value)
    ]
    return tuple(_of_used_circuits(found))


def record_values(
    profile: Profile, record: RecordLayout, data: bytes, settings: Settings
) -> tuple[MeterValue, ...]:
    """The values of one record."""
    return values_at(profile, record.values, lambda at, size: data[at : at + size], settings)


def unit_of(value: Value, settings: Settings) -> str:
    """The unit in which the meter gives this value; DecodeError when its setting does not tell."""
    if not isinstance(value.unit, UnitChoice):
        return value.unit
    word = settings.get(value.unit.setting, "")
    if word not in value.unit.units:
        raise DecodeError(
            f"The unit of {value.quantity} depends on the setting {value.unit.setting!r}, which is {word!r}; "
            "read the meter's configuration first."
        )
    return value.unit.units[word]


def encode_number(value: Value, number: Decimal | None) -> bytes:
    """The bytes of a number in the value's own unit; None as the meter's mark for "no value"."""
    if number is not None:
        return encode(value.type, number / value.scale, value.layout)
    if value.absent:
        return encode(value.type, Decimal(min(value.absent)), value.layout)
    return b"".join(value.layout.arrange(mark) for mark in absent_marks(value.type))


def _value(value: Value, circuit: int, bytes_at: BytesAt, settings: Settings) -> MeterValue:
    raw = [_raw(value, bytes_at(place, value.size)) for place in value.places(circuit)]
    numbers = [number for number in raw if number is not None]
    unit = unit_of(value, settings)
    if len(numbers) < len(raw):
        return MeterValue(value.quantity, unit, None, Absence.INVALID_MARK, circuit)
    return MeterValue(value.quantity, unit, (numbers[0] - sum(numbers[1:])) * value.scale, None, circuit)


def _raw(value: Value, data: bytes) -> Decimal | None:
    number = decode(value.type, data, value.layout)
    return None if number in value.absent else number


def _of_used_circuits(values: Iterable[MeterValue]) -> Iterator[MeterValue]:
    """Leaves out a further circuit that carries nothing: the meter's scheme does not use it."""
    by_circuit = attrgetter("circuit")
    for circuit, group in groupby(sorted(values, key=by_circuit), by_circuit):
        members = list(group)
        if circuit == 1 or any(member.value for member in members):
            yield from members

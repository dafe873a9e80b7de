"""From the bytes of registers or records to the values that a profile declares, absence included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Final, TypeVar

from metering.conditions import Condition
from metering.errors import DecodeError
from metering.readings import Absence, MeterValue
from protocols.modbus.archive_map import RecordLayout
from protocols.modbus.parameters import states_of, values_of
from protocols.modbus.places import UnitChoice, Value
from protocols.modbus.register_map import Profile
from protocols.modbus.states import BytesAt, conditions_at
from protocols.modbus.values import absent_marks, decode, encode

Settings = Mapping[str, str]
T = TypeVar("T")
_LOST: Final = Absence.RECORD_ERROR


def values_at(
    profile: Profile, values: Iterable[Value], bytes_at: BytesAt, settings: Settings
) -> tuple[MeterValue, ...]:
    """Every declared value of every circuit that the meter uses."""
    found = [
        _value(value, circuit, bytes_at, settings)
        for value in values
        for circuit in profile.circuits_of(value)
    ]
    return tuple(of_used_circuits(found))


def record_values(
    profile: Profile, record: RecordLayout, data: bytes, settings: Settings
) -> tuple[MeterValue, ...]:
    """The values of one record; DecodeError when it is too short for what the meter's own list names."""
    declared = values_of(profile, record, settings)
    return values_at(profile, declared, partial(_bytes_in, data), settings)


def record_conditions(
    profile: Profile, record: RecordLayout, data: bytes, settings: Settings
) -> frozenset[Condition]:
    """What one record reports of the meter's state."""
    declared = states_of(profile, record, settings)
    return conditions_at(declared, profile.circuits_of, partial(_bytes_in, data))


def unit_of(value: Value, settings: Settings) -> str:
    """The unit in which the meter gives this value; DecodeError when its setting does not tell."""
    if not isinstance(value.unit, UnitChoice):
        return value.unit
    return _by_setting("unit", value, value.unit.setting, value.unit.units, settings)


def scale_of(value: Value, settings: Settings) -> Decimal:
    """What a raw number is multiplied by; DecodeError when its setting does not tell."""
    if value.scale_by is None:
        return value.scale
    choice = value.scale_by
    return value.scale * _by_setting("scale", value, choice.setting, choice.scales, settings)


def _by_setting(what: str, value: Value, setting: str, words: Mapping[str, T], settings: Settings) -> T:
    word = settings.get(setting, "")
    if word not in words:
        raise DecodeError(
            f"The {what} of {value.quantity} depends on the setting {setting!r}, which is {word!r}; "
            "read the meter's configuration first."
        )
    return words[word]


def encode_number(value: Value, number: Decimal | None, settings: Settings) -> bytes:
    """The bytes of a number in the value's own unit; None as the meter's mark for "no value"."""
    if number is not None:
        return encode(value.type, number / scale_of(value, settings), value.layout)
    if value.absent:
        return encode(value.type, Decimal(min(value.absent)), value.layout)
    return b"".join(value.layout.arrange(mark) for mark in absent_marks(value.type))


def _value(value: Value, circuit: int, bytes_at: BytesAt, settings: Settings) -> MeterValue:
    raw = [_raw(value, bytes_at(place, value.size)) for place in value.places(circuit)]
    numbers = [number for number in raw if number is not None]
    unit = unit_of(value, settings)
    if len(numbers) < len(raw):
        return MeterValue(value.quantity, unit, None, Absence.INVALID_MARK, circuit)
    number = (numbers[0] - sum(numbers[1:])) * scale_of(value, settings)
    return MeterValue(value.quantity, unit, number, None, circuit)


def _bytes_in(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise DecodeError(
            f"The meter's record of {len(data)} bytes ends before the number at byte {at}; check the model."
        )
    return data[at : at + size]


def _raw(value: Value, data: bytes) -> Decimal | None:
    number = decode(value.type, data, value.layout)
    return None if number in value.absent else number


def of_used_circuits(values: Iterable[MeterValue]) -> Iterator[MeterValue]:
    """Leaves out a further circuit that carries nothing: the meter's scheme does not use it."""
    by_circuit = attrgetter("circuit")
    for circuit, group in groupby(sorted(values, key=by_circuit), by_circuit):
        members = list(group)
        if circuit == 1 or any(member.value or member.absence is _LOST for member in members):
            yield from members

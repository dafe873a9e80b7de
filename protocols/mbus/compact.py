"""Compact profiles: one record that holds a series of values with a spacing (m-bus.md section 8.3).

The series continues the base record, the one with the same DIF addressing and VIF, from the moment in the
date record of the same storage number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Final

from metering.errors import DecodeError
from metering.readings import Absence
from protocols.mbus import values
from protocols.mbus.dif import EXTENSION, FIELDS, Coding, DataField
from protocols.mbus.numbers import EXACT
from protocols.mbus.spacing import Spacing, spacing
from protocols.mbus.telegram import DataRecord, Telegram
from protocols.mbus.vib import parse
from protocols.mbus.vif import DataType
from protocols.mbus.vife import Profile, ValueInformation


class Increment(Enum):
    """Bits 7..6 of the spacing control."""

    ABSOLUTE = 0
    POSITIVE = 1
    NEGATIVE = 2
    SIGNED = 3


@dataclass(frozen=True, slots=True)
class ProfileValue:
    """One value of a series; `storage` counts on where the profile has storage numbers."""

    storage: int
    meter_time: datetime | None
    value: Decimal | None
    absence: Absence | None


@dataclass(frozen=True, slots=True)
class _Block:
    """The data of a compact profile, divided."""

    increment: Increment
    spacing: Spacing
    field: DataField
    elements: tuple[bytes, ...]


_CONTROL_BYTES: Final = 2
_ELEMENT_CODINGS: Final = (Coding.INTEGER, Coding.BCD, Coding.REAL)
_UNKNOWN: Final = (None, Absence.NO_DATA)


def expand(record: DataRecord, telegram: Telegram) -> tuple[ProfileValue, ...]:
    """The series of a record, in the order of transmission; empty when it is no compact profile.

    DecodeError when the profile contradicts itself. An inverse profile goes back in time, and its levels go
    the other way than its increments say.
    """
    information = _information(record)
    if information is None or information.profile is None:
        return ()
    return tuple(_values(record, telegram, information, information.profile))


def _information(record: DataRecord) -> ValueInformation | None:
    if not isinstance(record.value, bytes):
        return None
    octets = enumerate(record.dif_vif, start=1)
    vif_start = next((end for end, octet in octets if not octet & EXTENSION), None)
    return None if vif_start is None else parse(record.dif_vif, vif_start)[0]


def _values(
    record: DataRecord, telegram: Telegram, information: ValueInformation, profile: Profile
) -> Iterator[ProfileValue]:
    block = _block(record.data[1:])
    direction = -1 if profile is Profile.BACKWARD else 1
    started, base = _base_time(record, telegram), _base(record, telegram, profile)
    for step, (level, absence) in enumerate(_levels(block, information, base, direction), start=1):
        storage = record.storage + step if profile is Profile.WITH_STORAGE else record.storage
        moment = block.spacing.after(started, direction * step) if started else None
        yield ProfileValue(storage, moment, level, absence)


def _block(octets: bytes) -> _Block:
    if len(octets) < _CONTROL_BYTES:
        raise DecodeError("A compact profile needs a spacing control and a spacing value.")
    control, count, elements = octets[0], octets[1], octets[_CONTROL_BYTES:]
    field = _element_field(control & 0x0F)
    if len(elements) % field.size:
        raise DecodeError(f"{len(elements)} bytes are not elements of {field.size} bytes each.")
    pieces = (elements[at : at + field.size] for at in range(0, len(elements), field.size))
    return _Block(Increment(control >> 6), spacing(count, control >> 4 & 0x03), field, tuple(pieces))


def _element_field(code: int) -> DataField:
    if code >= len(FIELDS) or FIELDS[code].coding not in _ELEMENT_CODINGS:
        raise DecodeError(f"Elements of a compact profile cannot have data field {code:X}.")
    return FIELDS[code]


Level = tuple[Decimal | None, Absence | None]


def _levels(
    block: _Block, information: ValueInformation, base: Decimal | None, direction: int
) -> Iterator[Level]:
    """The series as levels. Behind a missing increment no level is known until the profile's end."""
    elements = _elements(block, information)
    if block.increment is Increment.ABSOLUTE:
        yield from elements
        return
    sign = direction * (-1 if block.increment is Increment.NEGATIVE else 1)
    level: Level = _UNKNOWN if base is None else (base, None)
    for element, absence in elements:
        if level[0] is not None:
            level = (None, absence) if element is None else (EXACT.add(level[0], sign * element), None)
        yield level


def _elements(block: _Block, information: ValueInformation) -> Iterator[Level]:
    read = values.reader(block.field, _element_information(information, block.increment))
    for piece in block.elements:
        element, absence, _ = read(piece)
        yield (element, None) if isinstance(element, Decimal) else (None, absence or Absence.NOT_DECODED)


def _element_information(information: ValueInformation, increment: Increment) -> ValueInformation:
    """Increments of one direction have no sign, and no offset is added to an increment."""
    if increment is Increment.ABSOLUTE:
        return information
    type_ = DataType.NUMBER if increment is Increment.SIGNED else DataType.UNSIGNED
    return replace(information, meaning=replace(information.meaning, type=type_), offset=Decimal(0))


def _base(record: DataRecord, telegram: Telegram, profile: Profile) -> Decimal | None:
    """The value that the first increment is counted from."""
    words = tuple(words for words in record.qualifiers if words != profile.value)
    wanted = replace(record, qualifiers=words)
    found = (other.value for other in telegram.records if _addressing(other) == _addressing(wanted))
    return next((value for value in found if isinstance(value, Decimal)), None)


def _addressing(record: DataRecord) -> tuple[object, ...]:
    which = (record.function, record.storage, record.tariff, record.subunit)
    return (*which, record.quantity, record.unit, record.qualifiers)


def _base_time(record: DataRecord, telegram: Telegram) -> datetime | None:
    for other in telegram.records:
        if other.storage == record.storage and not other.qualifiers and isinstance(other.value, date):
            return _midnight(other.value)
    return None


def _midnight(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time())

"""Compact profiles: one record that holds a series of values with a spacing (m-bus.md section 8.3).

The series continues the base record, the one with the same DIF addressing and VIF, from the moment in the
date record of the same storage number.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final

from metering.errors import DecodeError
from metering.readings import Absence
from protocols.mbus import values
from protocols.mbus.dif import FIELDS, Coding, DataField
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
class Spacing:
    """The time from one value to the next; at most one of the two is not zero, neither for an array."""

    duration: timedelta = timedelta(0)
    months: int = 0
    half_month: bool = False

    def after(self, moment: datetime, steps: int) -> datetime | None:
        """The moment so many steps later (earlier when negative); None where the calendar has none."""
        try:
            if self.half_month:
                return _half_months_later(moment, steps)
            return _months_later(moment, self.months * steps) + self.duration * steps
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class ProfileValue:
    """One value of a series; `storage` counts on where the profile has storage numbers."""

    storage: int
    meter_time: datetime | None
    value: Decimal | None
    absence: Absence | None


@dataclass(frozen=True, slots=True)
class Series:
    """A compact profile spread out, in the order of transmission."""

    record: DataRecord
    spacing: Spacing
    values: tuple[ProfileValue, ...]


_UNITS: Final = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
_MINUTES, _HOURS, _DAYS = 1, 2, 3
_CALENDAR: Final[Mapping[tuple[int, int], Spacing]] = {
    (253, _DAYS): Spacing(half_month=True),
    (254, _DAYS): Spacing(months=1),
    (254, _HOURS): Spacing(months=3),
    (254, _MINUTES): Spacing(months=6),
}
"""Spacing values that mean a piece of the calendar, by their unit."""
_LARGEST_COUNT: Final = 250
_CONTROL_BYTES: Final = 2
_ELEMENT_CODINGS: Final = (Coding.INTEGER, Coding.BCD, Coding.REAL)
_MIDDLE: Final = 15


def expand(telegram: Telegram) -> tuple[Series, ...]:
    """Every compact profile of a telegram; DecodeError when one of them contradicts itself."""
    return tuple(_series(record, telegram) for record in telegram.records if _profile_of(record))


def _information(record: DataRecord) -> ValueInformation:
    return parse(record.dif_vif, _vif_start(record.dif_vif))[0]


def _vif_start(dif_vif: bytes) -> int:
    return next(end for end, octet in enumerate(dif_vif, start=1) if not octet & 0x80)


def _profile_of(record: DataRecord) -> Profile | None:
    if not isinstance(record.value, bytes) or not record.dif_vif:
        return None
    return _information(record).profile


def _series(record: DataRecord, telegram: Telegram) -> Series:
    block = record.data[1:]
    if len(block) < _CONTROL_BYTES:
        raise DecodeError("A compact profile needs a spacing control and a spacing value.")
    increment, field = Increment(block[0] >> 6), _element_field(block[0])
    spacing = _spacing(block[1], block[0] >> 4 & 0x03)
    elements = block[_CONTROL_BYTES:]
    if len(elements) % field.size:
        raise DecodeError(f"{len(elements)} bytes are not elements of {field.size} bytes each.")
    pieces = [elements[at : at + field.size] for at in range(0, len(elements), field.size)]
    return Series(record, spacing, tuple(_values(record, telegram, spacing, increment, field, pieces)))


def _element_field(control: int) -> DataField:
    code = control & 0x0F
    if code >= len(FIELDS) or FIELDS[code].coding not in _ELEMENT_CODINGS:
        raise DecodeError(f"Elements of a compact profile cannot have data field {code:X}.")
    return FIELDS[code]


def _spacing(count: int, unit: int) -> Spacing:
    if (count, unit) in _CALENDAR:
        return _CALENDAR[count, unit]
    if count > _LARGEST_COUNT:
        raise DecodeError(f"Spacing value {count} is reserved.")
    return Spacing(_UNITS[unit] * count)


def _values(
    record: DataRecord,
    telegram: Telegram,
    spacing: Spacing,
    increment: Increment,
    field: DataField,
    pieces: list[bytes],
) -> Iterator[ProfileValue]:
    profile = _profile_of(record)
    base, started = _base(record, telegram), _base_time(record, telegram)
    direction = -1 if profile is Profile.BACKWARD else 1
    levels = _levels(record, increment, field, pieces, base, direction)
    for step, (level, absence) in enumerate(levels, start=1):
        storage = record.storage + step if profile is Profile.WITH_STORAGE else record.storage
        moment = spacing.after(started, direction * step) if started and spacing != Spacing() else None
        yield ProfileValue(storage, moment, level, absence)


def _levels(
    record: DataRecord,
    increment: Increment,
    field: DataField,
    pieces: list[bytes],
    base: Decimal | None,
    direction: int,
) -> Iterator[tuple[Decimal | None, Absence | None]]:
    """The series as levels. Behind a missing increment no level is known until the profile's end."""
    read = values.reader(field, _element_information(record, increment), record.function)
    sign = direction * (-1 if increment is Increment.NEGATIVE else 1)
    level, lost = base, None if base is not None else Absence.NO_DATA
    for piece in pieces:
        element, absence, _ = read(piece)
        if increment is Increment.ABSOLUTE:
            yield (element, None) if isinstance(element, Decimal) else (None, absence)
            continue
        lost = lost or absence
        level = level + sign * element if level is not None and isinstance(element, Decimal) else None
        yield level, lost


def _element_information(record: DataRecord, increment: Increment) -> ValueInformation:
    """Increments of one direction have no sign, and no offset is added to an increment."""
    information = _information(record)
    if increment is Increment.ABSOLUTE:
        return information
    type_ = DataType.NUMBER if increment is Increment.SIGNED else DataType.UNSIGNED
    return replace(information, meaning=replace(information.meaning, type=type_), offset=Decimal(0))


def _addressing(record: DataRecord) -> tuple[object, ...]:
    return record.function, record.storage, record.tariff, record.subunit


def _base(record: DataRecord, telegram: Telegram) -> Decimal | None:
    """The value that the first increment is counted from."""
    profile = _profile_of(record)
    words = tuple(words for words in record.qualifiers if profile is None or words != profile.value)
    wanted = (*_addressing(record), record.quantity, record.unit, words)
    for other in telegram.records:
        what = (*_addressing(other), other.quantity, other.unit, other.qualifiers)
        if what == wanted and isinstance(other.value, Decimal):
            return other.value
    return None


def _base_time(record: DataRecord, telegram: Telegram) -> datetime | None:
    for other in telegram.records:
        if other.storage == record.storage and not other.qualifiers and isinstance(other.value, date):
            return _midnight(other.value)
    return None


def _midnight(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month; the last day of the month stays the last one."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    is_last = moment.day == monthrange(moment.year, moment.month)[1]
    return moment.replace(year=year, month=month + 1, day=last if is_last else min(moment.day, last))


def _half_months_later(moment: datetime, steps: int) -> datetime:
    """From the first half of a month to its second half and on to the next month."""
    half = 1 if moment.day > _MIDDLE else 0
    months, later_half = divmod(half + steps, 2)
    day = moment.day - _MIDDLE * half
    return _months_later(moment.replace(day=day), months).replace(day=day + _MIDDLE * later_half)

"""What the data sets of a read-out say: who the meter is, its clock, its values, its set day's levels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind, slot_at
from metering.conditions import Condition, ConditionName
from metering.errors import DecodeError, UnitError
from metering.meters import MeterIdentity
from metering.quantities import QUANTITIES, Behaviour, Quantity
from metering.readings import Absence, ArchiveRecord, MeterValue, Snapshot
from metering.units import check_unit
from protocols.vendor.iec62056_21.data_sets import DataSet, Part
from protocols.vendor.iec62056_21.models import CLOCK, ERROR, NO_ERROR, REGISTERS, SET_DAY, UNITS, Model
from protocols.vendor.iec62056_21.sign_on import Identification

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,9})?", re.ASCII)
_MOMENT: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadOut:
    """One identification and the data sets that followed it."""

    model: Model
    identification: Identification
    sets: tuple[DataSet, ...]

    @property
    def identity(self) -> MeterIdentity:
        """DecodeError when no data set carries a number of the meter."""
        numbers = (self._text(address) for address in self.model.serial)
        serial = next((number for number in numbers if number), None)
        if serial is None:
            raise DecodeError(f"The read-out carries no serial number ({' or '.join(self.model.serial)}).")
        return MeterIdentity(serial, self.identification.maker, self.identification.text.strip())

    @property
    def clock(self) -> datetime | None:
        """The meter's own time; None where the read-out has none."""
        parts = self._parts(CLOCK)
        return None if len(parts) != 2 else _moment(f"{parts[0].text} {parts[1].text}")

    @property
    def snapshot(self) -> Snapshot:
        """Current values with everything that belongs to them."""
        return Snapshot(tuple(self._values(0)), self.clock, self.identity, self._conditions())

    @property
    def stored(self) -> tuple[ArchiveRecord, ...]:
        """The registers' levels at the yearly set days, newest first."""
        return tuple(self._stored())

    def _stored(self) -> Iterator[ArchiveRecord]:
        clock = self.clock
        if clock is None or not self.model.keeps_set_day:
            return
        for storage in sorted({one.storage for one in self.sets if one.storage}):
            moment = self._set_day(clock, storage)
            levels = tuple(value for value in self._values(storage) if value.value is not None)
            if levels and moment is not None:
                yield ArchiveRecord(ArchiveKind.TOTAL, slot_at(ArchiveKind.TOTAL, moment), moment, levels)

    def _set_day(self, clock: datetime, storage: int) -> datetime | None:
        """The midnight of the set day so many times ago; None where it is another hour."""
        parts = self._parts(SET_DAY)
        if len(parts) != 2:
            return None
        this_year = _moment(f"{clock.year:04d}-{parts[0].text} {parts[1].text}:00")
        if this_year is None or (this_year.hour, this_year.minute) != (0, 0):
            return None
        year = clock.year - storage + (this_year <= clock)
        return _moment(f"{year:04d}-{parts[0].text} 00:00:00")

    def _values(self, storage: int) -> Iterator[MeterValue]:
        """Of set days the counters only; the fault time there is that of a year."""
        for one in self.sets:
            quantity = QUANTITIES.get(REGISTERS.get(one.address, ""))
            if quantity is None or one.storage != storage or (storage and not _is_level(quantity)):
                continue
            yield _value(quantity, one.parts[0])
        error = self._text(ERROR)
        if not storage and error.isascii() and error.isdigit():
            yield MeterValue(QUANTITIES["flags"], "", Decimal(error))

    def _conditions(self) -> frozenset[Condition]:
        error = self._text(ERROR)
        if error in ("", NO_ERROR):
            return frozenset()
        code = re.sub(r"[^A-Za-z0-9]", " ", error)[:20]
        return frozenset({self.model.errors.get(error, Condition(ConditionName.UNKNOWN, code=f"F {code}"))})

    def _text(self, address: str) -> str:
        parts = self._parts(address)
        return parts[0].text if parts else ""

    def _parts(self, address: str) -> tuple[Part, ...]:
        return next((one.parts for one in self.sets if (one.address, one.storage) == (address, 0)), ())


def _is_level(quantity: Quantity) -> bool:
    return quantity.behaviour is Behaviour.REGISTER and quantity.canonical_unit != "h"


def _value(quantity: Quantity, part: Part) -> MeterValue:
    """Empty parentheses are the meter's mark for what it cannot measure now, air in the pipe for one."""
    unit = _unit(quantity, part.unit)
    if not part.text:
        return MeterValue(quantity, unit or quantity.canonical_unit, None, Absence.INVALID_MARK)
    if unit is None or _NUMBER.fullmatch(part.text) is None:
        return MeterValue(quantity, quantity.canonical_unit, None, Absence.NOT_DECODED)
    return MeterValue(quantity, unit, Decimal(part.text.replace(",", ".")))


def _unit(quantity: Quantity, written: str) -> str | None:
    """The unit as we spell it; None when it is missing or measures something else."""
    unit = UNITS.get(written, written)
    try:
        check_unit(unit, quantity)
    except UnitError:
        return None
    return unit


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None

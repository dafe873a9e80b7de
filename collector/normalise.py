"""Records as the meter gave them become readings: canonical unit, UTC slot, raw value and factor kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from metering.calendar import MeterZone
from metering.doubts import future_flags, validate
from metering.readings import (
    ArchiveReadings,
    ArchiveRecord,
    Flag,
    Gap,
    MeterValue,
    MissingSlot,
    Reading,
    Record,
    Snapshot,
    SnapshotReadings,
)
from metering.units import convert

Normal = ArchiveReadings | SnapshotReadings | MissingSlot
"""A record as it is stored."""


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Normalises one meter's records. `factor_sets` by circuit; a circuit without one uses `exact`.

    `doubts` are flags that touch everything read in this session, such as a clock far off. `levels` are the
    registers' last valid levels as the meter gave them: a current level below its own went back.
    """

    zone: MeterZone
    factor_sets: Mapping[int, str] = field(default_factory=dict)
    doubts: frozenset[Flag] = frozenset()
    levels: tuple[MeterValue, ...] = ()

    def normal(self, record: Record, at: datetime, frame: int) -> Normal:
        """The record as it is stored; `at` is when it was read, `frame` the last frame heard before.

        A snapshot is kept under the instant at which it was read; an archive slot that starts in the future
        is flagged. UnitError when a unit is unknown or does not measure its quantity.
        """
        match record:
            case Snapshot():
                readings = self._current(record.values)
                return SnapshotReadings(at, record.meter_time, readings, frame, record.conditions)
            case ArchiveRecord():
                return self._archive(record, at, frame)
            case Gap():
                return MissingSlot(record.kind, self.zone.slot(record.slot), record.reason, frame)

    def _current(self, values: tuple[MeterValue, ...]) -> tuple[Reading, ...]:
        before = (self._reading(level, frozenset()) for level in self.levels)
        previous = {(one.quantity.name, one.circuit): one.value for one in before if one.value is not None}
        return validate(tuple(self._reading(value, self.doubts) for value in values), previous=previous)

    def _archive(self, record: ArchiveRecord, at: datetime, frame: int) -> ArchiveReadings:
        slot = self.zone.slot(record.slot)
        doubts = self.doubts | future_flags(slot.start, at)
        readings = validate(tuple(self._reading(value, doubts) for value in record.values))
        return ArchiveReadings(record.kind, slot, record.meter_time, readings, frame, record.conditions)

    def _reading(self, value: MeterValue, doubts: frozenset[Flag]) -> Reading:
        factor_set = self.factor_sets.get(value.circuit, "exact")
        converted = convert(value.value or Decimal(0), value.unit, value.quantity, factor_set)
        return Reading(
            quantity=value.quantity,
            circuit=value.circuit,
            value=None if value.value is None else converted.value,
            raw_value=value.value,
            raw_unit=value.unit,
            factor=converted.factor,
            factor_set=converted.factor_set,
            absence=value.absence,
            flags=doubts,
        )

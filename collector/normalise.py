"""Records as the meter gave them become readings: canonical unit, UTC slot, raw value and factor kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from metering.calendar import MeterZone
from metering.readings import (
    ArchiveReadings,
    ArchiveRecord,
    Flag,
    Gap,
    MeterValue,
    MissingSlot,
    Reading,
    Snapshot,
    SnapshotReadings,
)
from metering.units import convert
from metering.validation import future_flags, validate


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Normalises one meter's records. `factor_sets` by circuit; a circuit without one uses `exact`.

    `doubts` are flags that touch everything read in this session, such as a clock far off.
    """

    zone: MeterZone
    factor_sets: Mapping[int, str] = field(default_factory=dict)
    doubts: frozenset[Flag] = frozenset()

    def archive(self, record: ArchiveRecord, now: datetime, frame: int) -> ArchiveReadings:
        """The record with its slot in UTC; a slot that ends in the future is flagged."""
        slot = self.zone.slot(record.slot)
        doubts = self.doubts | future_flags(slot.start, now)
        return ArchiveReadings(
            record.kind, slot, record.meter_time, self._readings(record.values, doubts), frame
        )

    def snapshot(self, snapshot: Snapshot, read_at: datetime, frame: int) -> SnapshotReadings:
        """The snapshot, kept under the instant at which it was read."""
        return SnapshotReadings(
            read_at, snapshot.meter_time, self._readings(snapshot.values, self.doubts), frame
        )

    def gap(self, gap: Gap, frame: int) -> MissingSlot:
        """The gap with its slot in UTC."""
        return MissingSlot(gap.kind, self.zone.slot(gap.slot), gap.reason, frame)

    def _readings(self, values: tuple[MeterValue, ...], doubts: frozenset[Flag]) -> tuple[Reading, ...]:
        return validate(tuple(self._reading(value, doubts) for value in values))

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

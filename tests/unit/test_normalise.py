"""From the meter's number to Gcal with the way back kept; factors from the domain's section on units."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from collector.normalise import Normaliser
from metering.calendar import ArchiveKind, MeterZone, slot_at
from metering.errors import UnitError
from metering.quantities import quantity
from metering.readings import (
    Absence,
    ArchiveReadings,
    ArchiveRecord,
    Flag,
    Gap,
    GapReason,
    MeterValue,
    MissingSlot,
    Snapshot,
    SnapshotReadings,
)

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
ALMATY = MeterZone("+05:00")


def energy(value: str | None, unit: str = "MWh", circuit: int = 1) -> MeterValue:
    number = None if value is None else Decimal(value)
    absence = Absence.INVALID_MARK if value is None else None
    return MeterValue(quantity("energy_heating"), unit, number, absence, circuit)


def snapshot(normaliser: Normaliser, *values: MeterValue) -> SnapshotReadings:
    normal = normaliser.normal(Snapshot(values), NOW, 4)
    assert isinstance(normal, SnapshotReadings)
    return normal


def test_energy_becomes_gcal_and_keeps_what_the_meter_said() -> None:
    readings = snapshot(Normaliser(ALMATY), energy("100"))
    (one,) = readings.readings
    assert one.value is not None
    assert round(one.value, 8) == Decimal("85.98452279")
    assert (one.raw_value, one.raw_unit, one.factor_set) == (Decimal(100), "MWh", "exact")
    assert readings.frame == 4


def test_the_factor_set_is_the_circuits_own() -> None:
    normaliser = Normaliser(ALMATY, {1: "kyivenergo"})
    first, second = snapshot(normaliser, energy("100"), energy("100", circuit=2)).readings
    assert (first.value, first.factor_set) == (Decimal("85.98"), "kyivenergo")
    assert second.factor_set == "exact"


def test_absence_stays_absence() -> None:
    (one,) = snapshot(Normaliser(ALMATY), energy(None)).readings
    assert one.value is None
    assert one.raw_value is None
    assert one.absence is Absence.INVALID_MARK
    assert Flag.ABSENT in one.flags


def test_an_archive_slot_is_told_in_utc_beside_the_meters_stamp() -> None:
    start = datetime(2026, 1, 10, 3)
    record = ArchiveRecord(ArchiveKind.HOUR, slot_at(ArchiveKind.HOUR, start), start, (energy("1"),))
    normal = Normaliser(ALMATY).normal(record, NOW, 2)
    assert isinstance(normal, ArchiveReadings)
    assert normal.slot.start == datetime(2026, 1, 9, 22, tzinfo=UTC)
    assert normal.meter_time == start


def test_a_record_of_the_future_is_flagged_and_kept() -> None:
    start = datetime(2026, 2, 1)
    record = ArchiveRecord(ArchiveKind.HOUR, slot_at(ArchiveKind.HOUR, start), start, (energy("1"),))
    normal = Normaliser(ALMATY).normal(record, NOW, 2)
    assert isinstance(normal, ArchiveReadings)
    (one,) = normal.readings
    assert Flag.FUTURE in one.flags
    assert one.value is not None


def test_a_gap_keeps_its_reason() -> None:
    gap = Gap(ArchiveKind.DAY, slot_at(ArchiveKind.DAY, datetime(2026, 1, 9)), GapReason.NO_RECORD)
    normal = Normaliser(ALMATY).normal(gap, NOW, 1)
    assert isinstance(normal, MissingSlot)
    assert normal.reason is GapReason.NO_RECORD


def test_a_unit_that_does_not_measure_energy_is_refused() -> None:
    with pytest.raises(UnitError, match="m3"):
        snapshot(Normaliser(ALMATY), energy("1", "m3"))


def test_a_register_below_its_last_valid_level_went_back() -> None:
    normaliser = Normaliser(ALMATY, levels=(energy("100"),))
    zero, same, further = (snapshot(normaliser, energy(value)).readings[0] for value in ("0", "100", "101"))
    assert Flag.WENT_BACK in zero.flags
    assert zero.value == 0, "kept and shown, never billed"
    assert Flag.WENT_BACK not in same.flags | further.flags


def test_another_factor_set_is_no_step_back() -> None:
    """100 MWh are 85.98 Gcal by the published factor and 85.985 exactly: the register stands still."""
    normaliser = Normaliser(ALMATY, {1: "kyivenergo"}, levels=(energy("100"),))
    assert Flag.WENT_BACK not in snapshot(normaliser, energy("100")).readings[0].flags

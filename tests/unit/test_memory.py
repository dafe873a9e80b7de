"""The meter's memory: its clock, its power failures, and which records it has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slot_at
from metering.errors import NotSupported
from metering.quantities import QUANTITIES, Behaviour
from simulators.memory import MeterMemory
from simulators.plant import Plant

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def memory(**settings: object) -> MeterMemory:
    defaults: dict[str, object] = {
        "now": lambda: NOW,
        "zone": MeterZone("+05:00"),
        "installed": at("2026-01-05T10:00"),
        "power_failures": (MeterSlot(at("2026-03-09T02:30"), at("2026-03-09T06:15")),),
    }
    build: Callable[..., MeterMemory] = MeterMemory
    return build(Plant(11), **{**defaults, **settings})


def hour(text: str) -> MeterSlot:
    return slot_at(ArchiveKind.HOUR, at(text))


def test_the_clock_is_the_zones_time_and_the_drift() -> None:
    assert memory().meter_time() == at("2026-03-10T12:30")
    assert memory(drift=timedelta(seconds=-95)).meter_time() == at("2026-03-10T12:28:25")


def test_counters_start_at_the_installation() -> None:
    assert memory().level("energy_heating", 1, at("2026-01-05T10:00")) == 0
    assert memory().level("energy_heating", 1, at("2025-12-01T00:00")) == 0
    assert memory().level("energy_heating", 1, at("2026-01-05T11:00")) == memory().plant.rate(
        "energy", 1, at("2026-01-05T10:00")
    )


@pytest.mark.parametrize("quantity", ["energy_heating", "energy_total", "volume", "mass", "operating_time"])
def test_the_amount_of_a_slot_is_the_difference_of_levels(quantity: str) -> None:
    meter = memory()
    slot = MeterSlot(at("2026-03-08T13:17"), at("2026-03-09T21:44"))
    assert meter.amount(quantity, 1, slot) == meter.level(quantity, 1, slot.end) - meter.level(
        quantity, 1, slot.start
    )


def test_counters_stand_still_without_power_and_the_error_time_runs() -> None:
    meter = memory()
    dark = hour("2026-03-09T04:00")
    assert meter.amount("energy_heating", 1, dark) == meter.amount("on_time", 1, dark) == 0
    assert meter.amount("error_time", 1, dark) == 1


def test_an_hour_partly_without_power_counts_its_powered_part() -> None:
    """Power went at 02:30 and came back at 06:15."""
    meter = memory()
    rate = meter.plant.rate("energy", 1, at("2026-03-09T06:00"))
    assert meter.amount("energy_heating", 1, hour("2026-03-09T02:00")) * 2 == meter.plant.rate(
        "energy", 1, at("2026-03-09T02:00")
    )
    assert meter.amount("energy_heating", 1, hour("2026-03-09T06:00")) == rate * Decimal("0.75")
    assert meter.amount("operating_time", 1, hour("2026-03-09T06:00")) == Decimal("0.75")


def test_total_energy_is_the_sum_of_the_circuits() -> None:
    meter = memory(circuits=2)
    slot = hour("2026-03-08T10:00")
    heating = meter.amount("energy_heating", 1, slot)
    assert meter.amount("energy_total", 1, slot) == heating + meter.amount("energy_hot_water", 2, slot)


@pytest.mark.parametrize(
    ("kind", "start", "depth", "expected"),
    [
        (ArchiveKind.HOUR, "2026-03-10T11:00", 10, True),
        (ArchiveKind.HOUR, "2026-03-10T12:00", 10, False),  # still running
        (ArchiveKind.HOUR, "2026-03-10T02:00", 10, True),  # the tenth
        (ArchiveKind.HOUR, "2026-03-10T01:00", 10, False),  # the eleventh
        (ArchiveKind.HOUR, "2026-03-09T02:00", 100, True),  # half an hour of power
        (ArchiveKind.HOUR, "2026-03-09T03:00", 100, False),  # none
        (ArchiveKind.HOUR, "2026-01-05T10:00", 5000, True),  # the first
        (ArchiveKind.HOUR, "2026-01-05T09:00", 5000, False),  # before the installation
        (ArchiveKind.DAY, "2026-03-09T00:00", 1, True),
        (ArchiveKind.DAY, "2026-03-10T00:00", 1, False),
        (ArchiveKind.DAY, "2026-03-08T00:00", 1, False),
        (ArchiveKind.MONTH, "2026-01-01T00:00", 2, True),
        (ArchiveKind.MONTH, "2026-01-01T00:00", 1, False),
        (ArchiveKind.MONTH, "2026-03-01T00:00", 2, False),
        (ArchiveKind.TOTAL, "2026-03-10T00:00", 1, True),  # closed at its start
        (ArchiveKind.TOTAL, "2026-03-11T00:00", 1, False),
        (ArchiveKind.TOTAL, "2026-03-09T00:00", 1, False),
    ],
)
def test_which_records_there_are(kind: ArchiveKind, start: str, depth: int, expected: bool) -> None:
    assert memory().has_record(kind, at(start), depth) is expected


def test_a_mean_weighs_every_hour_by_its_powered_time() -> None:
    meter = memory()
    slot = MeterSlot(at("2026-03-09T02:00"), at("2026-03-09T07:00"))
    early, late = (meter.instant("power", 1, at(f"2026-03-09T{hour}:00")) for hour in ("02", "06"))
    assert meter.mean("power", 1, slot) == (early * 30 + late * 45) / 75


def test_a_slot_without_power_has_no_mean() -> None:
    with pytest.raises(NotSupported, match="no power"):
        memory().mean("power", 1, hour("2026-03-09T04:00"))


@pytest.mark.parametrize("name", ["energy_supply", "no_such_register"])
def test_a_register_that_no_plant_has_is_refused(name: str) -> None:
    with pytest.raises(NotSupported, match=name):
        memory().level(name, 1, NOW.replace(tzinfo=None))


def test_an_instant_that_no_plant_has_is_refused() -> None:
    with pytest.raises(NotSupported, match="moon"):
        memory().instant("temperature_moon", 1, NOW.replace(tzinfo=None))


PLANT_HAS_NONE = {"energy_supply", "energy_return"}  # heat of a single pipe
COUNTED = [
    item.name
    for item in QUANTITIES.values()
    if item.behaviour is Behaviour.REGISTER and item.name not in PLANT_HAS_NONE
]


@pytest.mark.parametrize("name", COUNTED)
def test_registers_never_go_back(name: str) -> None:
    meter = memory()
    levels = [meter.level(name, 1, at("2026-03-08T00:00") + number * HOUR / 4) for number in range(200)]
    assert levels == sorted(levels)

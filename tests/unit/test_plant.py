"""The plant: exact sums, known magnitudes, and nothing but the seed and the time in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from metering.errors import ConfigurationError
from simulators.plant import HEATING, HOT_WATER, REGISTERS, SHAPES, SIZES, Climate, Plant

JANUARY = datetime.fromisoformat("2026-01-20T00:00:00")
JULY = datetime.fromisoformat("2026-07-20T00:00:00")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("circuit", [HEATING, HOT_WATER])
@pytest.mark.parametrize("register", REGISTERS)
def test_an_hour_gains_the_rate_of_the_hour(register: str, circuit: int) -> None:
    plant = Plant(5)
    for hour in range(24):
        start = JANUARY + hour * HOUR
        assert plant.integral(register, circuit, start, start + HOUR) == plant.rate(register, circuit, start)


@pytest.mark.parametrize("circuit", [HEATING, HOT_WATER])
@pytest.mark.parametrize("register", REGISTERS)
def test_a_year_is_the_sum_of_its_hours(register: str, circuit: int) -> None:
    plant = Plant(5)
    hours = (JANUARY + number * HOUR for number in range(365 * 24))
    by_hour = sum((plant.rate(register, circuit, hour) for hour in hours), Decimal(0))
    assert plant.integral(register, circuit, JANUARY, JANUARY + timedelta(days=365)) == by_hour


def test_the_same_seed_gives_the_same_plant_and_another_seed_another() -> None:
    end = JANUARY + timedelta(days=40)
    one, again, other = (Plant(seed).integral("energy", HEATING, JANUARY, end) for seed in (7, 7, 8))
    assert one == again != other


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_the_design_load_lies_in_its_range(size: str, seed: int) -> None:
    low, high = SIZES[size]
    assert low <= Plant(seed, size).design_load < high


def test_energy_is_mass_times_temperature_difference() -> None:
    """One tonne of water cooled by one kelvin gives a thousandth of a Gcal."""
    plant = Plant(3)
    for hour in range(0, 24 * 300, 7):
        at = JANUARY + hour * HOUR
        heat = plant.rate("mass", HEATING, at) * plant.temperature_difference(HEATING, at) / 1000
        assert abs(heat / plant.rate("energy", HEATING, at) - 1) < Decimal("0.0001")


def test_winter_is_cold_and_takes_more_heat_than_summer() -> None:
    plant, climate = Plant(1), Climate()
    assert climate.outdoor(JANUARY) < 5 < 18 < climate.outdoor(JULY)
    assert plant.rate("energy", HEATING, JANUARY) > 3 * plant.rate("energy", HEATING, JULY) > 0


def test_afternoon_is_warmer_than_night() -> None:
    climate = Climate()
    assert climate.outdoor(JANUARY + 15 * HOUR) > climate.outdoor(JANUARY + 3 * HOUR)


@pytest.mark.parametrize("circuit", SHAPES)
def test_the_hours_of_a_day_share_out_the_whole_day(circuit: int) -> None:
    """Weights are hundredths of the mean: they sum up to 24 times 100."""
    assert sum(SHAPES[circuit].energy) == sum(SHAPES[circuit].flow) == 2400


def test_an_unknown_size_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="house, building"):
        Plant(1, "palace")

"""The plant's counters are exact: additive to the last digit, growing, and the same on every call."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import MeterSlot, MeterZone
from simulators.memory import MeterMemory
from simulators.plant import HEATING, HOT_WATER, REGISTERS, Plant

FIRST, LAST = datetime.fromisoformat("2025-03-01"), datetime.fromisoformat("2026-09-01")
moments = st.datetimes(FIRST, LAST)
three_moments = st.lists(moments, min_size=3, max_size=3).map(sorted)
registers, circuits = st.sampled_from(REGISTERS), st.sampled_from([HEATING, HOT_WATER])
PLANT = Plant(20)


@given(three_moments, registers, circuits)
def test_integrals_add_up_exactly(when: list[datetime], register: str, circuit: int) -> None:
    first, middle, last = when
    parts = PLANT.integral(register, circuit, first, middle) + PLANT.integral(register, circuit, middle, last)
    assert PLANT.integral(register, circuit, first, last) == parts >= 0


@given(three_moments, registers, circuits, st.integers(0, 2**32))
def test_a_second_plant_of_the_same_seed_agrees(
    when: list[datetime], register: str, circuit: int, seed: int
) -> None:
    start, _, end = when
    once = Plant(seed).integral(register, circuit, start, end)
    warmed = Plant(seed)
    warmed.integral(register, circuit, FIRST, LAST)
    assert warmed.integral(register, circuit, start, end) == once


@given(st.lists(moments, min_size=4, max_size=4).map(sorted), three_moments)
def test_amounts_add_up_across_power_failures(dark: list[datetime], when: list[datetime]) -> None:
    failures = (MeterSlot(dark[0], dark[1]), MeterSlot(dark[2], dark[3]))
    meter = MeterMemory(
        PLANT,
        now=lambda: MeterZone("+05:00").to_utc(LAST),
        zone=MeterZone("+05:00"),
        installed=FIRST,
        power_failures=failures,
    )
    first, middle, last = when
    for quantity in ("energy_heating", "volume"):
        parts = [meter.amount(quantity, 1, MeterSlot(*pair)) for pair in ((first, middle), (middle, last))]
        assert meter.amount(quantity, 1, MeterSlot(first, last)) == sum(parts)
        assert meter.level(quantity, 1, last) >= meter.level(quantity, 1, first)

"""Flags of doubtful readings; the limits are checked on both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.doubts import clock_flags, flags_for, future_flags, validate
from metering.quantities import QUANTITIES
from metering.readings import Absence, Flag, Reading

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reading(
    quantity: str, value: str | None, circuit: int = 1, flags: frozenset[Flag] = frozenset()
) -> Reading:
    number = None if value is None else Decimal(value)
    absence = Absence.ERROR_STATE if value is None else None
    unit = QUANTITIES[quantity].canonical_unit
    return Reading(QUANTITIES[quantity], circuit, number, number, unit, Decimal(1), "exact", absence, flags)


@pytest.mark.parametrize(
    ("quantity", "value", "flags"),
    [
        ("energy_heating", "30.706", set()),
        ("energy_heating", "0", set()),
        ("energy_heating", "-0.001", {Flag.NEGATIVE}),
        ("energy_heating", "1E12", {Flag.IMPLAUSIBLE}),
        ("energy_heating", None, {Flag.ABSENT}),
        ("energy_heating", "NaN", {Flag.IMPLAUSIBLE}),
        ("energy_heating", "-Infinity", {Flag.NEGATIVE, Flag.IMPLAUSIBLE}),
        ("volume_supply", "-1", {Flag.NEGATIVE}),
        ("mass_return", "-1", {Flag.NEGATIVE}),
        ("operating_time", "-1", {Flag.NEGATIVE}),
        ("volume_flow_supply", "-1", set()),
        ("mass_flow_supply", "200000", {Flag.IMPLAUSIBLE}),
        ("temperature_outdoor", "-60", set()),
        ("temperature_outdoor", "-60.1", {Flag.IMPLAUSIBLE}),
        ("temperature_supply", "200", set()),
        ("temperature_supply", "200.1", {Flag.IMPLAUSIBLE}),
        ("pressure_supply", "0.6", set()),
        ("pressure_supply", "16", {Flag.IMPLAUSIBLE}),
        ("pressure_return", "-0.2", {Flag.IMPLAUSIBLE}),
        ("flags", "65535", set()),
    ],
)
def test_flags_of_a_single_reading(quantity: str, value: str | None, flags: set[Flag]) -> None:
    assert flags_for(reading(quantity, value)) == flags


@pytest.mark.parametrize(("value", "flags"), [("10", set()), ("9.999", {Flag.WENT_BACK}), ("10.001", set())])
def test_a_register_may_stand_but_not_go_back(value: str, flags: set[Flag]) -> None:
    levels = {("energy_heating", 1): Decimal(10)}
    (checked,) = validate((reading("energy_heating", value),), previous=levels)
    assert checked.flags == flags


def test_each_circuit_has_its_own_previous_level() -> None:
    levels = {("energy_heating", 1): Decimal(10), ("energy_heating", 2): Decimal(3)}
    readings = (reading("energy_heating", "5", circuit=1), reading("energy_heating", "5", circuit=2))
    assert [bool(checked.flags) for checked in validate(readings, previous=levels)] == [True, False]


def test_earlier_doubts_are_kept() -> None:
    drifted = reading("energy_heating", "-1", flags=frozenset({Flag.CLOCK_DRIFT}))
    assert validate((drifted,))[0].flags == {Flag.CLOCK_DRIFT, Flag.NEGATIVE}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_may_drift_as_far_as_allowed(sign: int) -> None:
    assert clock_flags(sign * HOUR, allowed=HOUR) == frozenset()
    assert clock_flags(sign * (HOUR + timedelta(seconds=1)), allowed=HOUR) == {Flag.CLOCK_DRIFT}


def test_the_future_begins_after_now() -> None:
    assert future_flags(NOW, NOW) == frozenset()
    assert future_flags(NOW + timedelta(seconds=1), NOW) == {Flag.FUTURE}


@given(
    quantity=st.sampled_from(sorted(QUANTITIES)),
    value=st.none() | st.decimals(allow_nan=True, allow_infinity=True).map(str),
    previous=st.none() | st.decimals(allow_nan=False),
)
def test_nothing_a_meter_says_raises(quantity: str, value: str | None, previous: Decimal | None) -> None:
    assert flags_for(reading(quantity, value), previous) <= frozenset(Flag)

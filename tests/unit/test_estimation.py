"""Estimates: expected figures are done by hand in each case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from metering.billing_rules import BillingRule, Method
from metering.calendar import Slot
from metering.estimation import LEAST_HOURS, Experience, estimate, together
from metering.evidence import RecordReading, ThermalLoad
from metering.levels import NOTHING, Estimate
from tests.support.register_evidence import HOUR, after, hours, outdoor, record

AVERAGE = BillingRule(methods=(Method.AVERAGE_OF_VALID_HOURS,))
NORMALISED = BillingRule(methods=(Method.TEMPERATURE_NORMALISED,))
LOAD = BillingRule(methods=(Method.CALCULATED_LOAD,))
POINT = ThermalLoad(Decimal(20), Decimal("0.9"), Decimal(-40))


def gap(start: float, end: float) -> Slot:
    return Slot(after(start), after(end))


def by(
    rule: BillingRule,
    asked: Slot,
    told: Sequence[RecordReading],
    temperatures: Mapping[datetime, Decimal] | None = None,
    load: ThermalLoad = POINT,
) -> Estimate | None:
    return estimate(asked, Experience(told, replace(load, outdoor=temperatures or {})), rule)


def found(result: Estimate | None) -> tuple[Decimal, Decimal]:
    assert result is not None
    return result.value, result.uncertainty


def test_the_average_of_valid_hours_times_the_length_of_the_gap() -> None:
    """12 hours of 0.1 and 12 of 0.3 make 0.2 an hour, each hour 0.1 off."""
    told = hours(0, 12, "0.1") + hours(12, 24, "0.3")
    result = by(AVERAGE, gap(24, 34.5), told)
    assert result == Estimate(
        Decimal("2.1"), Decimal("1.05"), timedelta(hours=10.5), (Method.AVERAGE_OF_VALID_HOURS,)
    )


def test_the_furthest_hour_makes_the_uncertainty() -> None:
    """23 hours of 0.2 and one of 0.8: 5.4 / 24 = 0.225 an hour, and 0.575 at most off."""
    told = [*hours(0, 23, "0.2"), record(23, "0.8")]
    assert found(by(AVERAGE, gap(24, 26), told)) == (Decimal("0.45"), Decimal("1.15"))
    told = [record(0, "0.1"), *hours(1, 24, "0.2")]
    # 4.7 / 24 = 0.1958333... an hour, the furthest 0.0958333... below it; on a grid of seven digits
    assert found(by(AVERAGE, gap(24, 25), told)) == (Decimal("0.1958333"), Decimal("0.0958333"))


def test_an_hour_of_two_hours_counts_by_its_length() -> None:
    told = [*hours(0, 23, "0.2"), record(23, "0.4", length=2)]
    assert found(by(AVERAGE, gap(25, 26), told)) == (Decimal("0.2"), Decimal(0))


@pytest.mark.parametrize(("count", "enough"), [(LEAST_HOURS - 1, False), (LEAST_HOURS, True)])
def test_fewer_hours_than_a_day_tell_nothing(count: int, enough: bool) -> None:
    assert LEAST_HOURS == 24
    assert (by(AVERAGE, gap(100, 101), hours(0, count, "0.2")) is not None) is enough


def test_only_hours_within_the_window_before_the_gap_count() -> None:
    """The window of a day ends where the gap starts: neither the hour before it nor the gap's own count."""
    day = replace(AVERAGE, average_window=timedelta(days=1))
    told = [record(-1, "9"), *hours(0, 24, "0.2"), record(24, "9")]
    assert found(by(day, gap(24, 25), told)) == (Decimal("0.2"), Decimal(0))
    assert by(day, gap(25, 26), told) is not None
    assert by(replace(day, average_window=timedelta(hours=23)), gap(24, 25), told) is None


def test_an_hour_that_reaches_into_the_gap_does_not_count() -> None:
    told = [*hours(0, 23, "0.2"), record(23, "0.2", length=2)]
    assert by(AVERAGE, gap(24, 25), told) is None
    assert by(AVERAGE, gap(25, 26), told) is not None


def test_heat_follows_the_kelvins_between_indoors_and_outdoors() -> None:
    """0.2 an hour at 20 K is 0.01 per kelvin and hour; the gap is 2 h at 30 K and half an hour at 40 K."""
    temperatures = {**outdoor(0, 24, "0"), **outdoor(24, 26, "-10"), **outdoor(26, 27, "-20")}
    result = by(NORMALISED, gap(24, 26.5), hours(0, 24, "0.2"), temperatures)
    assert found(result) == (Decimal("0.8"), Decimal(0))
    assert result is not None and result.methods == (Method.TEMPERATURE_NORMALISED,)


def test_the_spread_per_kelvin_makes_the_uncertainty() -> None:
    """12 hours of 0.1 and 12 of 0.3 at 20 K: 0.01 per kelvin and hour, each 0.005 off; the gap has 30 K."""
    temperatures = {**outdoor(0, 24, "0"), **outdoor(24, 25, "-10")}
    told = hours(0, 12, "0.1") + hours(12, 24, "0.3")
    assert found(by(NORMALISED, gap(24, 25), told, temperatures)) == (Decimal("0.3"), Decimal("0.15"))


def test_hours_as_warm_as_indoors_need_no_heat() -> None:
    temperatures = {**outdoor(0, 24, "0"), **outdoor(24, 25, "25"), **outdoor(25, 26, "20")}
    assert found(by(NORMALISED, gap(24, 26), hours(0, 24, "0.2"), temperatures)) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize(("temperature", "enough"), [("19", True), ("19.01", False)])
def test_hours_with_less_than_a_kelvin_tell_nothing(temperature: str, enough: bool) -> None:
    temperatures = {**outdoor(0, 24, temperature), **outdoor(24, 25, "0")}
    result = by(NORMALISED, gap(24, 25), hours(0, 24, "0.2"), temperatures)
    assert (result is not None) is enough


@pytest.mark.parametrize("unknown", [23, 24])
def test_an_unknown_temperature_is_no_temperature(unknown: int) -> None:
    """Of a known hour: one hour too few is left. Of the gap: nothing can be said of it."""
    temperatures = dict(outdoor(0, 25, "0"))
    del temperatures[after(unknown)]
    assert by(NORMALISED, gap(24, 25), hours(0, 24, "0.2"), temperatures) is None


def test_the_calculated_load_by_the_outdoor_temperature() -> None:
    """0.9 at 60 K is 0.015 per kelvin and hour: 20 K for an hour, 30 K for half an hour."""
    temperatures = {**outdoor(0, 1, "0"), **outdoor(1, 2, "-10")}
    result = by(LOAD, gap(0, 1.5), [], temperatures)
    assert result == Estimate(
        Decimal("0.525"), Decimal("0.525"), timedelta(hours=1.5), (Method.CALCULATED_LOAD,)
    )


@pytest.mark.parametrize(
    "particulars",
    [
        {"calculated_load": None},
        {"design_outdoor_temperature": None},
        {"design_outdoor_temperature": Decimal(20)},
        {"design_outdoor_temperature": Decimal(21)},
    ],
    ids=str,
)
def test_a_point_without_a_load_is_not_estimated_by_it(particulars: dict[str, Decimal | None]) -> None:
    load = replace(POINT, **particulars)  # type: ignore[arg-type]
    assert by(LOAD, gap(0, 1), [], outdoor(0, 1, "0"), load) is None
    assert by(LOAD, gap(0, 1), [], {}, POINT) is None


def test_a_design_temperature_just_below_indoors_is_enough() -> None:
    load = replace(POINT, design_outdoor_temperature=Decimal(19))
    assert found(by(LOAD, gap(0, 1), [], outdoor(0, 1, "0"), load))[0] == Decimal(18)


def test_a_load_is_rounded_on_a_grid_finer_than_itself() -> None:
    """0.1 * 1 / 3: the load has one digit, its share seven."""
    load = ThermalLoad(Decimal(20), Decimal("0.1"), Decimal(17))
    assert found(by(LOAD, gap(0, 1), [], outdoor(0, 1, "19"), load))[0] == Decimal("0.0333333")


@pytest.mark.parametrize(
    ("methods", "chosen"),
    [
        ((Method.TEMPERATURE_NORMALISED, Method.AVERAGE_OF_VALID_HOURS), Method.AVERAGE_OF_VALID_HOURS),
        ((Method.CALCULATED_LOAD, Method.AVERAGE_OF_VALID_HOURS), Method.AVERAGE_OF_VALID_HOURS),
        ((Method.AVERAGE_OF_VALID_HOURS, Method.CALCULATED_LOAD), Method.AVERAGE_OF_VALID_HOURS),
    ],
)
def test_the_first_possible_method_counts(methods: tuple[Method, ...], chosen: Method) -> None:
    result = by(BillingRule(methods=methods), gap(24, 25), hours(0, 24, "0.2"))
    assert result is not None and result.methods == (chosen,)


def test_the_order_of_methods_is_the_rules() -> None:
    rule = BillingRule(methods=(Method.CALCULATED_LOAD, Method.AVERAGE_OF_VALID_HOURS))
    result = by(rule, gap(24, 25), hours(0, 24, "0.2"), outdoor(24, 25, "0"))
    assert result is not None and result.methods == (Method.CALCULATED_LOAD,)
    assert by(BillingRule(methods=()), gap(24, 25), hours(0, 24, "0.2"), outdoor(24, 25, "0")) is None


def test_estimates_add_up_with_their_methods_named_once() -> None:
    one = Estimate(Decimal("0.1"), Decimal("0.01"), HOUR, (Method.CALCULATED_LOAD,))
    two = Estimate(Decimal("0.2"), Decimal("0.03"), 2 * HOUR, (Method.AVERAGE_OF_VALID_HOURS,))
    assert together([one, two, one]) == Estimate(
        Decimal("0.4"),
        Decimal("0.05"),
        4 * HOUR,
        (Method.CALCULATED_LOAD, Method.AVERAGE_OF_VALID_HOURS),
    )
    assert together([]) == NOTHING == Estimate(Decimal(0), Decimal(0), timedelta(), ())

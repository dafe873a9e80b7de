"""A boundary between two registers; figures are done by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from metering.billing_lines import Status
from metering.billing_rules import Weights
from metering.evidence import ThermalLoad
from metering.levels import Step
from metering.reasons import Because
from tests.support.reckoning import RULE, closing, of, steps, words
from tests.support.register_evidence import after, known, level, outdoor, reported


def test_a_boundary_between_two_registers_is_interpolated_evenly() -> None:
    """100 h before and 300 h after: a quarter of 8."""
    result = of(known(level(0, "10"), level(644, "20"), level(1044, "28")))
    assert closing(result) == (Step.INTERPOLATED, Decimal(22))
    assert (result.value, result.status, result.uncertainty) == (Decimal(12), Status.SUBSTITUTED, Decimal(6))
    assert (result.measured, result.estimated, result.completeness) == (Decimal(12), Decimal(0), Decimal(1))
    assert [one.text() for one in result.reasons] == [
        "The level at 2026-02-01T00:00:00Z is interpolated between the registers at 2026-01-27T20:00:00Z and "
        "2026-02-13T12:00:00Z: even."
    ]


def test_it_may_be_off_by_what_lies_to_the_further_register() -> None:
    """300 h before and 100 h after: three quarters of 8, and 6 back to the first."""
    result = of(known(level(0, "10"), level(444, "20"), level(844, "28")))
    assert (closing(result)[1], result.uncertainty) == (Decimal(26), Decimal(6))


def test_both_sides_share_the_rounded_level() -> None:
    """A third of 1: seven digits, for the registers have one."""
    evidence = known(level(0, "0.0"), level(300, "1.0"), level(600, "2.0"))
    rule = replace(RULE, tolerance=timedelta())
    first, second = of(evidence, rule=rule, end=100), of(evidence, rule=rule, start=100, end=300)
    assert (first.value, second.value) == (Decimal("0.3333333"), Decimal("0.6666667"))


def test_heat_lies_between_registers_as_the_weather_was() -> None:
    """100 h at 30 K and 200 h at 5 K: 3000 of 4000 kelvin-hours come before the boundary."""
    temperatures = {**outdoor(644, 744, "-10"), **outdoor(744, 944, "15")}
    evidence = known(
        level(0, "10"),
        level(644, "20"),
        level(944, "28"),
        load=ThermalLoad(Decimal(20), outdoor=temperatures),
    )
    rule = replace(RULE, interpolation=Weights.OUTDOOR_TEMPERATURE)
    result = of(evidence, rule=rule)
    assert closing(result) == (Step.INTERPOLATED, Decimal(26))
    assert result.reasons[0].text().endswith(": outdoor temperature.")
    assert closing(of(evidence, rule=RULE))[1] == Decimal("22.666667")


@pytest.mark.parametrize("missing", [644, 943])
def test_where_a_temperature_is_not_known_heat_lies_evenly(missing: int) -> None:
    temperatures = dict(outdoor(644, 944, "0"))
    del temperatures[after(missing)]
    evidence = known(
        level(0, "10"),
        level(644, "20"),
        level(944, "29"),
        load=ThermalLoad(Decimal(20), outdoor=temperatures),
    )
    result = of(evidence, rule=replace(RULE, interpolation=Weights.OUTDOOR_TEMPERATURE))
    assert closing(result) == (Step.INTERPOLATED, Decimal(23))
    assert result.reasons[0].text().endswith(": even.")


def test_where_it_was_warm_all_the_time_heat_lies_evenly() -> None:
    load = ThermalLoad(Decimal(20), outdoor=outdoor(644, 944, "25"))
    result = of(
        known(level(0, "10"), level(644, "20"), level(944, "29"), load=load),
        rule=replace(RULE, interpolation=Weights.OUTDOOR_TEMPERATURE),
    )
    assert closing(result) == (Step.INTERPOLATED, Decimal(23))


def test_a_report_beyond_the_boundary_is_better_than_nothing() -> None:
    result = of(known(level(0, "10"), level(644, "20"), reported(844, "28")))
    assert closing(result) == (Step.INTERPOLATED, Decimal(24))
    assert result.status is Status.REPORTED
    assert Because.LEVEL_REPORTED in words(result)


def test_registers_around_the_boundary_go_before_reports() -> None:
    result = of(known(level(0, "10"), level(644, "20"), reported(700, "99"), level(844, "28")))
    assert (closing(result), result.status) == ((Step.INTERPOLATED, Decimal(24)), Status.SUBSTITUTED)


def test_nothing_lies_between_registers_of_two_factor_sets() -> None:
    result = of(known(level(0, "10"), level(644, "20"), level(844, "28", factor_set="kyivenergo")))
    assert steps(result) == [(Step.REGISTER, None)]


def test_nothing_lies_between_registers_that_went_back() -> None:
    assert steps(of(known(level(0, "10"), level(644, "20"), level(844, "19.9")))) == [(Step.REGISTER, None)]


def test_between_registers_that_stand_still_nothing_was_consumed() -> None:
    result = of(known(level(0, "10"), level(644, "20"), level(844, "20")))
    assert (closing(result), result.uncertainty) == ((Step.INTERPOLATED, Decimal(20)), Decimal(0))

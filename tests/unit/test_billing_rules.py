"""The utility's rule as it is written and read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from metering.billing_rules import (
    SETTINGS,
    BillingRule,
    Method,
    Season,
    Weights,
    checked,
    rule_of,
    settings_of,
)
from metering.errors import ConfigurationError

RULE = BillingRule()
WRITTEN = {
    "tolerance": "1d12h",
    "interpolation": "outdoor_temperature",
    "methods": "temperature_normalised,average_of_valid_hours,calculated_load",
    "longest_estimate": "15d",
    "average_window": "7d",
    "estimate_error_hours": "no",
    "acts_required": "yes",
    "spike_factor": "3",
    "mass_imbalance": "0.04",
    "allowed_drift": "10m",
    "season.first_month": 10,
    "season.last_month": 4,
    "season.threshold": "8",
}


def test_everybodys_rule_as_it_is_written() -> None:
    assert settings_of(RULE) == WRITTEN
    assert list(settings_of(RULE)) == list(SETTINGS)
    assert rule_of(RULE, WRITTEN) == RULE


def test_later_settings_count() -> None:
    rule = rule_of(
        RULE,
        {"tolerance": "2h", "season.first_month": "9", "methods": "none", "acts_required": "no"},
        {"tolerance": "90m", "interpolation": "even", "season.threshold": "-1.5"},
    )
    assert rule.tolerance == timedelta(minutes=90)
    assert rule.interpolation is Weights.EVEN
    assert (rule.methods, rule.acts_required, rule.estimate_error_hours) == ((), False, False)
    assert rule.season == Season(9, 4, Decimal("-1.5"))
    assert rule_of(BillingRule(), settings_of(rule)) == rule


@pytest.mark.parametrize(
    ("name", "written", "usual"),
    [
        ("tolerance", "36h", "1d12h"),
        ("tolerance", "31d", "31d"),
        ("allowed_drift", "31d", "31d"),
        ("average_window", "90d", "90d"),
        ("longest_estimate", "45d", "45d"),
        ("longest_estimate", "0s", "0s"),
        ("allowed_drift", "1m30s", "1m30s"),
        ("methods", "calculated_load", "calculated_load"),
        ("spike_factor", 1, "1"),
        ("spike_factor", "100", "100"),
        ("mass_imbalance", "0", "0"),
        ("mass_imbalance", "1", "1"),
        ("season.first_month", "12", 12),
        ("season.last_month", "1", 1),
        ("season.threshold", "-70", "-70"),
        ("season.threshold", "60", "60"),
        ("estimate_error_hours", "yes", "yes"),
    ],
)
def test_what_may_be_written(name: str, written: object, usual: object) -> None:
    assert checked({name: written}) == {name: usual}


@pytest.mark.parametrize(
    ("name", "written", "why"),
    [
        ("tolerance", "31d1s", "it may be 0s to 31d"),
        ("allowed_drift", "32d", "it may be 0s to 31d"),
        ("average_window", "91d", "it may be 0s to 90d"),
        ("longest_estimate", "45d1s", "it may be 0s to 45d"),
        ("tolerance", "two days", "write a duration like 15m, 1h or 1d12h"),
        ("tolerance", "", "write a duration"),
        ("tolerance", "1d" * 51, "it is too long"),
        ("tolerance", True, "write a number or a text"),
        ("tolerance", 1.5, "write a number or a text"),
        ("tolerance", None, "write a number or a text"),
        ("interpolation", "odd", "write even or outdoor_temperature"),
        ("acts_required", "maybe", "write yes or no"),
        ("methods", "guess", "write some of average_of_valid_hours"),
        ("methods", "calculated_load,calculated_load", "once each"),
        ("methods", "", "or none"),
        ("spike_factor", "0.99", "write a number, 1 to 100"),
        ("spike_factor", "100.1", "write a number, 1 to 100"),
        ("mass_imbalance", "-0.1", "write a number, 0 to 1"),
        ("mass_imbalance", "1.1", "write a number, 0 to 1"),
        ("spike_factor", "1E2", "write a number"),
        ("season.first_month", 0, "write a whole number, 1 to 12"),
        ("season.first_month", 13, "write a whole number, 1 to 12"),
        ("season.threshold", "-70.1", "-70 to 60"),
        ("season.threshold", "60.1", "-70 to 60"),
    ],
)
def test_what_may_not(name: str, written: object, why: str) -> None:
    with pytest.raises(ConfigurationError, match=f"The setting {name} of a billing rule is .*{why}"):
        checked({name: written})
    with pytest.raises(ConfigurationError):
        rule_of(RULE, {name: written})


def test_a_setting_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(
        ConfigurationError, match=r"no setting 'tolerence'; there are: tolerance, interpolation"
    ):
        checked({"tolerence": "1h"})


def test_a_long_text_is_shown_in_part() -> None:
    with pytest.raises(ConfigurationError) as caught:
        checked({"tolerance": "x" * 5000})
    assert len(str(caught.value)) < 200
    with pytest.raises(ConfigurationError) as caught:
        checked({"y" * 5000: "1h"})
    assert "y" * 101 not in str(caught.value)


@pytest.mark.parametrize(
    ("season", "months"),
    [(Season(10, 4), {10, 11, 12, 1, 2, 3, 4}), (Season(5, 9), {5, 6, 7, 8, 9}), (Season(3, 3), {3})],
)
def test_the_months_of_a_season(season: Season, months: set[int]) -> None:
    assert {month for month in range(1, 13) if season.includes(month)} == months


def test_methods_are_kept_in_their_order() -> None:
    rule = rule_of(RULE, {"methods": "calculated_load,average_of_valid_hours"})
    assert rule.methods == (Method.CALCULATED_LOAD, Method.AVERAGE_OF_VALID_HOURS)

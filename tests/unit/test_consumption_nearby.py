"""A register a little before the boundary, and readings that people report; figures are done by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from metering.billing_lines import Status
from metering.levels import Step
from metering.reasons import Because
from metering.reported import Withdrawal
from tests.support.reckoning import RULE, closing, of, steps, words
from tests.support.register_evidence import HOUR, after, known, level, reported


@pytest.mark.parametrize(("ago", "step"), [(36, Step.NEARBY), (36.001, None)])
def test_a_register_within_the_tolerance_before_the_boundary(ago: float, step: Step | None) -> None:
    result = of(known(level(0, "10"), level(744 - ago, "40")))
    assert steps(result) == [(Step.REGISTER, step)]


def test_a_register_nearby_is_measured_and_says_so() -> None:
    result = of(known(level(-6, "10"), level(720, "40")))
    assert (result.value, result.status, result.uncertainty) == (Decimal(30), Status.MEASURED, Decimal(0))
    assert result.completeness == Decimal("0.967741")  # 30 of 31 days, rounded down
    assert [one.text() for one in result.reasons] == [
        "For 2026-01-01T00:00:00Z stands the register of 2025-12-31T18:00:00Z, 6 h away.",
        "For 2026-02-01T00:00:00Z stands the register of 2026-01-31T00:00:00Z, 24 h away.",
    ]


def test_one_and_the_same_register_at_both_boundaries_measures_nothing() -> None:
    result = of(known(level(-1, "5")), end=30)
    assert (result.value, result.status, result.completeness) == (None, Status.ABSENT, Decimal(0))
    assert Because.NOTHING_READ in words(result)


def test_a_register_that_stands_still_is_zero() -> None:
    assert of(known(level(-1, "5"), level(700, "5")), rule=replace(RULE, tolerance=44 * HOUR)).value == 0


def test_one_of_two_circuits_may_have_stood_without_a_reading() -> None:
    silent = replace(known(level(-1, "5")), circuit=2)
    result = of(known(level(0, "1"), level(24, "2")), silent, end=24)
    assert result.value == 1


def test_a_reported_reading_at_the_boundary_counts_where_no_register_does() -> None:
    result = of(known(level(0, "10"), reported(744, "40")))
    assert (result.value, result.measured, result.status) == (Decimal(30), Decimal(30), Status.REPORTED)
    assert steps(result) == [(Step.REGISTER, Step.REPORTED)]
    assert [one.text() for one in result.reasons] == [
        "The register at 2026-02-01T00:00:00Z was reported by people: whatsapp."
    ]


def test_a_register_goes_before_a_report() -> None:
    result = of(known(level(0, "10"), level(720, "38"), reported(744, "40")))
    assert closing(result) == (Step.NEARBY, Decimal(38))
    assert result.status is Status.MEASURED


@pytest.mark.parametrize(
    ("readings", "value"),
    [
        ([(740, "39"), (747, "41")], "41"),
        ([(740, "39"), (747, "41"), (745, "40")], "40"),
        ([(740, "39"), (748, "41")], "39"),
        ([(748, "41"), (740, "39")], "39"),
        ([(708, "38")], "38"),
        ([(780, "42")], "42"),
    ],
)
def test_the_nearest_report_counts_and_of_two_the_earlier(
    readings: list[tuple[int, str]], value: str
) -> None:
    told = [reported(at, level, number) for number, (at, level) in enumerate(readings)]
    assert closing(of(known(level(0, "10"), *told))) == (Step.REPORTED, Decimal(value))


@pytest.mark.parametrize("at", [707.9, 780.1])
def test_a_report_too_far_away_does_not_stand_for_the_boundary(at: float) -> None:
    result = of(known(level(0, "10"), reported(at, "40")))
    assert all(one.closing is None or one.closing.step is not Step.REPORTED for one in result.segments)


def test_a_report_that_was_withdrawn_does_not_count() -> None:
    gone = reported(744, "40", withdrawn=Withdrawal(after(750), "an engineer", "misread"))
    assert of(known(level(0, "10"), gone)).value is None


def test_of_two_reports_of_one_instant_the_one_entered_last_counts() -> None:
    late = replace(reported(744, "41", 1), entered_at=after(800))
    early = reported(744, "40", 2)
    assert of(known(level(0, "10"), late, early)).value == 31
    assert of(known(level(0, "10"), early, late)).value == 31

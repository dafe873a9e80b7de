"""Estimates beyond the last register; figures are done by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from metering.billing_lines import Status
from metering.evidence import Evidence, RegisterReading
from metering.levels import Step
from metering.reasons import Because
from tests.support.reckoning import RULE, closing, of, steps, words
from tests.support.register_evidence import HOUR, after, day, hours, known, level, record, reported


def seen(*more: RegisterReading, **particulars: object) -> Evidence:
    """48 hours of 0.25, alternately 0.05 more and less, from 600 to 648; the register told at 648."""
    told = [record(hour, "0.2" if hour % 2 else "0.3") for hour in range(600, 648)]
    return known(level(0, "10"), level(648, "50"), *told, *more, **particulars)


def test_what_follows_the_last_register_is_estimated_and_told_apart() -> None:
    """96 hours of 0.25; each may be off by 0.05."""
    result = of(seen())
    assert closing(result) == (Step.ESTIMATED, Decimal(74))
    assert (result.value, result.measured, result.estimated) == (Decimal(64), Decimal(40), Decimal(24))
    assert (result.uncertainty, result.status) == (Decimal("4.8"), Status.ESTIMATED)
    assert result.completeness == Decimal("0.870967")  # 27 of 31 days
    assert [one.text() for one in result.reasons] == [
        "Before 2026-02-01T00:00:00Z, 96 hours after the register at 2026-01-28T00:00:00Z are estimated: "
        "average of valid hours."
    ]


def test_hours_that_are_there_are_measured_and_only_the_others_estimated() -> None:
    """Of 96 hours ten are there with 1 each: 86 are estimated before and after them."""
    told = hours(660, 670, "1")
    evidence = seen()
    result = of(replace(evidence, records=(*told, *evidence.records)))
    # 12 h of 0.25 before the ten; the average after them: (12 + 10) / 58 an hour for 74 h
    assert result.measured == Decimal(50)
    assert result.estimated == Decimal("3.0000000") + Decimal("28.0689655")
    assert result.closing is not None
    assert len(result.closing.sources) == 11
    assert result.closing.known_until == after(744 - 86)


def test_a_part_of_an_hour_is_taken_evenly_from_its_record() -> None:
    """The boundary falls 15 minutes into an hour of 0.4, and the register told 30 minutes into one of 0.3."""
    rule = replace(RULE, tolerance=timedelta())
    evidence = known(level(0, "10"), level(9.5, "12"), record(9, "0.3"), record(10, "0.4"))
    result = of(evidence, rule=rule, end=10.25)
    assert closing(result) == (Step.ESTIMATED, Decimal("12.25"))
    assert (result.measured, result.estimated, result.uncertainty) == (
        Decimal("2.25"),
        Decimal(0),
        Decimal(0),
    )


def test_a_day_counts_whole_or_not_at_all() -> None:
    rule = replace(RULE, longest_estimate=timedelta(hours=30))
    whole = replace(seen(), records=(*seen().records, day(672, "6")))
    result = of(whole, rule=rule, end=702)  # 24 h before it and 6 h after it
    assert (result.measured, result.estimated) == (Decimal(46), Decimal("7.5"))
    assert of(whole, rule=rule, end=703).value is None
    result = of(whole, rule=replace(rule, longest_estimate=42 * HOUR, tolerance=HOUR), end=690)
    assert (result.measured, result.estimated) == (Decimal(40), Decimal("10.5"))


@pytest.mark.parametrize(("longest", "value"), [(96, Decimal(64)), (95.99, None)])
def test_an_estimate_is_limited_in_length(longest: float, value: Decimal | None) -> None:
    assert of(seen(), rule=replace(RULE, longest_estimate=longest * HOUR)).value == value


def test_without_a_method_there_is_no_value() -> None:
    result = of(seen(), rule=replace(RULE, methods=()))
    assert (result.value, result.status) == (None, Status.ABSENT)
    assert [(one.word, one.hinders) for one in result.reasons] == [(Because.NO_LEVEL, True)]


def test_a_gap_that_cannot_be_estimated_hinders_the_others() -> None:
    """Before the ten hours nothing is known of the point; after them there are too few."""
    result = of(known(level(0, "10"), *hours(60, 70, "1")), end=100)
    assert result.value is None


def test_a_register_more_than_45_days_ago_is_no_ground_for_an_estimate() -> None:
    rule = replace(RULE, longest_estimate=timedelta(days=45), average_window=timedelta(days=90))
    told = hours(-48, 0, "0.25")
    assert of(known(level(-100, "1"), level(0, "10"), *told), rule=rule, start=-100, end=1080).value == 279
    assert of(known(level(-100, "1"), level(0, "10"), *told), rule=rule, start=-100, end=1080.5).value is None


def test_records_of_another_factor_set_are_not_mixed_with_estimates() -> None:
    other = record(700, "1", factor_set="kyivenergo")
    assert of(replace(seen(), records=(*seen().records, other))).value is None


def test_an_estimate_goes_on_from_a_reported_reading() -> None:
    result = of(replace(seen(), reported=(reported(696, "60"),)), rule=replace(RULE, tolerance=HOUR))
    assert (result.measured, result.estimated, result.status) == (Decimal(50), Decimal(12), Status.ESTIMATED)
    assert Because.LEVEL_REPORTED in words(result)


def test_a_period_after_the_last_register_is_estimated_on_both_sides() -> None:
    """Both levels are off by the same up to the opening: only the 48 h between them are uncertain."""
    result = of(seen(), start=696, end=744)
    assert (result.value, result.measured, result.estimated) == (Decimal(12), Decimal(0), Decimal(12))
    assert (result.uncertainty, result.completeness) == (Decimal("2.4"), Decimal(0))
    assert result.status is Status.ESTIMATED


def test_a_period_that_opens_nearby_goes_on_from_the_same_register() -> None:
    result = of(seen(), start=650, end=744)
    assert steps(result) == [(Step.NEARBY, Step.ESTIMATED)]
    assert (result.measured, result.estimated, result.uncertainty) == (
        Decimal(0),
        Decimal(24),
        Decimal("4.8"),
    )


def test_two_estimates_from_different_registers_are_uncertain_together() -> None:
    """The closing one stands on a later register that was converted with the same factors."""
    evidence = known(
        level(0, "10"),
        level(648, "50", factor_set="exact"),
        *[record(hour, "0.2" if hour % 2 else "0.3") for hour in range(600, 648)],
        level(720, "49"),
    )
    result = of(evidence, rule=replace(RULE, tolerance=timedelta()), start=700, end=744)
    # opening: 50 + 52 h of 0.25, for the register went back after it; closing: 49 + 24 h of 0.25
    assert [one.opening and one.opening.value for one in result.segments] == [Decimal(63)]
    assert [one.closing and one.closing.value for one in result.segments] == [Decimal(55)]
    assert result.value is None
    assert result.segments[0].uncertainty == Decimal("3.8")  # 76 h of 0.05

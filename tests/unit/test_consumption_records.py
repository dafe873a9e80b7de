"""Hour and day records between a register and the boundary; figures are done by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.billing_lines import Status
from metering.evidence import DISQUALIFYING, RegisterReading
from metering.levels import Step
from metering.readings import Flag
from tests.support.reckoning import closing, of, steps
from tests.support.register_evidence import after, day, hours, known, level, record


def test_hours_lead_from_the_last_register_to_the_boundary() -> None:
    result = of(known(level(0, "1"), level(742, "5"), *hours(742, 744, "0.25")))
    assert closing(result) == (Step.RECORDS, Decimal("5.5"))
    assert (result.value, result.status, result.completeness) == (
        Decimal("4.5"),
        Status.CALCULATED,
        Decimal(1),
    )
    assert [one.text() for one in result.reasons] == [
        "The level at 2026-02-01T00:00:00Z is worked out from the register at 2026-01-31T22:00:00Z and 2 "
        "records of the meter."
    ]
    assert result.closing is not None
    assert [one.at if isinstance(one, RegisterReading) else None for one in result.closing.sources] == [
        after(742),
        None,
        None,
    ]


def test_hours_lead_back_from_the_first_register_after_the_boundary() -> None:
    result = of(known(level(0, "1"), level(746, "5"), record(744, "0.25"), record(745, "0.5")))
    assert closing(result) == (Step.RECORDS, Decimal("4.25"))
    assert result.closing is not None
    assert [one.value for one in result.closing.sources] == [
        Decimal("0.25"),
        Decimal("0.5"),
        Decimal(5),
    ]


def test_forwards_goes_before_backwards_and_the_nearest_register_counts() -> None:
    result = of(
        known(
            level(0, "1"),
            level(740, "3"),
            level(742, "5"),
            level(746, "9"),
            *hours(740, 746, "0.25"),
        )
    )
    assert closing(result) == (Step.RECORDS, Decimal("5.5"))


def test_a_day_record_leads_over_hours_that_are_missing() -> None:
    result = of(known(level(0, "1"), level(720, "5"), *hours(730, 744, "0.25"), day(720, "6.5")))
    assert closing(result) == (Step.RECORDS, Decimal("11.5"))


def test_hours_go_before_days() -> None:
    result = of(known(level(0, "1"), level(720, "5"), *hours(720, 744, "0.25"), day(720, "6.5")))
    assert closing(result) == (Step.RECORDS, Decimal(11))


@pytest.mark.parametrize("hour", [742, 743])
def test_records_must_be_complete(hour: int) -> None:
    told = [one for one in hours(742, 744, "0.25") if one.slot.start != after(hour)]
    assert closing(of(known(level(0, "1"), level(742, "5"), *told))) == (Step.NEARBY, Decimal(5))


@pytest.mark.parametrize("flag", sorted(DISQUALIFYING))
def test_no_bill_rests_on_an_invalid_record(flag: Flag) -> None:
    bad = record(743, "0.25", flags=frozenset({flag}))
    assert closing(of(known(level(0, "1"), level(743, "5"), bad))) == (Step.NEARBY, Decimal(5))


def test_records_of_another_factor_set_do_not_lead_anywhere() -> None:
    other = record(743, "0.25", factor_set="kyivenergo")
    assert closing(of(known(level(0, "1"), level(743, "5"), other))) == (Step.NEARBY, Decimal(5))


@pytest.mark.parametrize(("days", "step"), [(45, Step.RECORDS), (46, Step.ESTIMATED)])
def test_records_lead_so_far(days: int, step: Step) -> None:
    """A walk of 45 days is a walk, one of 46 is not: only an estimate is left, and that neither."""
    start = 1200 - days * 24
    told = [day(start + 24 * number, "0.5") for number in range(days)]
    result = of(known(level(0, "1"), level(start, "5"), *told), start=0, end=1200)
    expected = [(Step.REGISTER, step)] if days == 45 else [(Step.REGISTER, None)]
    assert steps(result) == expected


@pytest.mark.parametrize(("days", "step"), [(45, Step.RECORDS), (46, Step.INTERPOLATED)])
def test_records_lead_back_so_far(days: int, step: Step) -> None:
    told = [day(744 + 24 * number, "0.5") for number in range(days)]
    result = of(known(level(0, "1"), level(744 + days * 24, "50"), *told))
    assert steps(result) == [(Step.REGISTER, step)]

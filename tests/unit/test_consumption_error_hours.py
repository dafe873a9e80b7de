"""Hours in which the meter did not measure; figures are done by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from metering.billing_lines import Status
from metering.evidence import Evidence
from metering.reasons import Because
from tests.support.reckoning import RULE, of, words
from tests.support.register_evidence import HOUR, day, hours, known, level, record


def with_errors(*broken: tuple[int, float], start: int = 600) -> Evidence:
    """Valid hours of 0.25 from 600 to 648, and error hours of 0.1 with so much operating time."""
    bad = [record(hour, "0.1", operating=operating) for hour, operating in broken]
    return known(level(0, "10"), level(744, "50"), *hours(start, 648, "0.25"), *bad)


ERRORS = replace(RULE, estimate_error_hours=True)


def test_error_hours_are_estimated_where_the_rule_wants_it() -> None:
    """What was not measured of them: 0.5 h and 0.75 h, at 0.25 an hour."""
    result = of(with_errors((650, 0.5), (651, 0.25)), rule=ERRORS)
    assert (result.value, result.measured, result.estimated) == (
        Decimal("40.3125"),
        Decimal(40),
        Decimal("0.3125"),
    )
    assert result.status is Status.ESTIMATED
    assert [one.text() for one in result.reasons] == [
        "1.25 hours in which the meter did not measure are estimated: average of valid hours."
    ]
    assert result.uncertainty == 0


def test_error_hours_are_told_where_the_rule_wants_nothing_added() -> None:
    result = of(with_errors((650, 0.5), (651, 0)))
    assert (result.value, result.estimated, result.status) == (Decimal(40), Decimal(0), Status.MEASURED)
    assert [one.text() for one in result.reasons] == [
        "The meter did not measure for 1.5 hours between 2026-01-28T02:00:00Z and 2026-01-28T04:00:00Z; "
        "nothing is added for them."
    ]


def test_an_hour_of_full_operation_is_no_error_hour() -> None:
    result = of(with_errors((650, 1), (651, 1.1)), rule=ERRORS)
    assert (result.estimated, result.reasons) == (Decimal(0), ())


@pytest.mark.parametrize(
    ("start", "end", "counted"), [(650, 660, 1), (640, 650, 0), (651, 660, 0), (640, 651, 1)]
)
def test_an_error_hour_counts_in_the_period_in_which_it_starts(start: int, end: int, counted: int) -> None:
    result = of(with_errors((650, 0)), rule=ERRORS, start=start, end=end)
    assert result.segments[0].error_hours.value == Decimal("0.25") * counted


@pytest.mark.parametrize(("hour", "estimated"), [(657, True), (658, False)])
def test_a_row_of_error_hours_is_limited_in_length(hour: int, estimated: bool) -> None:
    """The last valid hour ended at 648: an hour that ends 10 h later is estimated, one 11 h later is not."""
    result = of(with_errors((hour, 0)), rule=replace(ERRORS, longest_estimate=10 * HOUR))
    assert (result.estimated == Decimal("0.25")) is estimated
    assert words(result)[-1] is (Because.ERROR_HOURS_ESTIMATED if estimated else Because.ERROR_HOURS)


def test_error_hours_tell_nothing_of_other_hours() -> None:
    """23 valid hours are too few, and error hours do not help."""
    broken = [(hour, 0.5) for hour in range(648, 660)]
    result = of(with_errors(*broken, start=625), rule=ERRORS)
    assert (result.estimated, words(result)) == (Decimal(0), [Because.ERROR_HOURS])
    unmeasured = result.segments[0].unmeasured
    assert unmeasured is not None and unmeasured.length == 6 * HOUR


def test_a_day_record_is_no_error_hour() -> None:
    broken = replace(day(648, "3"), operating=12 * HOUR)
    evidence = with_errors()
    result = of(replace(evidence, records=(*evidence.records, broken)), rule=ERRORS)
    assert (result.estimated, result.reasons) == (Decimal(0), ())

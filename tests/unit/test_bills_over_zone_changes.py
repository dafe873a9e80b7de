"""Bills of months with a day of 23 or 25 hours: as many hours as passed, and months that tile all the same.

Europe/Kyiv changes on 2026-03-29 and 2026-10-25; Asia/Almaty went from +06:00 to +05:00 at the midnight
after 2024-02-29 by law, when clocks were put back to 23:00 (IANA time zone database).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from metering.billing_calendar import BillingCalendar
from metering.billing_rules import BillingRule
from metering.calendar import BillingPeriod, MeterZone
from metering.consumption import consumption
from metering.levels import Step
from tests.support.register_evidence import EPOCH, HOUR, hours, known, level

RULE = BillingRule(tolerance=timedelta(0), methods=())
MONTHS = {
    "spring in Kyiv": ("Europe/Kyiv", date(2026, 3, 1), 31 * 24 - 1),
    "autumn in Kyiv": ("Europe/Kyiv", date(2026, 10, 1), 31 * 24 + 1),
    "April in Kyiv": ("Europe/Kyiv", date(2026, 4, 1), 30 * 24),
    "the law in Almaty": ("Asia/Almaty", date(2024, 2, 1), 29 * 24 + 1),
}
ids = pytest.mark.parametrize(("zone", "month", "length"), MONTHS.values(), ids=MONTHS)


def at(moment: datetime) -> int:
    """Whole hours after the epoch of the evidence."""
    return (moment - EPOCH) // HOUR


def billed(period: BillingPeriod, first: int, last: int) -> tuple[int, set[Step]]:
    """What is billed of a meter that counts 1 Gcal an hour; its register is known every ten days."""
    registers = [level(hour, str(hour - first)) for hour in range(first, last, 240)]
    evidence = known(*registers, *hours(first, last, "1"))
    result = consumption(period, [evidence], RULE)
    assert result.value is not None and result.value == result.measured
    (segment,) = result.segments
    return int(result.value), {one.step for one in (segment.opening, segment.closing) if one}


@ids
def test_a_month_is_as_long_as_its_hours(zone: str, month: date, length: int) -> None:
    period = BillingCalendar(1, 0, MeterZone(zone)).period(month)
    assert period.end - period.start == length * HOUR


@ids
def test_every_hour_that_passed_is_billed_once(zone: str, month: date, length: int) -> None:
    """The register is known at the opening; hour records lead to the closing."""
    period = BillingCalendar(1, 0, MeterZone(zone)).period(month)
    first = at(period.start)
    assert billed(period, first, first + length) == (length, {Step.REGISTER, Step.RECORDS})


@ids
def test_months_around_it_add_up(zone: str, month: date, length: int) -> None:
    calendar = BillingCalendar(24, 23, MeterZone(zone))
    before, after = (month - timedelta(days=1)).replace(day=1), (month + timedelta(days=31)).replace(day=1)
    periods = [calendar.period(one) for one in (before, month, after)]
    first, last = at(periods[0].start), at(periods[-1].end)
    whole, _ = billed(BillingPeriod(periods[0].start, periods[-1].end), first, last)
    parts = [billed(period, first, last)[0] for period in periods]
    assert sum(parts) == whole == last - first


@pytest.mark.parametrize("hour", range(24))
def test_a_bill_that_closes_within_the_repeated_hour_closes_once(hour: int) -> None:
    """On 25 October 2026 Kyiv has 03:00 twice: October's bill ends where November's begins."""
    calendar = BillingCalendar(25, hour, MeterZone("Europe/Kyiv"))
    october, november = (calendar.period(date(2026, month, 1)) for month in (10, 11))
    assert october.end == november.start
    assert calendar.month(october.end) == date(2026, 11, 1)
    assert calendar.month(october.end - timedelta(seconds=1)) == date(2026, 10, 1)

"""Billing calendars: instants are worked out by hand from the zone's offset."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.billing_calendar import BillingCalendar
from metering.calendar import BillingPeriod, MeterZone
from metering.errors import ConfigurationError

ALMATY = MeterZone("Asia/Almaty")
ZONES = ("+05:00", "Asia/Almaty", "Europe/Kyiv", "+06:00;2024-02-29T18:00:00Z=+05:00")


def period(start: str, end: str) -> BillingPeriod:
    return BillingPeriod(datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("day", "hour", "month", "expected"),
    [
        pytest.param(24, 0, (2026, 1), ("2025-12-24T00:00+05:00", "2026-01-24T00:00+05:00"), id="24th"),
        pytest.param(
            26, 23, (2026, 3), ("2026-02-26T23:00+05:00", "2026-03-26T23:00+05:00"), id="Bashkir-26th"
        ),
        pytest.param(
            1, 0, (2026, 1), ("2026-01-01T00:00+05:00", "2026-02-01T00:00+05:00"), id="calendar-month"
        ),
        pytest.param(5, 10, (2025, 12), ("2025-12-05T10:00+05:00", "2026-01-05T10:00+05:00"), id="5th"),
        pytest.param(15, 0, (2026, 1), ("2026-01-15T00:00+05:00", "2026-02-15T00:00+05:00"), id="middle"),
        pytest.param(
            15, 1, (2026, 1), ("2025-12-15T01:00+05:00", "2026-01-15T01:00+05:00"), id="past-middle"
        ),
        pytest.param(
            31, 0, (2026, 2), ("2026-01-31T00:00+05:00", "2026-02-28T00:00+05:00"), id="short-month"
        ),
        pytest.param(30, 0, (2028, 3), ("2028-02-29T00:00+05:00", "2028-03-30T00:00+05:00"), id="leap-year"),
    ],
)
def test_the_bill_of_a_month(day: int, hour: int, month: tuple[int, int], expected: tuple[str, str]) -> None:
    asked = date(*month, 17)
    assert BillingCalendar(day, hour, ALMATY).period(asked) == period(*expected)


def test_a_change_of_zone_makes_an_hour_more() -> None:
    """Kazakhstan went from +06:00 to +05:00 on 1 March 2024."""
    bill = BillingCalendar(24, 0, MeterZone(ZONES[3])).period(date(2024, 3, 1))
    assert bill.end - bill.start == timedelta(days=29, hours=1)


def test_an_hour_that_the_clock_leaps_over_still_closes_a_bill() -> None:
    """In Kyiv clocks went from 03:00 to 04:00 on 29 March 2026: 03:00 by the old rule is 01:00 UTC."""
    bill = BillingCalendar(29, 3, MeterZone("Europe/Kyiv")).period(date(2026, 3, 1))
    assert bill.end == datetime(2026, 3, 29, 1, tzinfo=UTC)


@given(
    st.integers(1, 31),
    st.integers(0, 23),
    st.sampled_from(ZONES),
    st.dates(date(2001, 1, 1), date(2190, 1, 1)),
)
def test_months_that_follow_each_other_tile(day: int, hour: int, zone: str, since: date) -> None:
    calendar = BillingCalendar(day, hour, MeterZone(zone))
    months = [date(since.year + n // 12, n % 12 + 1, 1) for n in range(since.month - 1, since.month + 12)]
    for earlier, later in pairwise(map(calendar.period, months)):
        assert earlier.end == later.start


@given(
    st.integers(1, 31),
    st.integers(0, 23),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2001, 1, 1), datetime(2190, 1, 1)),
)
def test_an_instant_lies_on_one_bill(day: int, hour: int, zone: str, at: datetime) -> None:
    calendar, aware = BillingCalendar(day, hour, MeterZone(zone)), at.replace(tzinfo=UTC)
    bill = calendar.period(calendar.month(aware))
    assert bill.start <= aware < bill.end


def test_the_closing_instant_lies_on_the_next_bill() -> None:
    calendar = BillingCalendar(24, 0, ALMATY)
    closing = calendar.period(date(2026, 1, 1)).end
    assert calendar.month(closing) == date(2026, 2, 1)
    assert calendar.month(closing - timedelta(seconds=1)) == date(2026, 1, 1)


@pytest.mark.parametrize(("day", "hour"), [(0, 0), (32, 0), (1, -1), (1, 24)])
def test_no_bill_closes_when_there_is_no_such_time(day: int, hour: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot close"):
        BillingCalendar(day, hour, ALMATY)


@pytest.mark.parametrize(("day", "hour"), [(1, 0), (31, 23)])
def test_the_first_and_the_last_time_are_allowed(day: int, hour: int) -> None:
    assert BillingCalendar(day, hour, ALMATY).day == day


@pytest.mark.parametrize("year", [1999, 2200])
def test_years_that_nobody_bills_are_refused(year: int) -> None:
    with pytest.raises(ConfigurationError, match=f"The year {year} is not billed"):
        BillingCalendar(24, 0, ALMATY).period(date(year, 1, 1))


@pytest.mark.parametrize("year", [2000, 2199])
def test_the_first_and_the_last_year_are_billed(year: int) -> None:
    assert BillingCalendar(24, 0, ALMATY).period(date(year, 12, 1)).end.year == year

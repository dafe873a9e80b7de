"""Zones of meters' clocks: summer time of the tz database, and changes by law as they were decreed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slots
from metering.errors import ConfigurationError

LAW = "+06:00;2024-02-29T18:00:00Z=+05:00"
"""Most of Kazakhstan went over from UTC+6 to UTC+5 on 1 March 2024 at 00:00 (decree No. 18 of 19.01.2024)."""
FORWARD = "+05:00;2024-02-29T19:00:00Z=+06:00"


def utc(*particulars: int) -> datetime:
    return datetime(*particulars, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("meter_time", "at"),
    [
        (datetime(2024, 2, 29, 22, 30), utc(2024, 2, 29, 16, 30)),
        (datetime(2024, 2, 29, 23, 30), utc(2024, 2, 29, 17, 30)),
        (datetime(2024, 2, 29, 23, 30, fold=1), utc(2024, 2, 29, 18, 30)),
        (datetime(2024, 3, 1, 0, 0), utc(2024, 2, 29, 19, 0)),
        (datetime(2024, 3, 1, 12, 0), utc(2024, 3, 1, 7, 0)),
    ],
)
def test_a_change_by_law_puts_the_clock_back_an_hour(meter_time: datetime, at: datetime) -> None:
    zone = MeterZone(LAW)
    assert zone.to_utc(meter_time) == at
    assert zone.to_meter_time(at) == meter_time


@pytest.mark.parametrize(("zone", "hours"), [(LAW, 25), ("+05:00", 24), (FORWARD, 23)])
def test_a_day_has_as_many_hours_as_its_zone_says(zone: str, hours: int) -> None:
    """29 February 2024, or 1 March where the clock is put forward at its midnight."""
    day = datetime(2024, 3, 1) if zone == FORWARD else datetime(2024, 2, 29)
    one = MeterZone(zone).slot(MeterSlot(day, day + timedelta(days=1)))
    assert (one.end - one.start) / timedelta(hours=1) == hours


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Kyiv", datetime(2026, 3, 29), 23),
        ("Europe/Kyiv", datetime(2026, 10, 25), 25),
        ("Asia/Almaty", datetime(2026, 3, 29), 24),
    ],
)
def test_summer_time_of_the_tz_database(name: str, day: datetime, hours: int) -> None:
    zone = MeterZone(name)
    one = zone.slot(MeterSlot(day, day + timedelta(days=1)))
    assert (one.end - one.start) / timedelta(hours=1) == hours
    starts = [zone.to_utc(slot.start) for slot in slots(ArchiveKind.HOUR, day, day + timedelta(days=1))]
    assert len(set(starts)) == min(hours, 24), "the meter has one stamp for both of a repeated hour"
    assert starts == sorted(starts), "and none comes before another"


@given(
    st.datetimes(min_value=datetime(2023, 1, 1), max_value=datetime(2025, 12, 31)),
    st.sampled_from([LAW, FORWARD]),
)
def test_every_instant_has_a_meter_time_that_leads_back_to_it(at: datetime, name: str) -> None:
    zone, instant = MeterZone(name), at.replace(tzinfo=UTC)
    shown = zone.to_meter_time(instant)
    assert instant in (zone.to_utc(shown), zone.to_utc(shown.replace(fold=1)))


@given(st.datetimes(min_value=datetime(2024, 2, 27), max_value=datetime(2024, 3, 3)))
def test_no_slot_is_empty_or_runs_backwards(at: datetime) -> None:
    start = at.replace(minute=0, second=0, microsecond=0)
    for name in (LAW, FORWARD, "Europe/Kyiv"):
        slot = MeterZone(name).slot(MeterSlot(start, start + timedelta(hours=1)))
        assert timedelta() < slot.end - slot.start <= timedelta(hours=2)


@pytest.mark.parametrize(
    ("zone", "leapt"),
    [
        (FORWARD, [datetime(2024, 3, 1)]),
        (LAW, []),
        ("Europe/Kyiv", []),
        ("+05:00;2024-03-01T03:30:00Z=+07:00", [datetime(2024, 3, 1, 9)]),
    ],
    ids=["an hour forward", "an hour back", "no change", "two hours forward at half past"],
)
def test_hours_over_which_the_clock_leapt(zone: str, leapt: list[datetime]) -> None:
    """A part of an hour is an hour still, and so is the day that begins with a leap."""
    clock, day = MeterZone(zone), datetime(2024, 3, 1)
    hours = slots(ArchiveKind.HOUR, day, day + timedelta(days=1))
    assert [hour.start for hour in hours if clock.leaps_over(hour)] == leapt
    assert not clock.leaps_over(MeterSlot(day, day + timedelta(days=1)))


@pytest.mark.parametrize(
    "name",
    [
        "+06:00;yesterday=+05:00",
        "+06:00;2024-02-29T18:00:00Z=Mars",
        "+06:00;2024-02-29T18:00:00Z=+05:00;2023-01-01T00:00:00Z=+06:00",
        "+06:00;" + ";".join(f"20{n:02}-01-01T00:00:00Z=+05:00" for n in range(10, 40)),
    ],
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        MeterZone(name)

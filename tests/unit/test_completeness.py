"""What is wanted of an archive day by day; expected numbers are counted on the calendar, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from metering.calendar import ArchiveKind
from metering.completeness import CountedPeriod, Tally, Watched, wanted_days
from metering.plans import Keeps, KindPlan, PollPlan
from metering.readings import GapReason

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KEEPS = Keeps({ArchiveKind.HOUR: 1000, ArchiveKind.DAY: 60, ArchiveKind.MONTH: 12, ArchiveKind.TOTAL: 60})
METER = Watched(
    usage_point_id=1,
    code="UP-1",
    name="School",
    zone="+05:00",
    district="Медеу",
    service_centre="North",
    meter_id=7,
    serial="123",
    meter_zone="+05:00",
    line_id=3,
    polled=True,
    registered_at=LONG_AGO,
    installed_at=LONG_AGO,
    removed_at=None,
    keeps=KEEPS,
    plan=PollPlan(),
)


def local(day: int, hour: int = 0, month: int = 1) -> datetime:
    """A moment of 2026 at +05:00."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - 5 * HOUR


def wanted(meter: Watched, period: CountedPeriod, *kinds: ArchiveKind) -> dict[tuple[str, date], int]:
    return {
        (one.kind.value, one.day): one.wanted
        for one in wanted_days(meter, period, kinds or list(ArchiveKind))
    }


def whole(start: datetime, end: datetime) -> CountedPeriod:
    return CountedPeriod(start, end, end + 60 * DAY)


def test_a_day_has_24_hours_one_day_and_one_level() -> None:
    day = date(2026, 1, 10)
    assert wanted(METER, whole(local(10), local(11))) == {
        ("hour", day): 24,
        ("day", day): 1,
        ("total", day): 1,
    }


def test_a_month_is_wanted_on_its_first_day() -> None:
    found = wanted(METER, whole(local(1), local(1, month=3)), ArchiveKind.MONTH)
    assert found == {("month", date(2026, 1, 1)): 1, ("month", date(2026, 2, 1)): 1}


def test_levels_of_months_stand_at_their_first_days() -> None:
    monthly = replace(METER, keeps=Keeps({ArchiveKind.TOTAL: 24}, ArchiveKind.MONTH))
    found = wanted(monthly, whole(local(2), local(2, month=2)), ArchiveKind.TOTAL)
    assert found == {("total", date(2026, 2, 1)): 1}


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),  # clocks go forward on the last Sunday of March
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Asia/Almaty", date(2024, 2, 29), 25),  # Kazakhstan went to UTC+5 by law at the end of that day
        ("Europe/Berlin", date(2026, 3, 28), 24),
    ],
)
def test_a_lengthened_day_has_25_hours_of_a_meter_without_summer_time(
    zone: str, day: date, hours: int
) -> None:
    around = datetime.combine(day, datetime.min.time(), UTC)
    meter = replace(METER, zone=zone, meter_zone="+05:00")
    assert wanted(meter, whole(around - 2 * DAY, around + 3 * DAY), ArchiveKind.HOUR)["hour", day] == hours


def test_an_hour_that_a_meter_with_summer_time_skips_is_not_wanted() -> None:
    meter = replace(METER, zone="Europe/Berlin", meter_zone="Europe/Berlin")
    spring = whole(datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
    assert wanted(meter, spring, ArchiveKind.HOUR)["hour", date(2026, 3, 29)] == 23


def test_slots_that_have_not_ended_are_not_wanted_yet() -> None:
    """At 10:30 of a day ten hours have ended, the day has not, and the level of midnight stands."""
    now = CountedPeriod(local(10), local(11), local(10, 10) + HOUR / 2)
    day = date(2026, 1, 10)
    assert wanted(METER, now) == {("hour", day): 10, ("total", day): 1}


def test_nothing_is_wanted_before_the_installation_or_after_the_removal() -> None:
    """Both days are cut: neither of their daily records is whole."""
    guest = replace(METER, installed_at=local(10, 6), removed_at=local(11, 3))
    found = wanted(guest, whole(local(1), local(20)), ArchiveKind.HOUR, ArchiveKind.DAY)
    assert found == {
        ("hour", date(2026, 1, 10)): 18,
        ("hour", date(2026, 1, 11)): 3,
    }


def test_a_newly_registered_meter_is_wanted_as_deep_as_its_plan() -> None:
    """Registered at 10:20, 48 hours deep: the slots from 10:00 two days before on."""
    new = replace(
        METER,
        registered_at=local(20, 10) + timedelta(minutes=20),
        plan=PollPlan(archives={ArchiveKind.HOUR: KindPlan(48)}),
    )
    found = wanted(new, whole(local(1), local(21)))
    assert found == {
        ("hour", date(2026, 1, 18)): 14,
        ("hour", date(2026, 1, 19)): 24,
        ("hour", date(2026, 1, 20)): 24,
    }


def test_the_memory_bounds_the_depth_of_a_plan() -> None:
    new = replace(METER, registered_at=local(20, 10), keeps=Keeps({ArchiveKind.HOUR: 12}))
    assert wanted(new, whole(local(1), local(20, 10))) == {
        ("hour", date(2026, 1, 19)): 2,
        ("hour", date(2026, 1, 20)): 10,
    }


def test_an_archive_that_nobody_reads_or_keeps_is_not_wanted() -> None:
    period = whole(local(10), local(11))
    assert not wanted(replace(METER, keeps=Keeps()), period)
    assert not wanted(replace(METER, plan=PollPlan(archives={ArchiveKind.HOUR: KindPlan(0)})), period)


def test_tallies_add_up_and_tell_what_is_missing() -> None:
    first = Tally(24, 20, 1, {GapReason.NO_RECORD: 2})
    second = Tally(24, 24)
    third = Tally(24, 0, 0, {GapReason.NO_RECORD: 1, GapReason.UNREADABLE: 1})
    assert (first.missing, first.lacking, second.missing) == (1, 4, 0)
    assert first + second + third == Tally(72, 44, 1, {GapReason.NO_RECORD: 3, GapReason.UNREADABLE: 1})

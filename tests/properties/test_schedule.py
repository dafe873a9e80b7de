"""Whatever the clock does: no beat is doubled, none is lost, and every poll starts within its window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from collector.schedule import back_off, may_start, next_beat, next_due
from metering.calendar import MeterZone
from metering.plans import EVERY_DAY, PollPlan, Window
from metering.polls import PollHistory

ZONES = ("Europe/Kyiv", "Asia/Almaty", "Australia/Lord_Howe", "Africa/Cairo", "+05:00", "-03:30")
"""Clocks that change by an hour, by half an hour, at midnight, by law (Almaty, 1 March 2024), and never."""
CHANGES = (
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2024, 4, 25, 12, tzinfo=UTC),
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

zones = st.sampled_from(ZONES).map(MeterZone)
instants = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-3000, 3000),
)
whole_beats = st.sampled_from([MINUTE * 15, MINUTE * 30, HOUR])
"""Beats that fill an hour, so that they fill days of 23 and 25 hours as well."""
long_beats = st.sampled_from([2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY])
hours = st.integers(0, 23)
windows = st.builds(
    lambda first, length: Window(first, (first + length - 1) % 24 + 1), hours, st.integers(1, 23)
)
weekdays = st.frozensets(st.sampled_from(sorted(EVERY_DAY)), min_size=1)
meters = st.integers(1, 10**9)
shares = st.floats(0, 0.999999)


def beats(plan: PollPlan, start: datetime, end: datetime, zone: MeterZone, share: float) -> list[datetime]:
    found, at = [], start
    while (at := next_beat(plan, at, zone, share)) < end:
        found.append(at)
    return found


@given(zones, instants, whole_beats, shares)
def test_short_beats_are_evenly_apart_on_every_day(
    zone: MeterZone, start: datetime, every: timedelta, share: float
) -> None:
    assume(every < HOUR or zone.name != "Australia/Lord_Howe")  # its clock changes by half an hour
    found = beats(PollPlan(every=every), start, start + 2 * DAY, zone, share)
    assert len(found) == 2 * DAY // every or len(found) == 2 * DAY // every - 1
    steps = {later - earlier for earlier, later in pairwise(found)}
    assert all(abs(step - every) <= timedelta(microseconds=2) for step in steps)


@given(zones, instants, long_beats, shares)
def test_long_beats_come_once_on_each_day_of_the_calendar(
    zone: MeterZone, start: datetime, every: timedelta, share: float
) -> None:
    midnight = zone.to_meter_time(start).replace(hour=0, minute=0, second=0, microsecond=0)
    first = zone.to_utc(midnight)
    end = zone.to_utc(midnight + 3 * DAY)
    found = beats(PollPlan(every=every), first - timedelta(microseconds=1), end, zone, 0)
    assert len(found) == 3 * DAY // every
    late = beats(PollPlan(every=every), first - timedelta(microseconds=1), end, zone, share)
    assert abs(len(late) - len(found)) <= 1
    assert late == sorted(set(late))


@given(
    zones, instants, st.sampled_from([20 * MINUTE, HOUR, 5 * HOUR, DAY, 7 * DAY]), windows, weekdays, shares
)
def test_every_poll_starts_within_its_window_and_soon_enough(
    zone: MeterZone, after: datetime, every: timedelta, window: Window, days: frozenset[int], share: float
) -> None:
    plan = PollPlan(every=every, window=window, weekdays=days)
    beat = next_beat(plan, after, zone, share)
    assert beat > after
    assert may_start(plan, beat, zone)
    assert beat - after <= max(every, DAY) + 8 * DAY


@given(zones, instants, windows, weekdays, st.integers(1, 40), meters)
def test_a_repetition_is_never_early_and_never_outside_its_window(
    zone: MeterZone, last: datetime, window: Window, days: frozenset[int], failures: int, meter: int
) -> None:
    plan = PollPlan(window=window, weekdays=days)
    due = next_due(meter, plan, PollHistory(last, failures), zone)
    assert due is not None
    assert due >= last + back_off(plan, failures, meter)
    assert may_start(plan, due, zone)


@given(instants, st.sampled_from([HOUR, 6 * HOUR, DAY]), meters)
def test_another_zone_by_law_loses_no_beat(after: datetime, every: timedelta, meter: int) -> None:
    """The meter's zone is a row; here it was another one when the last poll ended."""
    at_plus_6 = next_due(meter, PollPlan(every=every), PollHistory(after), MeterZone("+06:00"))
    assert at_plus_6 is not None
    due = next_due(meter, PollPlan(every=every), PollHistory(at_plus_6), MeterZone("+05:00"))
    assert due is not None
    assert at_plus_6 < due <= at_plus_6 + every + timedelta(microseconds=1)

"""When a meter is due: beats of its zone's clock, staggered, within its window; failures slow a meter down.

The expected instants are counted by hand; Kazakhstan is at UTC+5 all the year since March 2024.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.schedule import (
    JITTER,
    LONGEST_BACK_OFF,
    back_off,
    kinds_due,
    may_start,
    next_beat,
    next_due,
    stagger,
)
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import ConfigurationError
from metering.plans import KindPlan, PollPlan, Window
from metering.polls import Outcome, PollHistory

ALMATY = MeterZone("Asia/Almaty")
KYIV = MeterZone("Europe/Kyiv")
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
"""A Saturday, 17:00 in Almaty."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURLY = PollPlan(every=HOUR, retry=timedelta(minutes=1))


def almaty(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of January 2026 there."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC) - timedelta(hours=5)


def test_a_meter_never_polled_is_due_at_once() -> None:
    assert next_due(7, HOURLY, PollHistory(), ALMATY) is None


@pytest.mark.parametrize("minutes", [0, 7, 59])
def test_beats_follow_the_wall_clock_and_not_the_last_poll(minutes: int) -> None:
    last = NOON + timedelta(minutes=minutes)
    due = next_due(7, HOURLY, PollHistory(last), ALMATY)
    assert due is not None
    assert (due - NOON - stagger(7, HOUR)) % HOUR == timedelta(0)
    assert timedelta(0) < due - last <= HOUR


@pytest.mark.parametrize(
    ("plan", "after", "expected"),
    [
        (PollPlan(every=timedelta(minutes=15)), almaty(10, 17, 7), almaty(10, 17, 15)),
        (PollPlan(every=timedelta(hours=6)), almaty(10, 17), almaty(10, 18)),
        (PollPlan(every=timedelta(hours=6)), almaty(10, 18), almaty(11, 0)),
        (PollPlan(every=timedelta(hours=5)), almaty(10, 21), almaty(11, 0)),
        (PollPlan(every=DAY), almaty(10, 17), almaty(11, 0)),
        (PollPlan(every=DAY, window=Window(1, 5)), almaty(10, 17), almaty(11, 1)),
        (PollPlan(every=DAY, window=Window(1, 5)), almaty(10, 0, 30), almaty(10, 1)),
        (PollPlan(every=HOUR, window=Window(22, 2)), almaty(10, 23, 30), almaty(11, 0)),
        (PollPlan(every=HOUR, window=Window(22, 2)), almaty(11, 1), almaty(11, 22)),
        (PollPlan(every=HOUR, window=Window(20, 24)), almaty(10, 23), almaty(11, 20)),
        (PollPlan(every=DAY, weekdays=frozenset({0, 1, 2, 3, 4})), almaty(10, 17), almaty(12, 0)),
        (PollPlan(every=HOUR, weekdays=frozenset({4}), window=Window(22, 2)), almaty(10, 0), almaty(10, 1)),
        (PollPlan(every=HOUR, weekdays=frozenset({4}), window=Window(22, 2)), almaty(10, 1), almaty(16, 22)),
        (PollPlan(every=7 * DAY), almaty(10, 17), almaty(12, 0)),
        (PollPlan(every=7 * DAY), almaty(12, 0), almaty(19, 0)),
        (PollPlan(every=7 * DAY, weekdays=frozenset({2})), almaty(10, 17), almaty(14, 0)),
        (PollPlan(every=2 * DAY, weekdays=frozenset({5, 6})), almaty(11, 17), almaty(17, 0)),
        (PollPlan(every=365 * DAY), almaty(10, 17), almaty(10, 0) + 350 * DAY),
        (PollPlan(every=365 * DAY, weekdays=frozenset({0})), almaty(10, 17), almaty(10, 0) + 352 * DAY),
    ],
)
def test_beats_stand_in_days_windows_and_weekdays(
    plan: PollPlan, after: datetime, expected: datetime
) -> None:
    assert next_beat(plan, after, ALMATY) == expected


@pytest.mark.parametrize(
    ("plan", "now", "allowed"),
    [
        (PollPlan(), NOON, True),
        (PollPlan(window=Window(22, 5)), almaty(10, 21, 59), False),
        (PollPlan(window=Window(22, 5)), almaty(10, 22), True),
        (PollPlan(window=Window(22, 5)), almaty(11, 4, 59), True),
        (PollPlan(window=Window(22, 5)), almaty(11, 5), False),
        (PollPlan(weekdays=frozenset({5})), NOON, True),
        (PollPlan(weekdays=frozenset({6})), NOON, False),
        (PollPlan(weekdays=frozenset({5}), window=Window(22, 5)), almaty(11, 4), True),
        (PollPlan(weekdays=frozenset({6}), window=Window(22, 5)), almaty(11, 4), False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(plan: PollPlan, now: datetime, allowed: bool) -> None:
    assert may_start(plan, now, ALMATY) is allowed


def test_a_window_that_the_clock_leaves_out_is_made_up_for() -> None:
    """Kyiv, 29 March 2026: 03:00 to 04:00 is left out; 03:00 would be 01:00 UTC, when it becomes 04:00."""
    plan = PollPlan(every=DAY, window=Window(3, 4))
    beat = next_beat(plan, datetime(2026, 3, 28, 12, tzinfo=UTC), KYIV, 0.5)
    assert beat == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert may_start(plan, beat, KYIV)


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        (1, timedelta(minutes=1)),
        (2, timedelta(minutes=2)),
        (5, timedelta(minutes=16)),
        (9, timedelta(minutes=256)),
    ],
)
def test_each_failure_doubles_the_pause(failures: int, expected: timedelta) -> None:
    pauses = {back_off(HOURLY, failures, meter) for meter in range(100)}
    assert len(pauses) > 90
    assert all(abs(pause - expected) <= expected * JITTER for pause in pauses)
    pause = back_off(HOURLY, failures, 7)
    assert next_due(7, HOURLY, PollHistory(NOON, failures), ALMATY) == NOON + pause


def test_no_pause_is_longer_than_six_hours() -> None:
    pauses = [back_off(HOURLY, 10_000, meter) for meter in range(100)]
    assert LONGEST_BACK_OFF * 0.8 < min(pauses) < max(pauses) <= LONGEST_BACK_OFF


def test_a_repetition_outside_the_window_waits_for_it() -> None:
    plan = PollPlan(every=DAY, retry=HOUR, window=Window(1, 5))
    due = next_due(7, plan, PollHistory(almaty(10, 4, 30), 1), ALMATY)
    assert due == almaty(11, 1) + stagger(7, timedelta(hours=4))


def test_a_repetition_within_the_window_waits_for_nothing_else() -> None:
    plan = PollPlan(every=DAY, retry=HOUR, window=Window(22, 5))
    last = almaty(11, 1)
    assert next_due(7, plan, PollHistory(last, 1), ALMATY) == last + back_off(plan, 1, 7)


def test_meters_start_at_different_moments() -> None:
    offsets = {stagger(meter, HOUR) for meter in range(100)}
    assert len(offsets) == 100
    assert all(timedelta(0) <= offset < HOUR for offset in offsets)


@pytest.mark.parametrize(
    "history",
    [
        PollHistory(NOON, spared_until=NOON + 7 * HOUR),
        PollHistory(NOON, failures=3, spared_until=NOON + 7 * HOUR),
        PollHistory(spared_until=NOON + 7 * HOUR),
    ],
    ids=["routine", "failed", "never read"],
)
def test_a_budget_that_is_spent_goes_before_everything(history: PollHistory) -> None:
    assert next_due(7, HOURLY, history, ALMATY) == NOON + 7 * HOUR


def test_a_budget_that_is_long_free_again_delays_nothing() -> None:
    history = PollHistory(NOON, spared_until=NOON - HOUR)
    assert next_due(7, HOURLY, history, ALMATY) == next_due(7, HOURLY, PollHistory(NOON), ALMATY)


DEPTHS = {ArchiveKind.HOUR: 1000, ArchiveKind.DAY: 60, ArchiveKind.MONTH: 0}
NIGHTLY_HOURS = PollPlan(
    archives={
        ArchiveKind.HOUR: KindPlan(100, DAY),
        ArchiveKind.DAY: KindPlan(10),
        ArchiveKind.MONTH: KindPlan(3),
    }
)


@pytest.mark.parametrize(
    ("read_at", "failures", "expected"),
    [
        (None, 0, ["hour", "day"]),
        (almaty(10, 1), 0, ["day"]),
        (almaty(9, 23), 0, ["hour", "day"]),
        (almaty(10, 1), 1, ["hour", "day"]),
    ],
    ids=["never read", "read since midnight", "not read since midnight", "partly read"],
)
def test_an_archive_has_a_beat_of_its_own(
    read_at: datetime | None, failures: int, expected: list[str]
) -> None:
    history = PollHistory(read_at, failures, Outcome.OK, read_at)
    assert kinds_due(NIGHTLY_HOURS, history, NOON, ALMATY, DEPTHS) == expected


def test_an_archive_without_depth_is_not_asked() -> None:
    plan = PollPlan(archives={ArchiveKind.HOUR: KindPlan(0)})
    assert kinds_due(plan, PollHistory(), NOON, ALMATY, DEPTHS) == []


@pytest.mark.parametrize(
    "wrong", [{"every": timedelta()}, {"retry": timedelta()}, {"weekdays": frozenset()}], ids=str
)
def test_a_plan_that_would_never_come_to_an_end_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        PollPlan(**wrong)  # type: ignore[arg-type]

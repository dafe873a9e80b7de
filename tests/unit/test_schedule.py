"""When a meter is due: beats of the wall clock, staggered; failures slow a meter down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.schedule import EPOCH, LONGEST_BACK_OFF, PollPlan, back_off, is_due, next_due, stagger
from metering.polls import PollHistory

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOURLY = PollPlan(every=timedelta(hours=1), retry=timedelta(minutes=1))


def test_a_meter_never_polled_is_due_at_once() -> None:
    assert next_due(7, HOURLY, PollHistory()) is None
    assert is_due(7, HOURLY, PollHistory(), NOON)


@pytest.mark.parametrize("minutes", [0, 7, 59])
def test_beats_follow_the_wall_clock_and_not_the_last_poll(minutes: int) -> None:
    due = next_due(7, HOURLY, PollHistory(NOON + timedelta(minutes=minutes)))
    assert due is not None
    assert (due - EPOCH - stagger(7, HOURLY.every)) % HOURLY.every == timedelta(0)
    assert timedelta(0) < due - (NOON + timedelta(minutes=minutes)) <= HOURLY.every


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        (1, timedelta(minutes=1)),
        (2, timedelta(minutes=2)),
        (5, timedelta(minutes=16)),
        (20, LONGEST_BACK_OFF),
    ],
)
def test_each_failure_doubles_the_pause(failures: int, expected: timedelta) -> None:
    assert back_off(HOURLY, failures) == expected
    assert next_due(7, HOURLY, PollHistory(NOON, failures)) == NOON + expected


def test_meters_start_at_different_moments() -> None:
    offsets = {stagger(meter, HOURLY.every) for meter in range(100)}
    assert len(offsets) == 100
    assert all(timedelta(0) <= offset < HOURLY.every for offset in offsets)


def test_a_meter_an_operator_asked_for_is_due_at_once() -> None:
    assert is_due(7, HOURLY, PollHistory(NOON, asked=True), NOON)
    assert is_due(7, HOURLY, PollHistory(NOON, failures=9, asked=True), NOON)


DAILY_BUDGET = PollPlan(every=timedelta(hours=1), budgets={"m": 4})


@pytest.mark.parametrize(
    "history",
    [
        PollHistory(NOON, spared_until=NOON + timedelta(hours=7)),
        PollHistory(NOON, asked=True, spared_until=NOON + timedelta(hours=7)),
        PollHistory(NOON, failures=3, spared_until=NOON + timedelta(hours=7)),
        PollHistory(spared_until=NOON + timedelta(hours=7)),
    ],
    ids=["routine", "asked by an operator", "failed", "never read"],
)
def test_a_battery_is_spared_whoever_asks(history: PollHistory) -> None:
    assert next_due(7, DAILY_BUDGET, history) == NOON + timedelta(hours=7)
    assert not is_due(7, DAILY_BUDGET, history, NOON + timedelta(hours=6))
    assert is_due(7, DAILY_BUDGET, history, NOON + timedelta(hours=7))


def test_a_budget_that_is_long_free_again_delays_nothing() -> None:
    history = PollHistory(NOON, spared_until=NOON - timedelta(hours=1))
    assert next_due(7, DAILY_BUDGET, history) == next_due(7, HOURLY, PollHistory(NOON))

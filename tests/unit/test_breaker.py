"""A dead meter is probed, and a dead line rests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.breaker import SILENT_POLLS, line_rests_until, probing
from collector.schedule import JITTER
from metering.plans import PollPlan
from metering.polls import ASKED_NOBODY, LINE_FAULTS, Outcome, PollHistory

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = PollPlan(retry=MINUTE)
OK = PollHistory(NOON, 0, Outcome.OK, NOON)


def down(failures: int, outcome: Outcome = Outcome.NO_LINK, minutes: int = 0) -> PollHistory:
    return PollHistory(NOON + minutes * MINUTE, failures, outcome)


@pytest.mark.parametrize(
    ("failures", "outcome", "expected"),
    [
        (SILENT_POLLS - 1, Outcome.METER_SILENT, False),
        (SILENT_POLLS, Outcome.METER_SILENT, True),
        (SILENT_POLLS, Outcome.NO_LINK, False),
        (0, Outcome.OK, False),
    ],
)
def test_a_meter_that_is_silent_for_long_is_probed(failures: int, outcome: Outcome, expected: bool) -> None:
    assert probing(down(failures, outcome)) is expected


@pytest.mark.parametrize("outcome", sorted(LINE_FAULTS))
def test_a_line_rests_when_none_of_its_meters_could_be_reached(outcome: Outcome) -> None:
    rests_until = line_rests_until({1: down(3, outcome), 2: down(4, outcome, minutes=1)}, PLAN, 5)
    assert rests_until is not None
    pause = rests_until - (NOON + MINUTE)
    assert abs(pause - 4 * MINUTE) <= 4 * MINUTE * JITTER


def test_a_meter_that_was_dead_before_makes_no_rest_longer() -> None:
    alone = line_rests_until({1: down(1)}, PLAN, 5)
    assert line_rests_until({1: down(1), 2: down(40)}, PLAN, 5) == alone


def test_lines_that_went_down_together_come_back_apart() -> None:
    assert len({line_rests_until({1: down(3)}, PLAN, line) for line in range(100)}) > 90


@pytest.mark.parametrize(
    "histories",
    [
        {},
        {1: PollHistory()},
        {1: down(3), 2: OK},
        {1: down(3), 2: PollHistory()},
        {1: down(3), 2: down(9, Outcome.METER_SILENT)},
        {1: down(3, Outcome.MODEM_AWAY)},
        {1: down(3, Outcome.NO_FREE_MODEM)},
    ],
    ids=["no meter", "new", "one ok", "one new", "one silent", "modem away", "no free modem"],
)
def test_otherwise_it_does_not_rest(histories: dict[int, PollHistory]) -> None:
    assert line_rests_until(histories, PLAN, 5) is None


def test_faults_of_the_line_cost_no_battery() -> None:
    assert LINE_FAULTS - {Outcome.LINE_LOST} <= ASKED_NOBODY

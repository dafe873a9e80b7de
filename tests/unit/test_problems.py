"""What is a problem, which comes first, and until when it can be mended; dates are counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metering.calendar import ArchiveKind
from metering.completeness import CountedDay, Tally, WantedDay, Watched, wanted_days
from metering.diagnosis import (
    MANY_FAILURES,
    MeterNow,
    falls_out,
    in_danger,
    problems_of_line,
    problems_of_meter,
)
from metering.plans import Keeps, KindPlan, PollPlan
from metering.polls import Budget, Outcome, PollHistory
from metering.problems import PROBLEMS, Problem, ProblemKind, Where, ranked

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 1, 20, 7, 30, tzinfo=UTC)
"""12:30 at +05:00, before the closing of the 24th."""
LONG_AGO = NOW - 400 * DAY
WATCHED = Watched(
    usage_point_id=1,
    code="UP-1",
    name="School",
    zone="+05:00",
    district="North",
    service_centre="",
    meter_id=7,
    serial="123",
    meter_zone="+05:00",
    line_id=3,
    polled=True,
    registered_at=LONG_AGO,
    installed_at=LONG_AGO,
    removed_at=None,
    keeps=Keeps({ArchiveKind.HOUR: 240}),
    plan=PollPlan(),
)
HEALTHY = MeterNow(
    WATCHED, PollHistory(NOW - HOUR, 0, Outcome.OK, NOW - HOUR), ok_at=NOW - HOUR, level_at=NOW - HOUR
)


def failing(outcome: Outcome | None, failures: int = MANY_FAILURES, read: timedelta = 5 * DAY) -> MeterNow:
    history = PollHistory(NOW - HOUR, failures, outcome, NOW - read)
    return replace(HEALTHY, history=history, ok_at=NOW - read, level_at=NOW - read)


def kinds(problems: list[Problem]) -> list[ProblemKind]:
    return [problem.kind for problem in problems]


def test_a_meter_that_is_read_is_no_problem() -> None:
    assert problems_of_line([HEALTHY], NOW) == []
    assert in_danger(HEALTHY, ArchiveKind.HOUR, NOW) is None


def test_slots_since_the_last_complete_reading_are_looked_at_when_they_fall_out_soon() -> None:
    """Ten days of hours: at 12:30 of the 20th from 12:00 of the 10th on, then from the 13th on."""
    never = replace(HEALTHY, ok_at=None)
    period = in_danger(never, ArchiveKind.HOUR, NOW)
    assert period is not None
    assert (period.start, period.end) == (
        datetime(2026, 1, 10, 7, tzinfo=UTC),
        datetime(2026, 1, 13, 7, tzinfo=UTC),
    )
    read = replace(HEALTHY, ok_at=datetime(2026, 1, 12, 3, 20, tzinfo=UTC))
    period = in_danger(read, ArchiveKind.HOUR, NOW)
    assert period is not None
    assert period.start == datetime(2026, 1, 12, 3, tzinfo=UTC)


def test_a_short_memory_warns_for_half_its_length() -> None:
    short = replace(HEALTHY, ok_at=None, watched=replace(WATCHED, keeps=Keeps({ArchiveKind.HOUR: 24})))
    period = in_danger(short, ArchiveKind.HOUR, NOW)
    assert period is not None
    assert period.end - period.start == 12 * HOUR


def test_what_the_plan_no_longer_asks_for_is_out_of_reach() -> None:
    shallow = replace(WATCHED, plan=PollPlan(archives={ArchiveKind.HOUR: KindPlan(48)}))
    period = in_danger(replace(HEALTHY, ok_at=None, watched=shallow), ArchiveKind.HOUR, NOW)
    assert period is not None
    assert period.start == datetime(2026, 1, 18, 7, tzinfo=UTC)
    assert in_danger(replace(HEALTHY, ok_at=None, watched=shallow), ArchiveKind.DAY, NOW) is None


def test_an_archive_with_a_beat_of_its_own_may_lack_what_is_older_than_the_beat() -> None:
    weekly = replace(WATCHED, plan=PollPlan(archives={ArchiveKind.HOUR: KindPlan(240, 8 * DAY)}))
    period = in_danger(replace(HEALTHY, watched=weekly), ArchiveKind.HOUR, NOW)
    assert period is not None
    assert period.start == datetime(2026, 1, 12, 6, tzinfo=UTC)


def counted(meter: MeterNow, stored: int) -> list[CountedDay]:
    period = in_danger(meter, ArchiveKind.HOUR, NOW)
    assert period is not None
    days: list[WantedDay] = list(wanted_days(meter.watched, period, {ArchiveKind.HOUR}))
    return [CountedDay(one, Tally(one.wanted, min(stored, one.wanted))) for one in days]


def test_missing_slots_are_told_with_the_day_of_their_loss() -> None:
    """The hour from 12:00 of the 10th is overwritten by the record of the 20th, 12:00 to 13:00, at 13:00."""
    meter = replace(failing(Outcome.METER_SILENT), ok_at=None)
    found = falls_out(meter, counted(meter, 0), NOW)
    assert found is not None
    assert (found.count, found.outcome, found.budget) == (72, Outcome.METER_SILENT, None)
    assert found.due_at == datetime(2026, 1, 20, 8, tzinfo=UTC)
    assert falls_out(meter, counted(meter, 24), NOW) is None


def test_what_does_not_fit_into_a_budget_is_told_with_the_budget() -> None:
    until = NOW + 2 * DAY
    history = PollHistory(NOW, 0, Outcome.OK, NOW - 9 * DAY, until, Budget.TRAFFIC)
    meter = replace(HEALTHY, ok_at=None, history=history)
    found = falls_out(meter, counted(meter, 0), NOW)
    assert found is not None
    assert (found.outcome, found.budget, found.spared_until) == (Outcome.OVER_BUDGET, Budget.TRAFFIC, until)


@pytest.mark.parametrize(
    ("now", "level_at", "lacks"),
    [
        (datetime(2026, 1, 23, 18, 59, tzinfo=UTC), LONG_AGO, False),  # the 24th has not begun at +05:00
        (datetime(2026, 1, 23, 19, 1, tzinfo=UTC), LONG_AGO, True),
        (datetime(2026, 1, 25, 18, 59, tzinfo=UTC), None, True),
        (datetime(2026, 1, 25, 19, 1, tzinfo=UTC), None, False),  # the deadline is over
        (datetime(2026, 1, 24, 12, 0, tzinfo=UTC), datetime(2026, 1, 23, 19, tzinfo=UTC), False),
    ],
)
def test_a_bill_without_a_reading_is_a_problem_until_its_deadline(
    now: datetime, level_at: datetime | None, lacks: bool
) -> None:
    meter = replace(HEALTHY, level_at=level_at, history=PollHistory(now, 0, Outcome.OK, now))
    problems = problems_of_meter(meter, now)
    assert kinds(problems) == [ProblemKind.NO_CLOSING] * lacks
    assert all(one.due_at == datetime(2026, 1, 25, 19, tzinfo=UTC) for one in problems)


@pytest.mark.parametrize(
    ("meter", "told"),
    [
        (failing(Outcome.METER_SILENT), [ProblemKind.NOT_READ]),
        (failing(Outcome.METER_SILENT, failures=2), []),
        (failing(Outcome.METER_SILENT, read=HOUR), []),
        (failing(Outcome.CLOCK_WRONG), []),
        (failing(None, failures=0), [ProblemKind.NOT_READ]),
        (replace(HEALTHY, clock_difference=timedelta(minutes=-5)), [ProblemKind.CLOCK_DRIFTS]),
        (replace(HEALTHY, clock_difference=timedelta(minutes=4)), []),
        (replace(HEALTHY, watched=replace(WATCHED, polled=False)), [ProblemKind.NOT_POLLED]),
    ],
)
def test_what_is_wrong_with_a_meter(meter: MeterNow, told: list[ProblemKind]) -> None:
    assert kinds(problems_of_meter(meter, NOW)) == told


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ((Outcome.NO_CARRIER, Outcome.NO_CARRIER), [ProblemKind.LINE_DOWN]),
        ((Outcome.MODEM_AWAY,), [ProblemKind.LINE_DOWN]),
        ((Outcome.GATEWAY_WEDGED, Outcome.GATEWAY_WEDGED), [ProblemKind.GATEWAY_WEDGED]),
        ((Outcome.NO_CARRIER, Outcome.METER_SILENT), [ProblemKind.NOT_READ] * 2),
    ],
)
def test_a_line_that_is_down_is_one_problem_for_all_its_meters(
    outcomes: tuple[Outcome, ...], told: list[ProblemKind]
) -> None:
    problems = problems_of_line([failing(outcome) for outcome in outcomes], NOW)
    assert kinds(problems) == told
    assert sum(problem.count for problem in problems) == len(outcomes)


def test_what_is_lost_first_comes_first() -> None:
    where = Where("x")
    first = Problem(ProblemKind.SLOTS_FALL_OUT, where, due_at=NOW + HOUR)
    second = Problem(ProblemKind.SLOTS_FALL_OUT, where, due_at=NOW + DAY)
    third = Problem(ProblemKind.NO_CLOSING, where, due_at=NOW)
    fourth = Problem(ProblemKind.NOT_READ, where, since=NOW - DAY)
    fifth = Problem(ProblemKind.NOT_READ, where, since=NOW)
    last = Problem(ProblemKind.STRANGERS, where)
    assert ranked([last, fifth, fourth, third, second, first]) == [first, second, third, fourth, fifth, last]


def test_every_problem_is_explained_and_an_outcome_explains_better() -> None:
    assert set(PROBLEMS) == set(ProblemKind)
    assert all(all(explanation) for explanation in PROBLEMS.values())
    silent = Problem(ProblemKind.NOT_READ, Where("x"), Outcome.METER_SILENT).explanation
    assert silent.meaning == PROBLEMS[ProblemKind.NOT_READ].meaning
    assert "baud rate" in silent.cause
    assert Problem(ProblemKind.NOT_READ, Where("x"), Outcome.OK).explanation == PROBLEMS[ProblemKind.NOT_READ]

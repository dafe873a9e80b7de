"""What meters and lines may cost: spent budgets, slots that never come, a dead meter, a line that is down."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from collector.known_models import model_rows
from collector.links import Link
from metering.calendar import ArchiveKind
from metering.plans import KindPlan, PollPlan
from metering.polls import Budget, Outcome
from metering.problems import ProblemKind
from metering.readings import GapReason
from metering.requests import RequestState
from storage.models import Models
from storage.modems import Modems
from storage.plans import PlanOwner, Plans
from storage.poll_requests import PollRequests
from storage.polls import Polls
from storage.pool import Database
from storage.problems import Problems
from storage.readings import Readings
from storage.usage_points import Registry
from teplo.composition import open_link
from tests.support.mischief import Mischievous, as_it_is, nothing
from tests.system.house import collector, line, running_house, serve

NOON = datetime(2026, 3, 31, 5, 30, tzinfo=UTC)
"""The last day of a month, 18 hours and a half before it ends (UTC)."""
HOUR = timedelta(hours=1)
MONTH_END = datetime(2026, 4, 1, tzinfo=UTC)
KEPT = 24
HOURLY = PollPlan(HOUR, timedelta(minutes=10), {ArchiveKind.HOUR: KindPlan(KEPT)}, polls_per_day=0)
VZLET = line("modbus-rtu", "vzlet-tsrv-024m 1100341 1")
FIRST = b"\x01"


@dataclass
class MovableClock:
    """Stands still, or moves on by `step` whenever somebody looks at it."""

    at: datetime = NOON
    step: timedelta = timedelta()

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at


async def few_polls(database: Database, line_id: int, point_id: int) -> None:
    owner = PlanOwner(usage_point_id=point_id)
    await Plans(database).put(owner, {"polls_per_day": 1}, "engineer", NOON)


async def little_air_time(database: Database, line_id: int, point_id: int) -> None:
    owner = PlanOwner(usage_point_id=point_id)
    await Plans(database).put(owner, {"air_time": "1m"}, "engineer", NOON)


async def small_sim(database: Database, line_id: int, point_id: int) -> None:
    await Modems(database).describe(line_id, allowance=1000)


BUDGETS = {Budget.BATTERY: few_polls, Budget.AIR_TIME: little_air_time, Budget.TRAFFIC: small_sim}


@pytest.mark.parametrize("budget", Budget)
async def test_a_spent_budget_is_kept_shown_and_opens_again(database: Database, budget: Budget) -> None:
    clock, network = MovableClock(), Mischievous(FIRST, as_it_is)
    async with running_house(database, VZLET, uplink=network, now=clock) as (_, (meter,)):
        (served,) = await Registry(database).lines()
        await long_registered(database)
        await BUDGETS[budget](database, served.id, meter.usage_point_id)
        polling = collector(database, plan=HOURLY, now=clock)
        clock.step = timedelta(seconds=2)
        await serve(polling, served.id)
        clock.step = timedelta()
        (first,) = await Polls(database).list()
        assert first.outcome is Outcome.OK
        asked = network.heard.copy()
        opens_at = first.started_at + timedelta(days=1) if budget is Budget.BATTERY else MONTH_END

        clock.at = NOON + 17 * HOUR
        await serve(polling, served.id)
        assert network.heard == asked, "nobody is asked"

        (problem,) = await falling_out(database, clock.at)
        assert (problem.outcome, problem.budget) == (Outcome.OVER_BUDGET, budget)
        assert (problem.spared_until, problem.count > 0) == (opens_at, True)
        lost_at = NOON.replace(minute=0) + (KEPT + 1) * HOUR
        assert problem.due_at is not None
        assert lost_at - timedelta(days=1) < problem.due_at <= lost_at, "to a day, never too late"

        (wish,) = await PollRequests(database).ask_line(served.id, "engineer", clock.at)
        await serve(polling, served.id)
        refused = await PollRequests(database).get(wish.id)
        assert refused is not None
        assert refused.state is RequestState.REFUSED
        assert f"budget of {budget} is spent" in refused.message
        assert f"{opens_at:%Y-%m-%d %H:%M} UTC" in refused.message
        assert network.heard == asked, "nor for a person"

        clock.at = opens_at + timedelta(minutes=1)
        await serve(polling, served.id)
        assert network.heard > asked
        assert await falling_out(database, clock.at) == []


async def long_registered(database: Database) -> None:
    await Models(database).tell(model_rows())
    await database.rows("update meter set registered_at = $1", NOON - timedelta(days=60))


async def falling_out(database: Database, now: datetime) -> list[Any]:
    problems = await Problems(database, HOURLY).list(now)
    return [one for one in problems if one.kind is ProblemKind.SLOTS_FALL_OUT]


async def test_a_slot_that_never_comes_is_asked_so_often_and_is_then_a_known_gap(database: Database) -> None:
    """Without power from 15 to 13 hours ago; longer than six hours ago, so that it is certain."""
    clock = MovableClock()
    unpowered = VZLET + 'power_failures = ["-15h..-13h"]\n'
    async with running_house(database, unpowered, now=clock) as (_, (meter,)):
        (served,) = await Registry(database).lines()
        await long_registered(database)
        polling, questions = collector(database, plan=HOURLY, now=clock), list[int]()
        for _time in range(HOURLY.most_asked + 2):
            await serve(polling, served.id)
            (poll, *_) = await Polls(database).list()
            questions.append(len(await Polls(database).frames(poll.id)))
            clock.at += HOUR
        gaps = await Readings(database).gaps(meter.meter_id, NOON - timedelta(days=1), NOON)
    assert len(questions) == len(await Polls(database).list())
    assert {(gap.reason, gap.asked) for gap in gaps} == {(GapReason.NO_RECORD, HOURLY.most_asked)}
    assert len(gaps) >= 1
    assert questions[-1] == questions[-2] < questions[-3], "then nobody asks for it any more"


async def test_a_dead_meter_costs_its_neighbours_one_question(database: Database) -> None:
    clock, network = MovableClock(), Mischievous(b"\x02", nothing)
    three = line("modbus-rtu", *(f"vzlet-tsrv-024m 110034{unit} {unit}" for unit in (1, 2, 3)))
    async with running_house(database, three, uplink=network, now=clock) as (_, meters):
        (served,) = await Registry(database).lines()
        polling = collector(database, plan=HOURLY, now=clock)
        questions = []
        for _time in range(7):
            before = network.heard[b"\x02"]
            await serve(polling, served.id)
            questions.append(network.heard[b"\x02"] - before)
            clock.at += 7 * HOUR
        network.mischief = as_it_is
        await serve(polling, served.id)
        last = await Polls(database).last_poll_per_meter()
        outcomes = {one.outcome for one in await Polls(database).list(meters[0].meter_id)}
    assert questions[:5] == [3] * 5, "three attempts, as often as anybody has"
    assert questions[5:] == [1, 1], "five silent polls later one question, put once, is all"
    assert {poll.outcome for poll in last.values()} == {Outcome.OK}, "it is read as soon as it answers"
    assert outcomes == {Outcome.OK}


LOOK = timedelta(minutes=10)


@pytest.mark.parametrize("meters", [1, 12])
async def test_a_line_that_is_down_is_opened_ever_more_seldom(database: Database, meters: int) -> None:
    """After 10, 20, 40, 80, 160, 320 minutes, then every 6 hours, all a tenth more or less: 9 in a day.

    The first pauses of many meters are not alike: the line may be opened twice where it would be once.
    """
    clock, openings = MovableClock(), list[datetime]()

    async def opened(*line: Any) -> Link:
        openings.append(clock.at)
        return await open_link(*line)

    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    registry = Registry(database)
    served = await registry.add_line(url, "nobody listens")
    for unit in range(1, meters + 1):
        await registry.add_meter(f"{1100340 + unit}", "vzlet-tsrv-024m", f"{unit}", served, "Asia/Almaty")
    polling = collector(database, plan=HOURLY, now=clock, open_link=opened)
    async with polling.at_work():
        while clock.at < NOON + timedelta(days=1):
            await polling.serve_line(served)
            clock.at += LOOK
    pauses = [later - earlier for earlier, later in pairwise(openings)]
    assert 8 <= len(openings) <= 13, pauses
    assert all(later >= 0.8 * earlier - LOOK for earlier, later in pairwise(pauses)), pauses
    assert pauses[-1] > 4.5 * HOUR

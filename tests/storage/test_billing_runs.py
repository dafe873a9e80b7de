"""Billing runs: asked for once, executed once, frozen whole, corrected and never changed."""

from __future__ import annotations

import asyncio
import hashlib
from contextvars import Context
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.runs import NOTHING_CHANGED, Runner
from metering.areas import Area
from metering.billing_lines import BillingLine, Status
from metering.billing_scope import BillingScope
from metering.errors import ReadingConflict
from storage.billing_runs import TAKEN_OVER_AFTER, BillingRun, BillingRuns, RunKind, RunRequest, RunState
from storage.keys import ApiKeys
from storage.pool import Database
from tests.support.billing_lines import JANUARY, Told, line
from tests.support.registry import place

NOW = datetime(2026, 2, 3, 9, tzinfo=UTC)


def request(**particulars: object) -> RunRequest:
    asked = {"month": JANUARY, "scope": BillingScope(), "requested_by": "billing", "requested_at": NOW}
    return RunRequest(**{**asked, **particulars})  # type: ignore[arg-type]


@pytest.fixture
async def told(database: Database) -> Told:
    """Three points with a line each; the second one has nothing to bill."""
    points = [(await place(database, number)).usage_point for number in (1, 2, 3)]
    return Told([line(points[0], "10.5"), line(points[1], None), line(points[2], "7", estimated="2")])


@pytest.fixture
def runner(database: Database, told: Told) -> Runner:
    return Runner(database, told, lambda: NOW)


@pytest.fixture
def runs(database: Database) -> BillingRuns:
    return BillingRuns(database)


async def executed(runs: BillingRuns, runner: Runner, **particulars: object) -> BillingRun:
    asked = await runs.create(request(**particulars))
    await runner.execute_waiting()
    run = await runs.get(asked.number)
    assert run is not None
    return run


async def test_a_run_freezes_all_lines_with_their_hash_and_totals(
    runs: BillingRuns, runner: Runner, told: Told
) -> None:
    scope = BillingScope(Area.of("Алматы қаласы"))
    run = await executed(runs, runner, scope=scope)
    stored = await runs.lines(run.number)
    text = "".join(f"{one.content}\n" for one in stored)
    assert (run.kind, run.state, run.lines, run.finished_at) == (RunKind.RUN, RunState.READY, 3, NOW)
    assert run.content_hash == hashlib.sha256(text.encode()).digest()
    assert [one.contents["value"] for one in stored] == ["10.5", None, "7"]
    assert run.totals is not None
    assert run.totals["total"][0]["value"] == "17.5"
    assert (scope, JANUARY) in told.asked


async def test_the_same_data_has_the_same_hash(runs: BillingRuns, runner: Runner) -> None:
    first, second = [await executed(runs, runner) for _ in range(2)]
    assert first.number != second.number
    assert first.content_hash == second.content_hash


async def test_one_key_and_one_question_make_one_run(database: Database, runs: BillingRuns) -> None:
    key, _ = await ApiKeys(database).create("billing", ["billing:run"])
    asked = {"api_key_id": key, "idempotency_key": "january"}
    first, again = [await runs.create(request(**asked)) for _ in range(2)]
    assert first == again
    with pytest.raises(ReadingConflict, match=f"run {first.number}"):
        await runs.create(request(**asked, scope=BillingScope(Area.of("Астана"))))
    assert (await runs.create(request())).number != first.number


async def test_what_is_ready_cannot_be_changed(database: Database, runs: BillingRuns, runner: Runner) -> None:
    run = await executed(runs, runner)
    for statement in (
        "update billing_line set value = 1 where run = $1",
        "delete from billing_line where run = $1",
        "update billing_run set message = 'x' where number = $1",
        "delete from billing_run where number = $1",
    ):
        with pytest.raises(ReadingConflict, match="correction"):
            await database.rows(statement, run.number)


async def test_a_run_is_taken_once_and_again_only_from_the_dead(runs: BillingRuns) -> None:
    asked = await runs.create(request())
    taken = await runs.take(NOW)
    assert taken is not None
    assert await runs.take(NOW + TAKEN_OVER_AFTER) is None
    later = NOW + TAKEN_OVER_AFTER + timedelta(seconds=1)
    again = await runs.take(later)
    assert again is not None
    assert again.number == asked.number
    with pytest.raises(ReadingConflict, match="taken over"):
        await runs.progress(taken, NOW, later, 1)


async def test_who_lost_a_run_stores_nothing_of_it(database: Database, runs: BillingRuns, told: Told) -> None:
    class Interrupted(Told):
        async def lines(self, *question: object) -> list[BillingLine]:
            """Meanwhile another process holds it for dead."""
            taking = runs.take(NOW + 2 * TAKEN_OVER_AFTER)
            await asyncio.create_task(taking, context=Context())
            return list(await super().lines(*question))  # type: ignore[arg-type]

    lost = await runs.create(request())
    slow = Runner(database, Interrupted(told.known), lambda: NOW)
    await slow.execute_waiting()
    assert await runs.lines(lost.number) == []
    run = await runs.get(lost.number)
    assert run is not None
    assert run.state is RunState.RUNNING


async def test_a_run_that_cannot_be_made_says_why(database: Database, runs: BillingRuns) -> None:
    unknown = Told([line(999_999)])
    run = await executed(runs, Runner(database, unknown, lambda: NOW))
    assert (run.state, run.lines, run.content_hash) == (RunState.FAILED, 0, None)
    assert "contradiction" in run.message


async def test_corrections_tell_each_change_once(runs: BillingRuns, runner: Runner, told: Told) -> None:
    base = await executed(runs, runner)
    first, second, third = (one.usage_point_id for one in told.known)
    told.known = [line(first, "10.75"), line(second, "3"), line(third, "7", estimated="2")]
    correction = await executed(runs, runner, corrects=base.number)
    stored = await runs.lines(correction.number)
    assert [(one.contents["difference"]["value"], one.contents["because"]) for one in stored] == [
        ("0.25", ["rule"]),
        ("3", ["rule"]),
    ]
    assert stored[1].contents["before"]["status"] == "absent"
    told.known = [line(first, "10.75"), line(second, "3", status=Status.NOT_ADMISSIBLE, billable=False)]
    last = await executed(runs, runner, corrects=base.number)
    stored = await runs.lines(last.number)
    assert [(one.contents["difference"]["billed"], one.contents["because"]) for one in stored] == [
        ("-3", ["admission"]),
        ("-7", ["gone"]),
    ]
    now = await runs.newest(base.number, 0, None)
    assert sum(one.billed for one in now) == Decimal("10.75")
    assert {one.usage_point_id for one in now} == {first, second}


async def test_a_correction_without_a_change_is_empty_and_says_so(runs: BillingRuns, runner: Runner) -> None:
    base = await executed(runs, runner)
    correction = await executed(runs, runner, corrects=base.number)
    assert (correction.lines, correction.message) == (0, NOTHING_CHANGED)
    assert correction.content_hash == hashlib.sha256().digest()


async def test_corrections_of_one_run_follow_each_other(runs: BillingRuns, runner: Runner) -> None:
    base = await executed(runs, runner)
    first, second = [await runs.create(request(corrects=base.number)) for _ in range(2)]
    taken = await runs.take(NOW)
    assert taken is not None
    assert taken.number == first.number
    assert await runs.take(NOW) is None
    await runs.fail(taken, NOW, NOW, "broken")
    following = await runs.take(NOW)
    assert following is not None
    assert following.number == second.number


async def test_pages_of_runs_and_lines(runs: BillingRuns, runner: Runner) -> None:
    base = await executed(runs, runner)
    correction = await executed(runs, runner, corrects=base.number)
    assert [run.number for run in await runs.list(limit=1)] == [correction.number]
    assert [run.number for run in await runs.list(before=correction.number)] == [base.number]
    assert [run.number for run in await runs.list(corrects=base.number)] == [correction.number]
    assert [one.number for one in await runs.lines(base.number, after=1, limit=1)] == [2]
    assert await runs.line(base.number, 4) is None

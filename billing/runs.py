"""Executes billing runs and corrections: one at a time in each process, taken from where all of them wait.

A run is frozen in one transaction while it tells of itself in others; a process that dies leaves nothing but
a run that another one begins anew. All of its lines are answered from one snapshot of the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Final, Protocol

from metering.billing_content import ContentHash, FrozenLine, canonical, freeze, without_origins
from metering.billing_differences import described, differences
from metering.billing_lines import BillingLine
from metering.billing_scope import BillingScope
from metering.billing_totals import Totals
from metering.errors import StorageUnavailable, TeploError
from storage.billing_runs import (
    BillingRun,
    BillingRuns,
    Freezing,
    Outcome,
    RunKind,
    difference_row,
    line_row,
)
from storage.pool import Database, Snapshot

CHUNK: Final = 250
"""Usage points that are answered at once; so much of a run is in memory."""
PAUSE: Final = 1.0
"""Seconds between two looks at what waits."""
NOTHING_CHANGED: Final = "Nothing has changed: every line is as it was frozen."


_FAULTS: Final = (ArithmeticError, LookupError, ValueError)
"""Not ours: without them a fault of one point would end the process, and the next one that takes the run."""


class Answering(Protocol):
    """What turns stored data into lines."""

    async def lines(
        self, scope: BillingScope, month: date, after: int, limit: int, /
    ) -> Sequence[BillingLine]:
        """The lines of the next `limit` usage points whose ids follow `after`, by id; empty at the end."""


class Execution:
    """One run in hand: its lines, what they come to, and that somebody is at it."""

    def __init__(self, runs: BillingRuns, run: BillingRun, now: Callable[[], datetime]) -> None:
        self.run = run
        self._runs = runs
        self._now = now
        self._taken_at = run.taken_at or run.requested_at
        self._hash = ContentHash()

    async def add(self, freezing: Freezing, rows: Sequence[tuple[object, ...]]) -> None:
        """Freezes rows, whose last column is their content."""
        self._hash.add(str(row[-1]) for row in rows)
        await freezing.add(rows)
        self._taken_at = await self._runs.progress(self.run, self._taken_at, self._now(), freezing.lines)

    async def finish(self, freezing: Freezing, outcome: Outcome, *, over_mqtt: bool) -> None:
        await freezing.finish(self._taken_at, self._now(), outcome, over_mqtt=over_mqtt)

    async def fail(self, message: str) -> None:
        await self._runs.fail(self.run, self._taken_at, self._now(), message)

    @property
    def content_hash(self) -> bytes:
        """Over what was added until now."""
        return self._hash.digest()


class Runner:
    """`over_mqtt`: whether somebody is to tell of ready runs over MQTT as well."""

    def __init__(
        self, database: Database, answers: Answering, now: Callable[[], datetime], *, over_mqtt: bool = False
    ) -> None:
        self._database = database
        self._runs = BillingRuns(database)
        self._answers = answers
        self._now = now
        self._over_mqtt = over_mqtt

    async def execute_waiting(self) -> int:
        """Executes what waits, run after run; how many there were."""
        executed = 0
        while run := await self._runs.take(self._now()):
            await self._execute(Execution(self._runs, run, self._now))
            executed += 1
        return executed

    async def _execute(self, execution: Execution) -> None:
        """A run of which the database is away is left to be taken again; other errors are told with it."""
        make = self._freeze if execution.run.kind is RunKind.RUN else self._correct
        try:
            async with self._runs.freezing(execution.run) as freezing, self._database.snapshot() as snapshot:
                outcome = await make(execution, freezing, snapshot)
                await execution.finish(freezing, outcome, over_mqtt=self._over_mqtt)
        except StorageUnavailable:
            raise
        except TeploError as error:
            await execution.fail(str(error))
        except _FAULTS as error:
            await execution.fail(
                f"The lines cannot be worked out: {type(error).__name__}: {error}. The fault is on our side: "
                "report it with the number of this run."
            )

    async def _freeze(self, execution: Execution, freezing: Freezing, snapshot: Snapshot) -> Outcome:
        totals = Totals()
        async for chunk in self._chunks(execution.run, snapshot):
            totals.add(chunk)
            await execution.add(freezing, [line_row(line) for line in chunk])
        return Outcome(totals.described(), execution.content_hash)

    async def _correct(self, execution: Execution, freezing: Freezing, snapshot: Snapshot) -> Outcome:
        totals, after = Totals(), 0
        async for chunk in self._chunks(execution.run, snapshot):
            last = chunk[-1].usage_point_id
            await self._compare(execution, freezing, totals, chunk, (after, last))
            after = last
        await self._compare(execution, freezing, totals, [], (after, None))
        message = "" if freezing.lines else NOTHING_CHANGED
        return Outcome(totals.described(), execution.content_hash, message)

    async def _compare(
        self,
        execution: Execution,
        freezing: Freezing,
        totals: Totals,
        current: Sequence[FrozenLine],
        points: tuple[int, int | None],
    ) -> None:
        base = execution.run.corrects
        assert base is not None
        found = differences(await self._runs.newest(base, *points), current)
        totals.correct(found)
        rows = [difference_row(one, canonical(without_origins(described(one)))) for one in found]
        await execution.add(freezing, rows)

    async def _chunks(self, run: BillingRun, snapshot: Snapshot) -> AsyncIterator[list[FrozenLine]]:
        after = 0
        while True:
            with snapshot.reading():
                lines = await self._answers.lines(run.scope, run.month, after, CHUNK)
            if not lines:
                return
            yield [freeze(line) for line in lines]
            after = lines[-1].usage_point_id


async def execute_until(stop: asyncio.Event, runner: Runner, pause: float = PAUSE) -> None:
    """Executes whatever waits, asked for here or anywhere else, until `stop` is set."""
    while not stop.is_set():
        await runner.execute_waiting()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)

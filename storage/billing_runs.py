"""Billing runs: asked for once, executed by whoever takes them, frozen in one transaction, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from metering.areas import EVERYWHERE, Area
from metering.billing_content import FrozenLine, canonical, thawed
from metering.billing_differences import Difference, described
from metering.billing_scope import BillingScope
from metering.errors import ReadingConflict, StorageError, TooManyRequests
from storage import sql
from storage.pool import Database

_SQL = sql.statements("billing_runs")

MOST_WAITING: Final = 50
"""Runs that wait or are executed at once; more are somebody's mistake."""
TAKEN_OVER_AFTER: Final = timedelta(minutes=2)
"""Nobody has told of a run for so long: whoever executed it is dead, and another one begins anew."""


class RunKind(StrEnum):
    """Whether it freezes lines, or what has become of those of another run."""

    RUN = "run"
    CORRECTION = "correction"


class RunState(StrEnum):
    """How far a run has come; READY and FAILED are for good."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is asked for. `idempotency_key`: the asker's own, within its API key; None: every time anew.

    `corrects`: the run of which this is to be a correction.
    """

    month: date
    scope: BillingScope
    requested_by: str
    requested_at: datetime
    corrects: int | None = None
    api_key_id: int | None = None
    idempotency_key: str | None = None

    @property
    def digest(self) -> bytes:
        """By which the same question is known again."""
        asked = {"month": self.month.isoformat(), "scope": _scope(self.scope), "corrects": self.corrects}
        return hashlib.sha256(canonical(asked).encode()).digest()


@dataclass(frozen=True, slots=True)
class BillingRun:
    """A run and how far it has come: `lines` made. Ready ones have `totals` and `content_hash`."""

    number: int
    kind: RunKind
    corrects: int | None
    month: date
    scope: BillingScope
    requested_by: str
    requested_at: datetime
    state: RunState
    taken_at: datetime | None
    finished_at: datetime | None
    message: str
    lines: int
    totals: Mapping[str, Any] | None
    content_hash: bytes | None


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line as it is kept. Of a run `contents` are the line's; of a correction they are `before`, `after`,
    `difference` and `because`. `content`: the text over which the hash is taken.
    """

    number: int
    contents: Mapping[str, Any]
    content: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    totals: Mapping[str, Any]
    content_hash: bytes
    message: str = ""


class Freezing:
    """The lines of a run within the one transaction that stores them; numbers count from 1."""

    def __init__(self, connection: Any, run: BillingRun) -> None:
        self._connection = connection
        self._run = run
        self.lines = 0

    async def add(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Rows of `line_row` or `difference_row`, in order."""
        if rows:
            numbers = range(self.lines + 1, self.lines + len(rows) + 1)
            columns = [list(column) for column in zip(*rows, strict=True)]
            await self._connection.execute(_SQL["freeze"], self._run.number, list(numbers), *columns)
            self.lines += len(rows)

    async def finish(self, taken_at: datetime, at: datetime, outcome: Outcome, *, over_mqtt: bool) -> None:
        """The run is ready, and whoever wants to know is going to be told. ReadingConflict: taken over."""
        done = await self._connection.fetchval(
            _SQL["ready"],
            self._run.number,
            taken_at,
            at,
            self.lines,
            canonical(outcome.totals),
            outcome.content_hash,
            outcome.message,
        )
        if done is None:
            raise _taken_over(self._run)
        await self._connection.execute(_SQL["announce"], self._run.number, at, over_mqtt)


class BillingRuns:
    """All runs and corrections; both are numbered in one row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, request: RunRequest) -> BillingRun:
        """The run, waiting; the one made before when the same was asked with the same key.

        ReadingConflict when something else was asked with this key; TooManyRequests.
        """
        before = await self._asked_before(request)
        if before is not None:
            return before
        if await self._database.value(_SQL["waiting_count"]) >= MOST_WAITING:
            raise TooManyRequests(f"{MOST_WAITING} billing runs wait already: wait until some have ended.")
        number = await self._database.value(_SQL["create"], *_created(request))
        return await self._known(number) if number else await self._created_meanwhile(request)

    async def get(self, number: int) -> BillingRun | None:
        row = await self._database.row(_SQL["get"], number)
        return _run(row) if row else None

    async def take(self, at: datetime) -> BillingRun | None:
        """The oldest run that waits, or that was left by somebody who died; nobody else takes it."""
        row = await self._database.row(_SQL["take"], at, TAKEN_OVER_AFTER)
        return _run(row) if row else None

    async def progress(self, run: BillingRun, taken_at: datetime, at: datetime, lines: int) -> datetime:
        """Tells that it is being executed; the new `taken_at`. ReadingConflict when it was taken over."""
        if await self._database.value(_SQL["progress"], run.number, taken_at, at, lines) is None:
            raise _taken_over(run)
        return at

    async def fail(self, run: BillingRun, taken_at: datetime, at: datetime, message: str) -> None:
        """It cannot be made; `message` says why."""
        await self._database.rows(_SQL["failed"], run.number, taken_at, at, message)

    @asynccontextmanager
    async def freezing(self, run: BillingRun) -> AsyncIterator[Freezing]:
        """All that is added within the block is stored when it is left, or nothing."""
        async with self._database.transaction() as connection:
            yield Freezing(connection, run)

    async def lines(self, number: int, after: int = 0, limit: int = 500) -> list[StoredLine]:
        """In their order; `after` is the number of the last line of the page before."""
        return [_line(row) for row in await self._database.rows(_SQL["lines"], number, after, limit)]

    async def line(self, number: int, line: int) -> StoredLine | None:
        row = await self._database.row(_SQL["line"], number, line)
        return _line(row) if row else None

    async def places(self, number: int) -> int:
        """How many places after the point the amounts of its lines have at most."""
        return int(await self._database.value(_SQL["places"], number))

    async def newest(self, number: int, after: int, last: int | None) -> list[FrozenLine]:
        """What was frozen last, corrections included, of points in (after, last]; None: no end."""
        rows = await self._database.rows(_SQL["newest"], number, after, last)
        frozen = (json.loads(row["frozen"]) for row in rows if row["frozen"] is not None)
        return [thawed(contents) for contents in frozen if contents is not None]

    async def list(
        self,
        before: int | None = None,
        limit: int = 100,
        *,
        corrects: int | None = None,
        month: date | None = None,
        area: Area = EVERYWHERE,
    ) -> list[BillingRun]:
        """Of this area, newest first; `before` is the number of the last run of the page before."""
        asked = (before, corrects, month, limit, *area.columns())
        return [_run(row) for row in await self._database.rows(_SQL["list"], *asked)]

    async def _asked_before(self, request: RunRequest) -> BillingRun | None:
        if request.idempotency_key is None:
            return None
        row = await self._database.row(_SQL["asked_before"], request.api_key_id, request.idempotency_key)
        if row is not None and row["request_digest"] != request.digest:
            raise ReadingConflict(
                f"With this Idempotency-Key something else was asked before: run {row['number']}. Likely a "
                "program counts its keys anew; ask with a key that was never used."
            )
        return await self._known(row["number"]) if row else None

    async def _created_meanwhile(self, request: RunRequest) -> BillingRun:
        run = await self._asked_before(request)
        if run is None:
            raise StorageError("The billing run that was to be made is gone; ask again.")
        return run

    async def _known(self, number: int) -> BillingRun:
        return _run(await self._database.row(_SQL["get"], number))


def line_row(line: FrozenLine) -> tuple[object, ...]:
    """A line of a run, in the order of the columns."""
    amounts = (line.value, line.measured, line.estimated)
    return (*_named(line, line.billable), *amounts, canonical(line.contents), line.content)


def difference_row(difference: Difference, content: str) -> tuple[object, ...]:
    """A line of a correction: its amounts are signed. A line that is gone is billable no more."""
    amounts: tuple[Decimal, ...] = (difference.value, difference.measured, difference.estimated)
    billable = difference.after is not None and difference.after.billable
    return (*_named(difference.line, billable), *amounts, canonical(described(difference)), content)


def _named(line: FrozenLine, billable: bool) -> tuple[object, ...]:
    period = line.period
    return line.usage_point_id, period.start, period.end, line.quantity, line.status.value, billable


def _created(request: RunRequest) -> tuple[object, ...]:
    kind = RunKind.RUN if request.corrects is None else RunKind.CORRECTION
    key = request.idempotency_key
    return (
        kind.value,
        request.corrects,
        request.month,
        json.dumps(_scope(request.scope)),
        key,
        request.digest,
        request.api_key_id,
        request.requested_by,
        request.requested_at,
    )


def _taken_over(run: BillingRun) -> ReadingConflict:
    return ReadingConflict(f"Billing run {run.number} was taken over by another process; it goes on there.")


def _run(row: Any) -> BillingRun:
    totals = row["totals"]
    return BillingRun(
        **{
            **row,
            "kind": RunKind(row["kind"]),
            "scope": _scope_in(json.loads(row["scope"])),
            "state": RunState(row["state"]),
            "totals": None if totals is None else json.loads(totals),
        }
    )


def _scope(scope: BillingScope) -> dict[str, Any]:
    """As it is stored."""
    centres, districts = scope.area.columns()
    points = None if scope.usage_points is None else list(scope.usage_points)
    return {"service_centres": centres, "districts": districts, "usage_points": points}


def _scope_in(stored: Mapping[str, Any]) -> BillingScope:
    centres, districts, points = (
        None if stored[name] is None else tuple(stored[name])
        for name in ("service_centres", "districts", "usage_points")
    )
    return BillingScope(Area(centres, districts), points)


def _line(row: Any) -> StoredLine:
    return StoredLine(row["number"], json.loads(row["frozen"]), row["content"])

"""Every line with how it is reached, what it cost this month, and who serves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from metering.calendar import ArchiveKind, slot_start
from metering.diagnosis import DOWN, MANY_FAILURES
from metering.polls import Outcome
from storage import sql
from storage.pool import Database

_SQL = sql.statements("line_states")


class LineCondition(StrEnum):
    """What the last polls of a line's meters say of the line."""

    UP = "up"
    DOWN = "down"
    """The last poll of each of its meters ended by the line's fault."""
    NEVER_POLLED = "never_polled"
    NOT_POLLED = "not_polled"
    """It has no meter that is polled."""


class JobState(StrEnum):
    """What the queue holds for a line."""

    NONE = "none"
    QUEUED = "queued"
    PICKED = "picked"


@dataclass(frozen=True, slots=True)
class LineState:
    """`silent`: meters that were silent many times in a row. `air_time`, `sent` and `received` (bytes) are of
    this UTC month. `carried` bytes of the `allowance` are used up in the month of its modem's SIM.
    """

    id: int
    url: str
    collector: str | None
    pool: str | None
    home: str | None
    visited_by: str | None
    visited_since: datetime | None
    condition: LineCondition
    meters: int
    silent: int
    last_poll_at: datetime | None
    outcome: Outcome | None
    read_at: datetime | None
    job: JobState
    waiting_requests: int
    air_time: timedelta
    sent: int
    received: int
    carried: int
    allowance: int | None


class LineStates:
    """Read from the states of meters, which Polls.save keeps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        now: datetime,
        *,
        condition: LineCondition | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[LineState]:
        """By id, those behind `after`."""
        month = slot_start(ArchiveKind.MONTH, now)
        rows = await self._database.rows(
            _SQL["list"], after, condition, sorted(DOWN), MANY_FAILURES, month.date(), now.date(), limit
        )
        return [
            LineState(
                **{
                    **row,
                    "condition": LineCondition(row["condition"]),
                    "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
                    "job": JobState(row["job"]),
                }
            )
            for row in rows
        ]

    async def counts(self) -> dict[LineCondition, int]:
        """How many lines are in each condition."""
        rows = await self._database.rows(_SQL["counts"], sorted(DOWN))
        found = {LineCondition(row["condition"]): row["lines"] for row in rows}
        return {condition: found.get(condition, 0) for condition in LineCondition}

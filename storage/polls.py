"""Polls: everything that one poll, or a batch of them, brought is stored in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import Finding, Frame, HoldReason, Outcome, PollReport
from storage import meter_states, sql, traffic, transcripts
from storage.held import hold
from storage.poll_requests import ended
from storage.pool import Database
from storage.values import SaveResult, lock_meters, store_values, value_count

_SQL = sql.statements("polls")
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class StoredPoll:
    """A poll without what it brought; `clock_difference` = meter minus ours."""

    id: UUID
    meter_id: int
    collector: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    message: str
    identity: MeterIdentity | None
    configuration: MeterConfiguration | None
    clock_difference: timedelta | None
    findings: frozenset[Finding]
    request_id: UUID | None
    held: HoldReason | None


@dataclass(frozen=True, slots=True)
class PollSummary:
    """How many polls, how many meters with a poll that ended ok, and when the first values were read."""

    polls: int
    meters_read: int
    first_read_at: datetime | None


class Polls:
    """The history of polls with their raw frames."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, report: PollReport) -> SaveResult:
        """Stores the whole report or nothing; saving the same report again changes nothing.

        What a held report brought waits in quarantine. ReadingConflict when the meter is not registered.
        """
        return await self.save_many((report,))

    async def save_many(self, reports: Sequence[PollReport]) -> SaveResult:
        """Stores all of these or none, with the same result as one after another."""
        async with self._database.transaction() as connection:
            await lock_meters(connection, {report.meter_id for report in reports})
            new, known = await _insert_polls(connection, reports)
            await _store_particulars(connection, new)
            result = await store_values(connection, [one for one in new if one.held is None])
        return result + SaveResult(0, sum(map(value_count, known)), 0)

    async def list(
        self,
        meter_id: int | None = None,
        since: datetime | None = None,
        after: UUID | None = None,
        limit: int = 100,
        *,
        line_id: int | None = None,
        outcome: Outcome | None = None,
    ) -> list[StoredPoll]:
        """Newest first; `after` is the last poll of the page before, `line_id` where the meter hangs now."""
        word = outcome.value if outcome else None
        rows = await self._database.rows(_SQL["list"], meter_id, since, after, limit, line_id, word)
        return [_stored_poll(row) for row in rows]

    async def poll(self, poll_id: UUID) -> StoredPoll | None:
        row = await self._database.row(_SQL["poll"], poll_id)
        return _stored_poll(row) if row else None

    async def frames(self, poll_id: UUID) -> tuple[Frame, ...]:
        """The raw frames of a poll in the order in which they went over the line."""
        return await transcripts.frames(self._database, poll_id)

    async def summary(self) -> PollSummary:
        """All polls by which meters were ever asked, in figures."""
        return PollSummary(**await self._database.row(_SQL["summary"]))

    async def last_poll_per_meter(self) -> dict[int, StoredPoll]:
        """The poll that started last, by meter; a meter that was never polled is missing."""
        rows = await self._database.rows(_SQL["last_poll_per_meter"])
        return {row["meter_id"]: _stored_poll(row) for row in rows}


async def _insert_polls(
    connection: Any, reports: Sequence[PollReport]
) -> tuple[list[PollReport], list[PollReport]]:
    """The reports whose polls were not there before, and the others; both in their order."""
    unique = {report.id: report for report in reversed(reports)}
    columns = [list(column) for column in zip(*map(_poll, unique.values()), strict=True)]
    rows = await connection.fetch(_SQL["insert_polls"], *columns) if columns else []
    inserted = {row["id"] for row in rows}
    new, known = list[PollReport](), list[PollReport]()
    for report in reports:
        (new if report.id in inserted else known).append(report)
        inserted.discard(report.id)
    return new, known


async def _store_particulars(connection: Any, reports: Sequence[PollReport]) -> None:
    """Everything that comes with polls but what their meters read."""
    await meter_states.tell(connection, reports)
    await meter_states.count(connection, reports)
    await traffic.add_of_gateways(connection, reports)
    for report in reports:
        await transcripts.store(connection, report)
        if report.held is not None:
            await hold(connection, report)
        await ended(connection, report)


def _poll(report: PollReport) -> Row:
    identity, configuration = report.identity, report.configuration
    return (
        report.id,
        report.meter_id,
        report.collector,
        report.started_at,
        report.finished_at,
        report.outcome.value,
        report.message,
        json.dumps(asdict(identity)) if identity else None,
        json.dumps(dict(configuration.settings)) if configuration else None,
        report.clock_difference,
        ",".join(sorted(report.findings)),
        report.request_id,
        report.held.value if report.held else None,
    )


def _stored_poll(row: Any) -> StoredPoll:
    columns = dict(row)
    identity, configuration = columns.pop("identity"), columns.pop("configuration")
    return StoredPoll(
        **{
            **columns,
            "outcome": Outcome(columns["outcome"]),
            "findings": frozenset(Finding(word) for word in columns["findings"]),
            "held": HoldReason(columns["held"]) if columns["held"] else None,
        },
        identity=MeterIdentity(**json.loads(identity)) if identity else None,
        configuration=MeterConfiguration(json.loads(configuration)) if configuration else None,
    )

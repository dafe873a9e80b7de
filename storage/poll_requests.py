"""What people asked of meters, how far it has come, and what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, TooManyRequests
from metering.polls import Outcome, PollReport
from metering.requests import PollRequest, RequestKind, RequestState, check_range, state_after
from metering.round_trip import round_trip
from storage import sql
from storage.pool import Database

_SQL = sql.statements("poll_requests")

MOST_OF_METER: Final = 8
MOST_OF_LINE: Final = 500
"""Requests that wait at once; a line of M-Bus has up to 250 meters."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request and how far it has come.

    `done` of `wanted` archive slots were asked; `records` of them were read and `gaps` are not there, both
    known at the end. `round_trip`: see metering.round_trip.
    """

    request: PollRequest
    line_id: int
    serial: str
    state: RequestState
    started_at: datetime | None
    finished_at: datetime | None
    done: int
    wanted: int
    message: str
    poll_id: UUID | None
    records: int
    gaps: int
    round_trip: timedelta | None

    @property
    def id(self) -> UUID:
        return self.request.id


@dataclass(frozen=True, slots=True)
class Learned:
    """What the poll of a request found out: who answered, its clock minus ours, how well its modem hears.

    `signal` in dBm is the last level that the modem of the meter's line was heard to have, at `signal_at`.
    """

    outcome: Outcome
    serial: str | None
    clock_difference: timedelta | None
    signal: Decimal | None
    signal_at: datetime | None


class PollRequests:
    """Requests are carried out by the collector that serves the meter's line, before everything else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, request: PollRequest) -> StoredRequest:
        """The request, waiting; or the one that asks the same and has not ended.

        ConfigurationError, which says why, when it cannot be carried out; TooManyRequests.
        """
        async with self._database.transaction() as connection:
            meter = await connection.fetchrow(_SQL["lock_meter"], request.meter_id)
            await _check(connection, request, meter)
            identifier = await _ask(connection, request, meter)
        return await self._existing(identifier)

    async def ask_line(self, line_id: int, operator: str, at: datetime) -> Sequence[StoredRequest]:
        """All polled meters of a line are to be read now: one request each, or the one that waits already.

        None when no meter of the line is polled; TooManyRequests.
        """
        async with self._database.transaction() as connection:
            meters = await connection.fetch(_SQL["lock_meters_of_line"], line_id)
            asked = [await _ask(connection, _to_read(meter["id"], operator, at), meter) for meter in meters]
        return await self._all(asked)

    async def get(self, identifier: UUID) -> StoredRequest | None:
        found = await self._all([identifier])
        return found[0] if found else None

    async def list(
        self, meter_id: int | None = None, after: UUID | None = None, limit: int = 100
    ) -> Sequence[StoredRequest]:
        """Newest first; `after` is the last request of the page before."""
        return [_stored(row) for row in await self._database.rows(_SQL["list"], meter_id, after, limit)]

    async def waiting(self, line_id: int) -> Sequence[PollRequest]:
        """Those of the line's meters that have not ended, oldest first.

        One that runs is among them: a line is served by one collector at a time, so another one died over it.
        """
        return [_request(row) for row in await self._database.rows(_SQL["waiting"], line_id)]

    async def progress(self, identifier: UUID, at: datetime, done: int = 0, wanted: int = 0) -> bool:
        """It is under way and has come so far; whether anybody still wants it."""
        return await self._database.value(_SQL["progress"], identifier, at, done, wanted) is not None

    async def cancel(self, identifier: UUID, operator: str, at: datetime) -> StoredRequest | None:
        """Ends it at once; a poll that is under way breaks off. One that has ended stays as it is."""
        await self._database.value(_SQL["cancel"], identifier, at, f"Cancelled by {operator}.")
        return await self.get(identifier)

    async def learned(self, poll_id: UUID) -> Learned | None:
        """What this poll found out; None while it is not stored."""
        row = await self._database.row(_SQL["learned"], poll_id)
        return Learned(**{**row, "outcome": Outcome(row["outcome"])}) if row else None

    async def _existing(self, identifier: UUID) -> StoredRequest:
        (stored,) = await self._all([identifier])
        return stored

    async def _all(self, identifiers: Sequence[UUID]) -> Sequence[StoredRequest]:
        return [_stored(row) for row in await self._database.rows(_SQL["get"], identifiers)]


async def ended(connection: Any, report: PollReport) -> None:
    """Ends the request of this poll in the transaction that stores it; one that was cancelled stays so."""
    if report.request_id is None:
        return
    await connection.execute(
        _SQL["end"],
        report.request_id,
        state_after(report.outcome).value,
        report.message,
        report.started_at,
        report.finished_at,
        report.id,
        len({(record.kind, record.slot.start) for record in report.archive}),
        len({(gap.kind, gap.slot.start) for gap in report.gaps}),
        round_trip(report.frames),
    )


def _to_read(meter_id: int, operator: str, at: datetime) -> PollRequest:
    return PollRequest(uuid4(), meter_id, RequestKind.NOW, operator, at)


async def _check(connection: Any, request: PollRequest, meter: Any) -> None:
    if meter is None:
        raise ConfigurationError(f"There is no meter {request.meter_id}; nobody can ask it.")
    if not meter["polled"]:
        raise ConfigurationError(
            f"Meter {meter['serial']} is not polled any more, it is kept for its history. Ask the meter that "
            "is installed now."
        )
    if request.archive is not None and request.start is not None and request.end is not None:
        check_range(request.archive, request.start, request.end)
        if not await connection.fetchval(_SQL["keeps"], meter["model"], request.archive.value):
            raise ConfigurationError(f"A {meter['model']} keeps no {request.archive.value} archive.")


async def _ask(connection: Any, request: PollRequest, meter: Any) -> UUID:
    """The id of the request that waits now: this one, or the same one asked before."""
    wanted = (
        request.meter_id,
        request.kind.value,
        request.archive.value if request.archive else None,
        request.start,
        request.end,
    )
    same = await connection.fetchval(_SQL["same"], *wanted)
    if same is not None:
        return UUID(str(same))
    await _check_room(connection, meter)
    meter_id, kind, *archive = wanted
    await connection.execute(
        _SQL["insert"], request.id, meter_id, kind, request.operator, request.requested_at, *archive
    )
    return request.id


async def _check_room(connection: Any, meter: Any) -> None:
    waiting = await connection.fetchrow(_SQL["waiting_count"], meter["id"], meter["line_id"])
    if waiting["of_meter"] >= MOST_OF_METER or waiting["of_line"] >= MOST_OF_LINE:
        raise TooManyRequests(
            f"{waiting['of_meter']} requests wait for meter {meter['serial']} already, {waiting['of_line']} "
            "for its line. Wait until they have ended, or cancel what nobody needs."
        )


def _request(row: Any) -> PollRequest:
    return PollRequest(
        row["id"],
        row["meter_id"],
        RequestKind(row["kind"]),
        row["operator"],
        row["requested_at"],
        ArchiveKind(row["archive"]) if row["archive"] else None,
        row["range_start"],
        row["range_end"],
    )


def _stored(row: Any) -> StoredRequest:
    return StoredRequest(
        request=_request(row),
        line_id=row["line_id"],
        serial=row["serial"],
        state=RequestState(row["state"]),
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        done=row["steps_done"],
        wanted=row["steps_wanted"],
        message=row["message"],
        poll_id=row["poll_id"],
        records=row["records"],
        gaps=row["gaps"],
        round_trip=row["round_trip"],
    )

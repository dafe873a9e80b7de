"""The past as it is stored, to be decoded again: polls with their frames, and the values they brought."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from metering.calendar import ArchiveKind
from metering.differences import Decoded, Standing, ValueKey
from metering.holding import accepted
from metering.polls import Finding, Outcome, PollReport
from metering.readings import Absence
from metering.requests import RequestKind
from storage import sql
from storage.conditions import SNAPSHOT
from storage.pool import Database
from storage.values import Cause, lock_meters, store_values

_SQL: Final = sql.statements("redecoding")
PAGE: Final = 200

SlotStart = tuple[ArchiveKind, datetime]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Polls of a model's meters that started within [since, until); of all of them without a `serial`."""

    model: str
    since: datetime
    until: datetime
    serial: str = ""


@dataclass(frozen=True, slots=True)
class KeptPoll:
    """A poll whose transcript is kept, and its meter as it is registered now."""

    id: UUID
    meter_id: int
    serial: str
    address: str
    zone: str
    url: str
    collector: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    findings: frozenset[Finding]
    request: RequestKind | None


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A stored value and where it came from; `frame`: the last one heard before."""

    standing: Standing
    factor_set: str
    frame: int


class Redecoding:
    """What `teplo redecode` reads and writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, wanted: Wanted) -> tuple[int, int]:
        """How many polls can be decoded again, and how many more are in quarantine and left alone."""
        row = await self._database.row(_SQL["count"], *_filter(wanted))
        return row["polls"], row["held"]

    async def polls(self, wanted: Wanted) -> AsyncIterator[KeptPoll]:
        """Oldest first."""
        last: tuple[datetime | None, UUID | None] = (None, None)
        while rows := await self._database.rows(_SQL["page"], *_filter(wanted), *last, PAGE):
            for row in rows:
                yield _kept(row)
            last = rows[-1]["started_at"], rows[-1]["id"]

    async def factor_sets(self, poll: KeptPoll) -> dict[int, str]:
        """By circuit, as its usage points have them now."""
        rows = await self._database.rows(_SQL["factor_sets"], poll.meter_id, poll.started_at)
        return {row["circuit"]: row["factor_set"] for row in rows}

    async def current_values(self, poll: KeptPoll) -> dict[ValueKey, StoredValue]:
        """The poll's own current values."""
        return _by_key(await self._database.rows(_SQL["snapshots"], poll.meter_id, poll.id))

    async def archive_values(self, poll: KeptPoll, slots: Iterable[SlotStart]) -> dict[ValueKey, StoredValue]:
        """What is stored of these slots, whichever poll brought it, and what this poll brought near them."""
        wanted = sorted(set(slots), key=lambda slot: slot[1])
        if not wanted:
            return {}
        kinds, starts = [kind.value for kind, _ in wanted], [start for _, start in wanted]
        span = starts[0], starts[-1]
        rows = await self._database.rows(_SQL["slots"], poll.meter_id, poll.id, kinds, starts, *span)
        return _by_key(rows)

    async def write(self, report: PollReport, withdrawn: Sequence[ValueKey]) -> None:
        """Stores a report that was decoded again; what stood there and `withdrawn` values become revisions.

        Current values that change are overwritten: the frames and the driver of then tell what they were.
        Doubts about which an engineer has decided are not raised again.
        """
        gone = {(key.kind, key.at) for key in withdrawn}
        gaps = tuple(gap for gap in report.gaps if (gap.kind, gap.slot.start) in gone)
        async with self._database.transaction() as connection:
            await lock_meters(connection, {report.meter_id})
            await _withdraw(connection, report, withdrawn)
            again = replace(report, gaps=gaps)
            if await connection.fetchval(_SQL["was_accepted"], report.id):
                again = accepted(again)
            await store_values(connection, [again], Cause.REDECODED)


async def _withdraw(connection: Any, report: PollReport, withdrawn: Sequence[ValueKey]) -> None:
    if not withdrawn:
        return
    keys = (
        [key.kind.value if key.kind else SNAPSHOT for key in withdrawn],
        [key.at for key in withdrawn],
        [key.circuit for key in withdrawn],
        [key.quantity for key in withdrawn],
    )
    whose = report.meter_id, report.id
    await connection.execute(_SQL["revise_withdrawn"], *whose, *keys, report.finished_at)
    await connection.execute(_SQL["withdraw_archive"], *whose, *keys)
    await connection.execute(_SQL["untell_slots"], *whose, *keys[:2])
    await connection.execute(_SQL["withdraw_snapshots"], *whose, *keys)


def _filter(wanted: Wanted) -> tuple[str, str, datetime, datetime]:
    return wanted.model, wanted.serial, wanted.since, wanted.until


def _kept(row: Mapping[str, Any]) -> KeptPoll:
    request = RequestKind(row["request"]) if row["request"] else None
    findings = frozenset(map(Finding, row["findings"]))
    return KeptPoll(**{**row, "outcome": Outcome(row["outcome"]), "findings": findings, "request": request})


def _by_key(rows: Iterable[Mapping[str, Any]]) -> dict[ValueKey, StoredValue]:
    return {_key(row): _stored(row) for row in rows}


def _key(row: Mapping[str, Any]) -> ValueKey:
    kind = None if row["kind"] == SNAPSHOT else ArchiveKind(row["kind"])
    return ValueKey(kind, row["at"], row["circuit"], row["quantity"])


def _stored(row: Mapping[str, Any]) -> StoredValue:
    absence = Absence(row["absence"]) if row["absence"] is not None else None
    standing = Standing(Decoded(row["value"], absence), row["own"], row["later"])
    return StoredValue(standing, row["factor_set"], row["frame"])

"""Polls: everything one poll brought is stored in one transaction, and told apart from what was known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from metering.errors import ReadingConflict
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import ASKED_NOBODY, Direction, Finding, Frame, Outcome, PollHistory, PollReport
from metering.readings import ArchiveReadings, Reading, SnapshotReadings
from storage import sql
from storage.conditions import SNAPSHOT
from storage.pool import Database

_SQL = sql.statements("polls")
_INCOMING = (
    "kind", "slot_start", "slot_end", "circuit", "quantity", "meter_time", "value", "absence",
    "raw_value", "raw_unit", "factor", "factor_set", "flags", "frame",
)  # fmt: skip
_FREE = sorted(ASKED_NOBODY)
NO_BUDGETS: Mapping[str, int] = MappingProxyType({})
_FRAME = ("poll_id", "number", "at", "direction", "data")

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of a report's values: new ones, ones already stored, ones that contradicted stored ones."""

    stored: int
    unchanged: int
    revised: int


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

        A slot stored with another value becomes a revision: the value that was read later stands in the
        archive, whichever report comes first. ReadingConflict when the meter is not registered.
        """
        values = _values(report)
        async with self._database.transaction() as connection:
            # Reports of one meter are stored one after another, so that each sees what the other changed.
            if await connection.fetchval(_SQL["lock_meter"], report.meter_id) is None:
                raise ReadingConflict(
                    f"Meter {report.meter_id} is not registered; register it before its readings are stored."
                )
            if await connection.fetchval(_SQL["insert_poll"], *_poll(report)) is None:
                return SaveResult(0, len(values), 0)
            await _store_frames(connection, report)
            result = await _store_values(connection, report, values)
            await _store_conditions(connection, report)
            await _store_gaps(connection, report)
        return result

    async def list(
        self,
        meter_id: int | None = None,
        since: datetime | None = None,
        after: UUID | None = None,
        limit: int = 100,
    ) -> list[StoredPoll]:
        """Newest first; `after` is the last poll of the page before."""
        rows = await self._database.rows(_SQL["list"], meter_id, since, after, limit)
        return [_stored_poll(row) for row in rows]

    async def poll(self, poll_id: UUID) -> StoredPoll | None:
        row = await self._database.row(_SQL["poll"], poll_id)
        return _stored_poll(row) if row else None

    async def frames(self, poll_id: UUID) -> tuple[Frame, ...]:
        """The raw frames of a poll in the order in which they went over the line."""
        rows = await self._database.rows(_SQL["frames"], poll_id)
        return tuple(Frame(r["number"], r["at"], Direction(r["direction"]), r["data"]) for r in rows)

    async def summary(self) -> PollSummary:
        """All polls there ever were, in figures."""
        return PollSummary(**await self._database.row(_SQL["summary"]))

    async def histories(
        self, line_id: int | None = None, budgets: Mapping[str, int] = NO_BUDGETS
    ) -> dict[int, PollHistory]:
        """By meter, of one line or of all: when its last poll ended, how many failed in a row (at most 20).

        A poll that read a part made progress: it counts as one failure, whatever came before it. `budgets`
        by model: a meter of it that was asked so often within a day is spared until the first of these
        polls is a day old.
        """
        rows = await self._database.rows(
            _SQL["histories"], line_id, list(budgets), list(budgets.values()), _FREE
        )
        return {
            row["meter_id"]: PollHistory(
                row["last_at"],
                row["failures"] or 0,
                row["asked"],
                Outcome(row["outcome"]) if row["outcome"] else None,
                row["spared_until"],
            )
            for row in rows
        }

    async def last_poll_per_meter(self) -> dict[int, StoredPoll]:
        """The poll that started last, by meter; a meter that was never polled is missing."""
        rows = await self._database.rows(_SQL["last_poll_per_meter"])
        return {row["meter_id"]: _stored_poll(row) for row in rows}


async def _store_frames(connection: Any, report: PollReport) -> None:
    frames = [(report.id, f.number, f.at, f.direction.value, f.data) for f in report.frames]
    if frames:
        await connection.copy_records_to_table("raw_frame", records=frames, columns=_FRAME)


async def _store_values(connection: Any, report: PollReport, values: list[Row]) -> SaveResult:
    await connection.execute(_SQL["create_incoming"])
    if not values:
        return SaveResult(0, 0, 0)
    span = min(row[1] for row in values), max(row[1] for row in values)  # type: ignore[type-var]
    await connection.copy_records_to_table("incoming_value", records=values, columns=_INCOMING)
    slots = (report.meter_id, *span, report.id)
    await connection.execute(_SQL["compare"], *slots, report.finished_at)
    await connection.execute(_SQL["revise"], *slots, report.finished_at)
    await connection.execute(_SQL["replace"], *slots)
    for statement in ("insert_archive", "insert_snapshots"):
        await connection.execute(_SQL[statement], report.meter_id, report.id)
    await connection.execute(_SQL["close_gaps"], report.meter_id)
    return SaveResult(**await connection.fetchrow(_SQL["count"]))


async def _store_conditions(connection: Any, report: PollReport) -> None:
    """What a record's values that do not stand came with does not stand either."""
    raised = list(_raised(report))
    await connection.execute(_SQL["forget_conditions"], report.meter_id)
    if raised:
        columns = [list(column) for column in zip(*raised, strict=True)]
        await connection.execute(_SQL["insert_conditions"], report.meter_id, report.id, *columns)


def _raised(report: PollReport) -> Iterator[Row]:
    for record in report.archive:
        yield from _conditions(record.kind.value, record.slot.start, record)
    for snapshot in report.snapshots:
        yield from _conditions(SNAPSHOT, snapshot.read_at, snapshot)


def _conditions(kind: str, at: datetime, read: ArchiveReadings | SnapshotReadings) -> Iterator[Row]:
    for one in read.conditions:
        yield kind, at, one.circuit, one.name.value, one.place, one.code, read.frame


async def _store_gaps(connection: Any, report: PollReport) -> None:
    gaps = {(gap.kind, gap.slot.start): gap for gap in report.gaps}.values()
    if gaps:
        await connection.execute(
            _SQL["insert_gaps"],
            report.meter_id,
            report.id,
            report.finished_at,
            [gap.kind.value for gap in gaps],
            [gap.slot.start for gap in gaps],
            [gap.slot.end for gap in gaps],
            [gap.reason.value for gap in gaps],
            [gap.frame for gap in gaps],
        )


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
        sorted(report.findings),
    )


def _values(report: PollReport) -> list[Row]:
    """One row per key, in the order of `_INCOMING`; the last one counts where a poll read a slot twice."""
    rows = {row[:2] + row[3:5]: row for row in _all_values(report)}
    return list(rows.values())


def _all_values(report: PollReport) -> list[Row]:
    archive = [
        _value(
            record.kind.value, record.slot.start, record.slot.end, record.meter_time, record.frame, reading
        )
        for record in report.archive
        for reading in record.readings
    ]
    snapshots = [
        _value(SNAPSHOT, snapshot.read_at, None, snapshot.meter_time, snapshot.frame, reading)
        for snapshot in report.snapshots
        for reading in snapshot.readings
    ]
    return archive + snapshots


def _value(
    kind: str,
    start: datetime,
    end: datetime | None,
    meter_time: datetime | None,
    frame: int,
    reading: Reading,
) -> Row:
    return (
        kind,
        start,
        end,
        reading.circuit,
        reading.quantity.name,
        meter_time,
        reading.value,
        reading.absence.value if reading.absence else None,
        reading.raw_value,
        reading.raw_unit,
        reading.factor,
        reading.factor_set,
        sorted(flag.value for flag in reading.flags),
        frame,
    )


def _stored_poll(row: Any) -> StoredPoll:
    columns = dict(row)
    identity, configuration = columns.pop("identity"), columns.pop("configuration")
    return StoredPoll(
        **{
            **columns,
            "outcome": Outcome(columns["outcome"]),
            "findings": frozenset(Finding(word) for word in columns["findings"]),
        },
        identity=MeterIdentity(**json.loads(identity)) if identity else None,
        configuration=MeterConfiguration(json.loads(configuration)) if configuration else None,
    )

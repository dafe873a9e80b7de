"""Batches of reports: one transaction, and the same rows as one report after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from metering.errors import ReadingConflict, StorageError, StorageUnavailable
from metering.polls import HoldReason, Outcome, PollReport
from storage.polls import Polls
from storage.pool import Database
from storage.values import Cause, SaveResult, lock_meters, store_values
from tests.support.registry import DAY, HOUR, START, missing, place, reading, record, report, snapshot

TABLES = (
    "poll",
    "archive_value",
    "snapshot_value",
    "gap",
    "meter_state",
    "poll_day",
    "stored_slots",
    "transcript",
)


def backlog(meter: int, other: int) -> list[PollReport]:
    """Slots that are read again with other values, gaps that close, a late report, and one twice."""
    first = report(meter, archive=[record(START, reading("1"))], gaps=[missing(START + HOUR)])
    again = report(
        meter, at=START + HOUR, archive=[record(START, reading("2"))], gaps=[missing(START + HOUR)]
    )
    late = report(meter, at=START - HOUR, archive=[record(START, reading("0"))])
    closed = report(meter, at=START + DAY, archive=[record(START + HOUR, reading("3"))])
    foreign = report(other, snapshots=[snapshot(START, reading("9"))])
    return [again, first, foreign, late, closed, replace(foreign), replace(again, outcome=Outcome.NO_LINK)]


async def rows(database: Database) -> list[list[str]]:
    """Every row of every table that polls write, and the revisions without their numbers."""
    texts = [f"select t::text from {table} t order by 1" for table in TABLES]
    texts.append("select (to_jsonb(r) - 'id')::text from revision r order by 1")
    return [[row[0] for row in await database.rows(text)] for text in texts]


async def emptied(database: Database) -> None:
    await database.rows("truncate revision, condition, " + ", ".join(TABLES) + " cascade")


async def test_a_batch_leaves_the_same_rows_as_its_reports_one_by_one(database: Database) -> None:
    spot, other, polls = await place(database, 1), await place(database, 2), Polls(database)
    sent = backlog(spot.meter, other.meter)
    results = [await polls.save(one) for one in sent]
    expected = await rows(database)
    await emptied(database)
    assert await polls.save_many(sent) == sum(results, SaveResult(0, 0, 0))
    assert await rows(database) == expected
    assert await polls.save_many(sent) == SaveResult(0, 7, 0)
    assert await rows(database) == expected


async def test_a_batch_is_stored_whole_or_not_at_all(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    good: Sequence[PollReport] = [report(spot.meter), report(spot.meter, at=START + HOUR)]
    with pytest.raises(ReadingConflict, match="77 is not registered"):
        await polls.save_many([*good, report(77)])
    assert await polls.list() == []
    assert await polls.save_many([]) == SaveResult(0, 0, 0)
    assert await polls.save_many(good) == SaveResult(0, 0, 0)
    assert len(await polls.list()) == 2


def spoiled(meter: int, **changes: Any) -> PollReport:
    whole = record(START, reading("1"))
    return report(meter, archive=[whole, replace(whole, slot=record(START + HOUR).slot, **changes)])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"frame": 2**40}, id="a number too large for its column"),
        pytest.param({"meter_time": START}, id="a meter's time with a zone"),
        pytest.param({"meter_time": None}, id="no time at all"),
    ],
)
async def test_what_fits_no_column_is_refused_and_stops_nobody(
    database: Database, changes: dict[str, Any]
) -> None:
    spot, polls = await place(database), Polls(database)
    with pytest.raises(StorageError) as refused:
        await polls.save(spoiled(spot.meter, **changes))
    assert not isinstance(refused.value, StorageUnavailable)
    assert await polls.list() == []
    assert await polls.save(report(spot.meter, archive=[record(START, reading("1"))])) == SaveResult(1, 0, 0)


async def test_what_a_held_report_brought_is_no_reading(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    held = replace(
        report(spot.meter, archive=[record(START, reading("1"))], gaps=[missing(START + HOUR)]),
        outcome=Outcome.CLOCK_WRONG,
        held=HoldReason.CLOCK_WRONG,
    )
    assert await polls.save(held) == SaveResult(0, 0, 0)
    for table in ("archive_value", "gap", "stored_slots"):
        assert await database.value(f"select count(*) from {table}") == 0
    assert await polls.frames(held.id) == held.frames
    assert (await polls.poll(held.id)).held is HoldReason.CLOCK_WRONG  # type: ignore[union-attr]
    assert await database.value("select sum(polls) from poll_day") == 1


async def test_a_poll_decoded_again_revises_its_own_values_alone(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    old = report(spot.meter, archive=[record(START, reading("1")), record(START + HOUR, reading("5"))],
                 snapshots=[snapshot(START, reading("7"))], gaps=[missing(START + DAY)])  # fmt: skip
    await polls.save(old)
    await polls.save(report(spot.meter, at=START + DAY, archive=[record(START + HOUR, reading("6"))]))
    mended = replace(
        old,
        archive=(record(START, reading("2")), record(START + HOUR, reading("8"))),
        snapshots=(snapshot(START, reading("70")),),
    )
    for revised in (1, 0):
        async with database.transaction() as connection:
            await lock_meters(connection, [spot.meter])
            result = await store_values(connection, [mended], Cause.REDECODED)
        assert result.revised == revised
    values = await database.rows("select value from archive_value order by slot_start")
    assert [row["value"] for row in values] == [2, 6]
    assert await database.value("select value from snapshot_value") == 70
    assert await database.value("select asked from gap") == 1
    causes = await database.rows("select cause, value from revision order by id")
    assert [tuple(row) for row in causes] == [("read", 5), ("redecoded", 1)]


async def test_polls_are_listed_by_line_and_outcome(database: Database) -> None:
    spot, other, polls = await place(database, 1), await place(database, 2), Polls(database)
    silent = replace(report(spot.meter, at=START + HOUR), outcome=Outcome.METER_SILENT)
    sent = [report(spot.meter), silent, report(other.meter)]
    await polls.save_many(sent)
    assert [one.id for one in await polls.list(line_id=spot.line)] == [silent.id, sent[0].id]
    assert [one.id for one in await polls.list(outcome=Outcome.METER_SILENT)] == [silent.id]
    assert await polls.list(line_id=other.line, outcome=Outcome.METER_SILENT) == []

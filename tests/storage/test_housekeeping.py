"""Frames are kept as long as the settings say, polls and values for ever; one of all collectors sweeps."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest

from collector.housekeeping import KEEP_FRAMES, Housekeeping
from metering.calendar import ArchiveKind
from metering.errors import StorageError
from storage import housekeeping
from storage.access_log import Access, AccessLog
from storage.keys import ApiKeys
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.schedules import run_schedule
from storage.transcripts import frames
from tests.support.registry import DAY, HOUR, START, place, reading, record, report, snapshot

EVERY_SECOND = "* * * * * *"
"""The sixth field of a cron line is seconds."""
BEATS = 3
NOW = START + 2 * KEEP_FRAMES


async def saved(database: Database, meter: int, ages: list[timedelta]) -> list[object]:
    """The ids of polls of this age with a value each."""
    sent = [
        report(
            meter,
            at=NOW - age,
            archive=[record(START + number * HOUR, reading("1"))],
            snapshots=[snapshot(NOW - age, reading("7"))],
        )
        for number, age in enumerate(ages)
    ]
    await Polls(database).save_many(sent)
    return [one.id for one in sent]


async def requests(database: Database, meter: int) -> None:
    """One that ended long ago, one that ended yesterday, and one that waits since long ago."""
    for state, age in (("done", 2000 * DAY), ("done", DAY), ("queued", 2000 * DAY)):
        await database.rows(
            "insert into poll_request (id, meter_id, kind, operator, requested_at, state, finished_at) "
            "values ($1, $2, 'now', 'Айгуль', $3, $4, case when $4 = 'done' then $3::timestamptz end)",
            uuid4(),
            meter,
            NOW - age,
            state,
        )


async def test_records_of_access_are_kept_as_long_as_frames(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    key, _ = await ApiKeys(database).create("billing", [])
    ages = [KEEP_FRAMES + n * DAY for n in range(5, 0, -1)] + [KEEP_FRAMES - HOUR, DAY]
    asked = [Access(NOW - age, key, "billing", "GET", "/api/v1/consumption", "", 200) for age in ages]
    await AccessLog(database).keep(asked)
    await Housekeeping(database, lambda: NOW).sweep(asyncio.Event())
    assert [one for _, one in await AccessLog(database).page()] == asked[:4:-1]


async def test_old_frames_go_and_the_polls_with_their_values_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    spot = await place(database)
    ages = [KEEP_FRAMES + n * DAY for n in range(1, 6)] + [KEEP_FRAMES - HOUR, DAY]
    polls = await saved(database, spot.meter, ages)
    await requests(database, spot.meter)
    await Housekeeping(database, lambda: NOW).sweep(asyncio.Event())
    kept = {row["poll_id"] for row in await database.rows("select poll_id from transcript")}
    assert kept == set(polls[5:])
    assert await database.value("select count(*) from poll") == len(ages)
    assert await database.value("select count(*) from snapshot_value") == len(ages)
    stored = await Readings(database).archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)
    assert [value.origin.poll_id for value in stored] == polls
    left = await database.rows("select state from poll_request order by state")
    assert [row["state"] for row in left] == ["done", "queued"]


async def test_a_sweep_ends_between_two_batches_when_it_is_told_to(database: Database) -> None:
    spot = await place(database)
    await saved(database, spot.meter, [KEEP_FRAMES + DAY])
    stop = asyncio.Event()
    stop.set()
    await Housekeeping(database, lambda: NOW).sweep(stop)
    assert await database.value("select count(*) from transcript") == 1


async def test_a_sweep_without_a_database_is_only_told() -> None:
    async with Database("postgresql://teplo@/x?host=/nowhere", timeout=0.1) as away:
        await Housekeeping(away, lambda: NOW).sweep(asyncio.Event())


@pytest.mark.timescale
async def test_whole_chunks_of_old_frames_go(timescale: Database) -> None:
    spot = await place(timescale)
    polls = await saved(timescale, spot.meter, [KEEP_FRAMES + 30 * DAY, KEEP_FRAMES - DAY, DAY])
    await Housekeeping(timescale, lambda: NOW).sweep(asyncio.Event())
    assert [bool(await frames(timescale, one)) for one in polls] == [False, True, True]  # type: ignore[arg-type]
    assert await timescale.value("select count(*) from poll") == len(polls)


async def test_of_two_who_stand_ready_one_does_each_beat(database: Database) -> None:
    """pgqueuer holds the row of a schedule while its beat runs, and sets when the next one is due."""
    stop, rows, running = asyncio.Event(), list[tuple[object, object]](), 0
    loop = asyncio.get_running_loop()

    async def beat() -> None:
        nonlocal running
        running += 1
        assert running == 1, "a beat is done while another one is"
        row = await database.row("select status, next_run from pgqueuer_schedules where entrypoint = 'sweep'")
        rows.append((row["status"], row["next_run"]))
        await asyncio.get_running_loop().create_task(_moment())
        running -= 1
        if len(rows) >= BEATS:
            stop.set()

    async def _moment() -> None:
        await database.value("select pg_sleep(0.2)")

    begun = loop.time()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(run_schedule(database.url, "sweep", EVERY_SECOND, beat, stop=stop))
    assert len({due for _, due in rows}) == len(rows), "each beat once"
    assert {status for status, _ in rows} == {"picked"}
    assert len(rows) <= loop.time() - begun + 1


async def test_the_schedule_needs_the_queue_and_a_database(empty_database_url: str) -> None:
    async def never() -> None:
        raise AssertionError

    with pytest.raises(StorageError, match="teplo migrate"):
        await run_schedule(empty_database_url, "sweep", EVERY_SECOND, never, stop=asyncio.Event())


async def test_a_collector_that_stands_ready_ends_when_it_is_told_to(database: Database) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(Housekeeping(database, lambda: NOW).run(stop))
    async with asyncio.timeout(30):
        while not await database.value("select count(*) from pgqueuer_schedules"):
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.05)
        stop.set()
        await task
    assert await database.value("select expression from pgqueuer_schedules") == "17 21 * * *"

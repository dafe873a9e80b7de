"""The migration makes the schema once, whoever asks and how often."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from metering.errors import StorageError, StorageUnavailable
from storage.pool import Database
from teplo.migrate import migrate

ROOT = Path(__file__).parents[2]
MIGRATE = "import asyncio, sys; from teplo.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"
TABLES = {
    "site",
    "usage_point",
    "line",
    "meter",
    "installation",
    "poll",
    "archive_value",
    "snapshot_value",
    "gap",
    "revision",
    "api_key",
    "modem_pool",
    "modem",
    "signal_survey",
    "signal_level",
    "call",
    "traffic",
    "stranger",
    "collector",
    "condition",
    "clock_setting",
    "model",
    "model_archive",
    "poll_plan",
    "poll_plan_change",
    "meter_state",
    "poll_day",
    "stored_slots",
    "poll_request",
    "held_poll",
    "held_slot",
    "contact_batch",
    "transcript",
    "dead_letter",
    "regional_collector",
    "meter_zone",
    "service_centre",
    "district",
    "component",
    "billing_period",
    "billing_rule",
    "outdoor_temperature",
    "register_event",
    "boundary_register",
    "reported_reading",
    "act",
    "billing_run",
    "billing_line",
    "webhook",
    "notice",
    "access_log",
    "registry_change",
}

FORGOTTEN = {("poll", "request_id"), ("poll_request", "poll_id")}
"""Requests are forgotten after some years, the polls they led to are not."""


async def test_migrating_again_changes_nothing(database: Database) -> None:
    everything = "select oid, relname from pg_class order by oid"
    before = await database.rows(everything)
    await migrate(database.url)
    assert await database.rows(everything) == before
    assert (await database.check()).revision == "0008"


async def test_processes_that_start_together_migrate_one_after_the_other(empty_database_url: str) -> None:
    command = (sys.executable, "-c", MIGRATE, empty_database_url)
    both = [await asyncio.create_subprocess_exec(*command, cwd=ROOT) for _ in range(2)]
    assert [await process.wait() for process in both] == [0, 0]
    async with Database(empty_database_url) as database:
        assert (await database.check()).revision == "0008"


async def test_every_table_is_there_and_says_what_it_is(database: Database) -> None:
    rows = await database.rows(
        "select relname, obj_description(oid) as comment from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'pgqueuer%'"
    )
    comments = {row["relname"]: row["comment"] for row in rows}
    comments.pop("alembic_version")
    assert comments.keys() == TABLES
    assert all(comments.values())


async def test_every_foreign_key_of_the_registry_holds(database: Database) -> None:
    columns = await database.rows(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'public' and column_name ~ '_id$' and table_name = any($1)",
        sorted(TABLES),
    )
    keys = await database.rows(
        "select conrelid::regclass::text as table_name, a.attname as column_name from pg_constraint "
        "join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1] where contype = 'f'"
    )
    assert {tuple(row) for row in columns} - FORGOTTEN <= {tuple(row) for row in keys}


async def test_a_schema_that_is_in_the_way_is_named(empty_database_url: str) -> None:
    async with Database(empty_database_url) as database:
        await database.value("create table site (whatever integer)")
        with pytest.raises(StorageError, match="site"):
            await migrate(empty_database_url)
        assert (await database.check()).revision is None


async def test_a_database_that_is_away_cannot_be_migrated() -> None:
    with pytest.raises(StorageUnavailable):
        await migrate("postgresql://teplo@/x?host=/nowhere")

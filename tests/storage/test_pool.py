"""Whatever goes wrong with the database becomes an error of ours that says what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from metering.errors import ConfigurationError, ReadingConflict, StorageError, StorageUnavailable, TeploError
from storage import sql
from storage.pool import Database
from storage.usage_points import Registry
from teplo.postgres import EmbeddedPostgres

QUERIES = Path(sql.__file__).parent / "queries"
TOPICS = sorted(file.stem for file in QUERIES.glob("*.sql"))
NOT_PREPARED = {"create_incoming", "drop_chunks"}
"""Two statements at once, which the test executes; and one that is put to TimescaleDB alone."""


async def test_opening_does_not_need_the_database(tmp_path: Path) -> None:
    async with Database(f"postgresql://teplo@/x?host={tmp_path}") as database:
        state = await database.check()
        assert not state.reachable
        assert "TEPLO_DATABASE_URL" in state.problem
        with pytest.raises(StorageUnavailable, match="cannot be reached"):
            await database.value("select 1")


async def test_a_database_that_was_away_is_found_again(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    async with Database(server.start()) as database:
        assert await database.value("select 1") == 1
        await asyncio.to_thread(server.stop)
        with pytest.raises(StorageUnavailable):
            await database.value("select 1")
        await asyncio.to_thread(server.start)
        assert await database.value("select 1") == 1
    server.stop()


async def test_a_missing_database_is_named(database_url: str) -> None:
    async with Database(database_url.replace("/test_", "/missing_")) as database:
        with pytest.raises(StorageUnavailable, match="does not exist"):
            await database.value("select 1")


async def test_a_url_that_is_none_is_a_mistake_of_ours() -> None:
    with pytest.raises(ConfigurationError, match="TEPLO_DATABASE_URL"):
        async with Database("mysql://teplo@localhost/teplo") as database:
            await database.value("select 1")


async def test_a_database_without_the_schema_asks_for_the_migration(empty_database_url: str) -> None:
    async with Database(empty_database_url) as database:
        assert (await database.check()).revision is None
        with pytest.raises(StorageError, match="teplo migrate"):
            await Registry(database).lines()


async def test_nobody_waits_for_a_connection_without_end(database_url: str) -> None:
    async with Database(database_url, size=1, timeout=0.05) as database, database.connection():
        with pytest.raises(StorageUnavailable, match="in time"):
            await database.value("select 1")


@pytest.mark.parametrize(
    ("statement", "arguments", "kind"),
    [
        ("insert into site (code, name) values ('', '')", (), ReadingConflict),
        ("select $1::integer", ("five",), StorageError),
        ("select 1 / 0", (), StorageError),
        ("select", ("too", "many"), StorageError),
        ("select pg_terminate_backend(pg_backend_pid())", (), StorageUnavailable),
    ],
)
async def test_every_refusal_is_of_our_tree(
    database: Database, statement: str, arguments: tuple[object, ...], kind: type[TeploError]
) -> None:
    with pytest.raises(kind) as refused:
        await database.value(statement, *arguments)
    assert refused.value.__cause__ is not None
    assert await database.value("select 1") == 1


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(StorageError):
        async with database.transaction() as connection:
            await connection.execute("insert into site (code, name) values ('a', 'a')")
            await connection.execute("select 1 / 0")
    assert await database.value("select count(*) from site") == 0


async def test_cancelling_passes_untouched(database: Database) -> None:
    asking = asyncio.create_task(database.value("select pg_sleep(60)"))
    while not await database.value("select count(*) from pg_stat_activity where query ~ '^select pg_sleep'"):
        pass
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


@pytest.mark.parametrize("topic", TOPICS)
async def test_every_statement_is_understood(database: Database, topic: str) -> None:
    async with database.connection() as connection:
        await connection.execute(sql.statements("values")["create_incoming"])
        for name in sql.statements(topic).keys() - NOT_PREPARED:
            await connection.prepare(sql.statements(topic)[name])

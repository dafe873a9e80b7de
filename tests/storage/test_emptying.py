"""A database that a test gets is like a new one, whatever the test before did to its own."""

from __future__ import annotations

import asyncpg
import pytest

from storage.pool import Database
from tests.api.network import build
from tests.support.emptying import emptied
from tests.support.postgres import Migrated

_ROWS = """
    select sum((xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', tablename),
        false, true, '')))[1]::text::integer)
    from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
"""
CHANGES = (
    "create table another (id integer)",
    "alter table site disable trigger all",
    "create function one_more() returns integer return 1",
    "update alembic_version set version_num = 'other'",
)


async def test_no_row_is_left_and_numbers_begin_anew(migrated: Migrated, database_url: str) -> None:
    async with Database(database_url) as database:
        first = await build(database)
        assert await database.value(_ROWS)
    assert await emptied(database_url, migrated.mark)
    async with Database(database_url) as database:
        assert not await database.value(_ROWS)
        assert await build(database) == first


async def test_nobody_stays_connected(migrated: Migrated, database_url: str) -> None:
    guest = await asyncpg.connect(database_url)
    assert await emptied(database_url, migrated.mark)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await guest.fetchval("select 1")
    guest.terminate()


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_schema_is_not_lent_again(migrated: Migrated, database_url: str, change: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(change)
    await connection.close()
    assert not await emptied(database_url, migrated.mark)

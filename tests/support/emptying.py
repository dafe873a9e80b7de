"""A migrated database as it was before a test: its rows are removed, unless more than rows has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import asyncpg

_TABLES = """
    select quote_ident(tablename) from pg_tables
    where schemaname = 'public' and tablename <> 'alembic_version' order by 1
"""
_OTHERS_AWAY = """
    select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_COUNTERS_BACK = """
    select count(setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false))
    from pg_sequences where schemaname = 'public' and last_value is not null
"""
_MARK = """
    select (select version_num from alembic_version),
        (select array[count(*), max(oid::bigint)] from pg_class),
        (select array[count(*), max(oid::bigint)] from pg_proc),
        (select array[count(*), max(oid::bigint), count(*) filter (where tgenabled <> 'O')] from pg_trigger)
"""


async def mark_of(connection: asyncpg.Connection) -> tuple[object, ...]:
    """Differs where the schema does."""
    return tuple(await connection.fetchrow(_MARK))


async def emptied(url: str, mark: object) -> bool:
    """Whether the database has this mark; then nobody is connected to it any more, and no row is left."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_OTHERS_AWAY)
        if await mark_of(connection) != mark:
            return False
        await empty(connection)
        return True
    finally:
        await connection.close()


async def empty(connection: asyncpg.Connection) -> None:
    """No rows, and numbers begin anew."""
    tables = [row[0] for row in await connection.fetch(_TABLES)]
    filled = await _with_rows(connection, tables)
    deletions = " ".join(f"delete from {table};" for table in filled)
    # Without triggers and foreign keys: the journal would fill while the rest is emptied.
    await connection.execute(
        f"begin; set local session_replication_role = replica; {deletions} commit; {_COUNTERS_BACK}"
    )


async def _with_rows(connection: asyncpg.Connection, tables: Iterable[str]) -> Sequence[str]:
    looks = (f"select '{table}' where exists (select from {table})" for table in tables)
    return [row[0] for row in await connection.fetch(" union all ".join(looks))]

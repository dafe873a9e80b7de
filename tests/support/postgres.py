"""Databases for tests: one PostgreSQL per test process, and in it a migrated database without rows per test.

A database is emptied and lent again: that is a fifth of the work of a new one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from storage.pool import Database
from teplo.migrate import migrate
from teplo.postgres import EmbeddedPostgres
from tests.support.emptying import emptied, mark_of

_TEMPLATE = "template_teplo"
_NUMBERS = count(1)

# A crash of the machine would lose a test's database: nobody would miss it.
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass
class Migrated:
    """Databases with the schema and the job queue, copies of a template whose schema is known by `mark`."""

    server: str
    mark: object
    free: deque[str] = field(default_factory=deque)

    async def taken(self) -> str:
        """The name of one without rows: one that came back, or a new one."""
        while self.free:
            name = self.free.popleft()
            if await emptied(_named(self.server, name), self.mark):
                return name
            await _drop(self.server, name)
        return await _create(self.server, _TEMPLATE)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's own database."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(folder, settings=_HASTY) as url:
        yield url


@pytest.fixture(scope="session")
def migrated(postgres_url: str) -> Migrated:
    """The databases of this test process."""
    return asyncio.run(_migrated(postgres_url))


@pytest.fixture
async def empty_database_url(postgres_url: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = await _create(postgres_url, "template0")
    try:
        yield _named(postgres_url, name)
    finally:
        await _drop(postgres_url, name)


@pytest.fixture
async def database_url(migrated: Migrated) -> AsyncIterator[str]:
    """A database with the schema and the job queue, and no rows."""
    name = await migrated.taken()
    try:
        yield _named(migrated.server, name)
    finally:
        migrated.free.append(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool on a database with the schema and the job queue."""
    async with Database(database_url) as database:
        yield database


async def _migrated(server: str) -> Migrated:
    template = _named(server, _TEMPLATE)
    await _execute(server, f"create database {_TEMPLATE}")
    await migrate(template)
    connection = await asyncpg.connect(template)
    try:
        return Migrated(server, await mark_of(connection))
    finally:
        await connection.close()


async def _create(server: str, template: str) -> str:
    name = f"test_{next(_NUMBERS)}"
    # Copied as files: through the log, as is usual, it takes six times as long.
    await _execute(server, f"create database {name} template {template} strategy file_copy")
    return name


async def _drop(server: str, name: str) -> None:
    await _execute(server, f"drop database {name} with (force)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _named(url: str, database: str) -> str:
    return url.replace("/postgres?", f"/{database}?")

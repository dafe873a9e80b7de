"""Databases for tests: one PostgreSQL per test process, and in it a fresh, migrated database per test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from storage.pool import Database
from teplo.migrate import migrate
from teplo.postgres import EmbeddedPostgres

_TEMPLATE = "template_teplo"
_NUMBERS = count(1)

# A crash of the machine would lose a test's database: nobody would miss it.
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's own database; it also holds the migrated template."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(folder, settings=_HASTY) as url:
        asyncio.run(_make_template(url))
        yield url


@pytest.fixture
async def empty_database_url(postgres_url: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    async with _made(postgres_url, "template0") as url:
        yield url


@pytest.fixture
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """A database with the schema and the job queue."""
    async with _made(postgres_url, _TEMPLATE) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool on a database with the schema and the job queue."""
    async with Database(database_url) as database:
        yield database


async def _make_template(url: str) -> None:
    await _execute(url, f"create database {_TEMPLATE}")
    await migrate(_named(url, _TEMPLATE))


@asynccontextmanager
async def _made(server: str, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_NUMBERS)}"
    # Copied as files: through the log, as is usual, it takes six times as long.
    await _execute(server, f"create database {name} template {template} strategy file_copy")
    try:
        yield _named(server, name)
    finally:
        await _execute(server, f"drop database {name} with (force)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _named(url: str, database: str) -> str:
    return url.replace("/postgres?", f"/{database}?")

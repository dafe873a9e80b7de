"""Brings a database to this program's schema: `teplo migrate`."""

from __future__ import annotations

from importlib import resources

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from metering.errors import StorageError
from storage.jobs import Jobs
from storage.pool import Database, translated


async def migrate(url: str) -> None:
    """Brings the schema and the job queue's tables up to date; changes nothing when they are.

    Raises StorageUnavailable when the database is away.
    """
    await _migrate_schema(url)
    async with Database(url, size=1) as database:
        await Jobs(database).install()


async def _migrate_schema(url: str) -> None:
    # asyncpg reads the URL itself: it knows sockets and several hosts, SQLAlchemy's own form does not.
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url, timeout=10.0), poolclass=NullPool
    )
    try:
        with translated():
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade)
    except DBAPIError as error:
        raise StorageError(
            f"The database's schema could not be brought up to date. ({error.orig})"
        ) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def newest_revision() -> str | None:
    """The revision at which this program's schema stands."""
    return ScriptDirectory(str(resources.files("migrations"))).get_current_head()

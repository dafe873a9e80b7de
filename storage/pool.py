"""The pool of connections, and the edge at which every error of the database becomes one of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import asyncpg

from metering.errors import ConfigurationError, ReadingConflict, StorageError, StorageUnavailable, TeploError
from storage import sql

_AWAY: Final = "check that it runs and that TEPLO_DATABASE_URL is right"
_FAULTS: Final[tuple[tuple[type[BaseException], type[TeploError], str], ...]] = (
    (asyncpg.ClientConfigurationError, ConfigurationError, "TEPLO_DATABASE_URL is not understood"),
    (asyncpg.UndefinedTableError, StorageUnavailable, "The database has no such table: run `teplo migrate`"),
    (
        asyncpg.UndefinedColumnError,
        StorageUnavailable,
        "The database's schema is of another version: run `teplo migrate`",
    ),
    (asyncpg.InsufficientPrivilegeError, StorageUnavailable, "The database's role may not do this: grant it"),
    (asyncpg.ReadOnlySQLTransactionError, StorageUnavailable, f"The database is a read-only copy: {_AWAY}"),
    (
        asyncpg.TransactionRollbackError,
        StorageUnavailable,
        "The database undid a transaction that stood in another one's way: try again",
    ),
    (asyncpg.IntegrityConstraintViolationError, ReadingConflict, "The database refused a contradiction"),
    (asyncpg.InvalidAuthorizationSpecificationError, StorageUnavailable, f"The database refused us: {_AWAY}"),
    (asyncpg.InvalidCatalogNameError, StorageUnavailable, f"The database does not exist: {_AWAY}"),
    (
        asyncpg.InsufficientResourcesError,
        StorageUnavailable,
        "The database is out of connections, memory or disk",
    ),
    (asyncpg.OperatorInterventionError, StorageUnavailable, "The database is starting, stopping or gave up"),
    (
        asyncpg.PostgresConnectionError,
        StorageUnavailable,
        f"The connection to the database was lost: {_AWAY}",
    ),
    (asyncpg.PostgresError, StorageError, "The database could not do what was asked"),
    (ValueError, StorageError, "A value does not fit its column"),
    (asyncpg.InterfaceError, StorageUnavailable, f"The connection to the database is closed: {_AWAY}"),
    (asyncpg.InternalClientError, StorageUnavailable, f"The connection to the database broke: {_AWAY}"),
    (TimeoutError, StorageUnavailable, f"The database did not answer in time: {_AWAY}"),
    (OSError, StorageUnavailable, f"The database cannot be reached: {_AWAY}"),
)
"""Foreign class, our class, what to say; the first row that fits counts."""
_FOREIGN: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
    OSError,
)


LONGEST_STATEMENT: Final = 60.0
"""Seconds; the server stops working on it then."""
_ACTING: Final[ContextVar[str]] = ContextVar("acting", default="")


_READING: Final[ContextVar[Any]] = ContextVar("reading", default=None)


def acting(who: str) -> None:
    """From here on, in this task, the registry's journal names `who` for every change."""
    _ACTING.set(who)


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What can be said of a database: its server's version, TimescaleDB's, and the schema's revision.

    `problem` says why it is not reachable; a None means "has none".
    """

    reachable: bool
    version: str | None = None
    timescale: str | None = None
    revision: str | None = None
    problem: str = ""


class Snapshot:
    """The database as it is at one instant, whatever is stored meanwhile; for one task at a time."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that this task asks of the database meanwhile is answered from the snapshot, and only read."""
        before = _READING.set(self._connection)
        try:
            yield
        finally:
            _READING.reset(before)


@contextmanager
def translated() -> Iterator[None]:
    """Turns every error of the database and of the way to it into one of our tree."""
    try:
        yield
    except _FOREIGN as error:
        kind, text = next((kind, text) for foreign, kind, text in _FAULTS if isinstance(error, foreign))
        raise kind(f"{text}. ({str(error) or type(error).__name__})") from error


async def _given_back(connection: Any) -> None:
    """Nothing of a session outlives its statements here, so that nobody waits for a reset of all of it."""
    if connection.is_in_transaction():
        await connection.execute("rollback")
    if _ACTING.get():
        await connection.execute("set teplo.acting to ''")


class Database:
    """A pool that connects when it is first asked, and again after the database was away.

    `size` connections at most; whoever waits longer than `timeout` seconds for one, or `patience` for a
    statement, gets StorageUnavailable.
    """

    def __init__(
        self, url: str, *, size: int = 10, timeout: float = 10.0, patience: float = LONGEST_STATEMENT
    ) -> None:
        self.url = url
        self._size = size
        self._patience = patience
        self._timeout = timeout
        self._pool: Any = None

    @classmethod
    async def open(cls, url: str, *, size: int = 10, timeout: float = 10.0) -> Database:
        """A pool ready for use; the database itself is not needed before the first question."""
        return await cls(url, size=size, timeout=timeout).__aenter__()

    async def __aenter__(self) -> Database:
        with translated():
            self._pool = await asyncpg.create_pool(
                self.url,
                min_size=0,
                max_size=self._size,
                timeout=self._timeout,
                command_timeout=self._patience,
                reset=_given_back,
                server_settings={"timezone": "UTC", "application_name": "teplo"},
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Lets running statements end, for as long as `timeout`, then cuts them."""
        try:
            await asyncio.wait_for(self._pool.close(), self._timeout)
        except (TimeoutError, OSError, asyncpg.InterfaceError):
            self._pool.terminate()

    @property
    def pool(self) -> Any:
        """The asyncpg pool itself, for the job queue alone."""
        return self._pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """One connection of the pool; each statement is its own transaction."""
        with translated():
            if (snapshot := _READING.get()) is not None:
                yield snapshot
                return
            async with self._pool.acquire(timeout=self._timeout) as connection:
                if who := _ACTING.get():
                    await connection.execute("select set_config('teplo.acting', $1, false)", who)
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """One connection inside a transaction: all of it is stored, or nothing."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """What was stored before its first question, and nothing of later; within another one, the same."""
        async with (
            self.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield Snapshot(connection)

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """All rows of one statement."""
        async with self.connection() as connection:
            rows: list[Any] = await connection.fetch(statement, *arguments)
            return rows

    async def row(self, statement: str, *arguments: object) -> Any:
        """The first row of one statement; None when there is none."""
        async with self.connection() as connection:
            return await connection.fetchrow(statement, *arguments)

    async def value(self, statement: str, *arguments: object) -> Any:
        """The first column of the first row; None when there is none."""
        async with self.connection() as connection:
            return await connection.fetchval(statement, *arguments)

    async def check(self) -> DatabaseState:
        """How the database is; never raises because it is away."""
        queries = sql.statements("state")
        try:
            async with self.connection() as connection:
                version = await connection.fetchval(queries["version"])
                timescale = await connection.fetchval(queries["timescale"])
                migrated = await connection.fetchval(queries["migrated"])
                revision = await connection.fetchval(queries["revision"]) if migrated else None
        except TeploError as error:
            return DatabaseState(reachable=False, problem=str(error))
        return DatabaseState(True, version, timescale, revision)

"""One SQLite file in a thread of its own: the loop never waits for the disk, no other process opens it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from metering.errors import ConfigurationError, StorageUnavailable

SIDES: Final = ("", "-wal", "-shm")
"""SQLite keeps what it has not moved into the file yet beside it, under names with these endings."""

_BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCKED: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CLOSED: Final = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)

T = TypeVar("T")


class Lasting(StrEnum):
    """What survives which end of the machine."""

    POWER_CUT = "full"
    """Every change is on the disk when it is told to be done."""
    KILL = "normal"
    """A power cut may undo the last changes, the end of the process none."""


class BrokenFile(StorageUnavailable):
    """The file is no database any more."""


class Disk:
    """`schema`: statements that make the tables which are missing."""

    def __init__(self, path: Path, schema: tuple[str, ...], lasting: Lasting) -> None:
        self.path = path
        self._schema = schema
        self._lasting = lasting
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self, mend: Callable[[Path], None]) -> None:
        """`mend` puts a broken file right or out of the way, in the file's thread.

        ConfigurationError: another process has the file open, or the folder cannot be written to.
        """
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.path.name)
        await self._in_thread(lambda: self._open(mend))

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The work as one transaction; StorageUnavailable when the disk is full or the file broken."""
        return await self._in_thread(lambda: self._work(work))

    async def close(self) -> None:
        """Waits for work that is under way."""
        if self._thread is not None:
            await self._in_thread(self._close)
            self._thread.shutdown()
            self._thread = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise StorageUnavailable(f"{self.path} is not open.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self, mend: Callable[[Path], None]) -> None:
        try:
            self._connection = opened(self.path, self._schema, self._lasting)
        except BrokenFile:
            mend(self.path)
            self._connection = opened(self.path, self._schema, self._lasting)

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            raise StorageUnavailable(f"{self.path} is not open.")
        with translated(self.path), self._connection:
            return work(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def opened(path: Path, schema: tuple[str, ...], lasting: Lasting) -> sqlite3.Connection:
    """A connection that no other process shares, to a file that was looked through."""
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=0)
        try:
            _prepare(connection, schema, lasting)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection, schema: tuple[str, ...], lasting: Lasting) -> None:
    # In this order: only a file made so gives room back, and the first reading takes the lock.
    connection.execute("pragma auto_vacuum = incremental")
    connection.execute("pragma locking_mode = exclusive")
    connection.execute("pragma journal_mode = wal")
    connection.execute(f"pragma synchronous = {lasting.value}")
    with connection:
        connection.execute("begin immediate")
        for statement in schema:
            connection.execute(statement)
    ((verdict,),) = connection.execute("pragma quick_check(1)").fetchall()
    if verdict != "ok":
        raise BrokenFile(f"The file is damaged: {verdict}")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns every error of SQLite and of the disk into one of our tree."""
    try:
        yield
    except sqlite3.Error as error:
        raise _ours(path, error) from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be used: {error}") from error


def _ours(path: Path, error: sqlite3.Error) -> ConfigurationError | StorageUnavailable:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _LOCKED:
        return ConfigurationError(
            f"{path} is open in another process: two collectors never share a folder. Stop the other one, or "
            "give this one a folder of its own."
        )
    if code in _CLOSED:
        return ConfigurationError(f"{path} cannot be opened or written: check the folder's owner. ({error})")
    if code in _BROKEN:
        return BrokenFile(f"{path} is damaged; what can be read of it is saved at the next start. ({error})")
    return StorageUnavailable(f"{path} takes nothing more: check the room on its disk. ({error})")

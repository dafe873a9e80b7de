"""What waits for the database, on the collector's disk: nothing that was taken is lost, in the order it came.

An entry is on the disk when `append` returns. The spool is bounded and then refuses; it never throws away
what is older. An entry that cannot be read any more, or that nobody will take, is set aside with the reason.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from collector.disk import Disk, Lasting
from collector.salvage import SCHEMA, salvage
from metering.errors import StorageUnavailable

log = structlog.get_logger()

LARGEST_BATCH: Final = 32 * 1024 * 1024
"""Bytes that `first` takes into memory at once; one entry is always taken."""
ROW: Final = 96
"""Bytes that an entry takes beside its payload, about."""
FREED: Final = 2000
"""Pages given back to the disk at once."""
DAMAGED_SHARE: Final = 4
"""What is set aside takes at most this part of the limit, beside it."""
_FORGET_OLDEST: Final = """
delete from damaged where seq in (
    select seq from (select seq, sum(length(payload)) over (order by seq desc) as size from damaged)
    where size > ?
)
"""
_SPOILT: Final = "its bytes on the disk are not those that were written"

_Row = tuple[int, str, str, bytes]


@dataclass(frozen=True, slots=True)
class SpooledEntry:
    """`kind` says what the payload is, `at` when it came about."""

    seq: int
    kind: str
    at: datetime
    payload: bytes


@dataclass(frozen=True, slots=True)
class SpoolState:
    """`size` of `limit` bytes are taken; `damaged` entries are set aside."""

    entries: int
    size: int
    oldest_at: datetime | None
    limit: int
    damaged: int


class Spool:
    """One file of one process; open from `async with` to its end."""

    def __init__(self, path: Path, *, limit: int) -> None:
        self._disk = Disk(path, SCHEMA, Lasting.POWER_CUT)
        self._state = SpoolState(0, 0, None, limit, 0)

    async def __aenter__(self) -> Self:
        """A broken file is saved as far as it can be read, and kept beside. ConfigurationError: see Disk."""
        try:
            await self._disk.open(salvage)
            await self._disk.run(self._count)
        except BaseException:
            await self._disk.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._disk.close()

    def state(self) -> SpoolState:
        """As of the last change; never waits."""
        return self._state

    async def append(self, kind: str, at: datetime, payload: bytes) -> None:
        """On the disk when it returns; StorageUnavailable when the spool or its disk is full."""
        await self._disk.run(lambda connection: self._append(connection, kind, at, payload))

    async def first(self, most: int) -> list[SpooledEntry]:
        """The oldest entries, which stay until they are removed; spoilt ones are set aside."""
        return await self._disk.run(lambda connection: self._first(connection, most))

    async def remove(self, seq: int) -> None:
        """Every entry up to this one, which is stored elsewhere now."""
        await self._disk.run(lambda connection: self._remove(connection, seq))

    async def set_aside(self, kind: str, at: datetime, payload: bytes, reason: str) -> None:
        """Keeps what nobody takes, for a person to look at; when there is much of it the oldest goes."""
        row = (kind, at.isoformat(), payload, reason)
        await self._disk.run(lambda connection: self._keep_aside(connection, [row]))

    async def damaged(self, most: int = 100) -> list[tuple[str, bytes, str]]:
        """What is set aside, oldest first: kind, payload, reason."""
        statement = "select kind, payload, reason from damaged order by seq limit ?"
        return await self._disk.run(lambda connection: connection.execute(statement, (most,)).fetchall())

    def _append(self, connection: sqlite3.Connection, kind: str, at: datetime, payload: bytes) -> None:
        state, taken = self._state, len(payload) + ROW
        if state.size + taken > state.limit:
            raise StorageUnavailable(
                f"The spool {self._disk.path} is full: {state.entries} entries wait for the database since "
                f"{state.oldest_at}. Bring the database back, or give the spool more room."
            )
        moment = at.isoformat()
        row = (kind, moment, payload, checksum(kind, moment, payload))
        connection.execute("insert into entry (kind, at, payload, checksum) values (?, ?, ?, ?)", row)
        self._changed(connection, 1, taken)

    def _first(self, connection: sqlite3.Connection, most: int) -> list[SpooledEntry]:
        good, spoilt = _read(connection, most)
        if spoilt:
            log.warning("entries of the spool are spoilt", entries=len(spoilt), spool=str(self._disk.path))
            connection.executemany("delete from entry where seq = ?", [(row[0],) for row in spoilt])
            self._keep_aside(connection, [(*row[1:], _SPOILT) for row in spoilt])
            self._changed(connection, -len(spoilt), -sum(len(row[3]) + ROW for row in spoilt))
        return good

    def _remove(self, connection: sqlite3.Connection, seq: int) -> None:
        gone = connection.execute(
            "delete from entry where seq <= ? returning length(payload)", (seq,)
        ).fetchall()
        self._changed(connection, -len(gone), -sum(length + ROW for (length,) in gone))
        # By a script: a single statement is stepped once, and each step frees one page.
        connection.executescript(f"pragma incremental_vacuum({FREED})")

    def _keep_aside(
        self, connection: sqlite3.Connection, rows: Sequence[tuple[str, str, bytes, str]]
    ) -> None:
        connection.executemany("insert into damaged (kind, at, payload, reason) values (?, ?, ?, ?)", rows)
        connection.execute(_FORGET_OLDEST, (self._state.limit // DAMAGED_SHARE,))
        connection.commit()
        (damaged,) = connection.execute("select count(*) from damaged").fetchone()
        self._state = replace(self._state, damaged=damaged)

    def _changed(self, connection: sqlite3.Connection, entries: int, size: int) -> None:
        """What is told of the spool is on the disk."""
        connection.commit()
        row = connection.execute("select at from entry order by seq limit 1").fetchone()
        self._state = replace(
            self._state,
            entries=self._state.entries + entries,
            size=self._state.size + size,
            oldest_at=_instant(row[0]) if row else None,
        )

    def _count(self, connection: sqlite3.Connection) -> None:
        entries, size = connection.execute(
            "select count(*), coalesce(sum(length(payload)), 0) from entry"
        ).fetchone()
        self._changed(connection, entries, size + ROW * entries)
        self._keep_aside(connection, [])


def _instant(text: object) -> datetime | None:
    """None when it is spoilt."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def checksum(kind: str, at: str, payload: bytes) -> bytes:
    """Of everything that was written."""
    return blake2b(payload, digest_size=16, person=b"spool", key=f"{kind} {at}".encode()[:64]).digest()


def _read(connection: sqlite3.Connection, most: int) -> tuple[list[SpooledEntry], list[_Row]]:
    """The oldest good entries, and the spoilt ones before the last of them."""
    good: list[SpooledEntry] = []
    spoilt: list[_Row] = []
    size = 0
    for row in connection.execute("select seq, kind, at, payload, checksum from entry order by seq"):
        entry = _entry(row)
        if entry is None:
            spoilt.append(row[:4])
            continue
        size += len(entry.payload)
        if good and size > LARGEST_BATCH:
            break
        good.append(entry)
        if len(good) == most:
            break
    return good, spoilt


def _entry(row: tuple[int, str, str, bytes, bytes]) -> SpooledEntry | None:
    """None when these bytes are not those that were written."""
    seq, kind, at, payload, written = row
    try:
        right = checksum(kind, at, payload) == written
        return SpooledEntry(seq, kind, datetime.fromisoformat(at), payload) if right else None
    except (TypeError, ValueError, AttributeError):
        return None

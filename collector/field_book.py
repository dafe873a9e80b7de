"""What a collector needs while the database is away: the last book of every line it may serve.

It is a copy of what the database knew. What is lost of it costs polls of what is stored already, so that a
broken file is begun anew and an error of the disk is told and passed over.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog

from collector.disk import SIDES, Disk, Lasting
from metering.books import LineBook
from metering.errors import DecodeError, StorageError, StorageUnavailable
from storage import wire

log = structlog.get_logger()

_SCHEMA: Final = (
    """
    create table if not exists book (
        line_id integer primary key,
        as_of text not null,
        packed blob not null
    )
    """,
    "create table if not exists home (line_id integer primary key)",
    "create table if not exists life (only integer primary key check (only = 1), at text not null)",
)
_KEEP: Final = """
insert into book (line_id, as_of, packed) values (?, ?, ?)
on conflict (line_id) do update set as_of = excluded.as_of, packed = excluded.packed
"""
_LIVE: Final = "insert into life (only, at) values (1, ?) on conflict (only) do update set at = excluded.at"


class FieldBook:
    """One file of one process; open from `async with` to its end."""

    def __init__(self, path: Path) -> None:
        self._disk = Disk(path, _SCHEMA, Lasting.KILL)

    async def __aenter__(self) -> Self:
        """ConfigurationError: another process has the file open, or the folder cannot be written to."""
        try:
            await self._disk.open(_begin_anew)
        except BaseException:
            await self._disk.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._disk.close()

    async def keep(self, book: LineBook) -> None:
        """Instead of the line's book before."""
        try:
            row = (book.line_id, book.as_of.isoformat(), await asyncio.to_thread(wire.encode_book, book))
        except StorageError as error:
            log.warning("book not kept", line=book.line_id, error=str(error))
            return
        await self._write(lambda connection: connection.execute(_KEEP, row))

    async def book(self, line_id: int) -> LineBook | None:
        """None where there is none, or none that this version of Teplo understands."""
        rows = await self._rows("select packed from book where line_id = ?", line_id)
        if not rows:
            return None
        try:
            return await asyncio.to_thread(wire.decode_book, rows[0][0])
        except DecodeError as error:
            log.warning("book not understood", line=line_id, error=str(error))
            await self.forget([line_id])
            return None

    async def books(self) -> Mapping[int, datetime]:
        """The lines with a book, and as of when each is."""
        rows = await self._rows("select line_id, as_of from book")
        return {line_id: datetime.fromisoformat(as_of) for line_id, as_of in rows}

    async def forget(self, line_ids: Iterable[int]) -> None:
        """The books of these lines, which are served elsewhere now."""
        gone = [(line_id,) for line_id in line_ids]
        await self._write(
            lambda connection: connection.executemany("delete from book where line_id = ?", gone)
        )

    async def homes(self) -> set[int]:
        """The lines that this collector serves while the database is away."""
        return {line_id for (line_id,) in await self._rows("select line_id from home")}

    async def keep_homes(self, line_ids: Iterable[int]) -> None:
        """Instead of all before."""
        rows = [(line_id,) for line_id in line_ids]

        def replace(connection: sqlite3.Connection) -> None:
            connection.execute("delete from home")
            connection.executemany("insert into home (line_id) values (?)", rows)

        await self._write(replace)

    async def alive(self, at: datetime) -> None:
        """The collector runs at this instant."""
        await self._write(lambda connection: connection.execute(_LIVE, (at.isoformat(),)))

    async def last_alive(self) -> datetime | None:
        """None: it never was, or nobody knows."""
        rows = await self._rows("select at from life")
        return datetime.fromisoformat(rows[0][0]) if rows else None

    async def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        try:
            await self._disk.run(work)
        except StorageUnavailable as error:
            log.warning("field book takes nothing", error=str(error))

    async def _rows(self, statement: str, *arguments: object) -> list[Any]:
        try:
            return await self._disk.run(
                lambda connection: connection.execute(statement, arguments).fetchall()
            )
        except StorageUnavailable as error:
            log.warning("field book cannot be read", error=str(error))
            return []


def _begin_anew(path: Path) -> None:
    log.warning("field book was damaged and is begun anew", field_book=str(path))
    for side in SIDES:
        path.with_name(path.name + side).unlink(missing_ok=True)

"""The central end: what regional collectors must know lies with the broker, anew whenever it changes.

Every writer publishes; two of them say the same, and a book that is told twice changes nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from collector.mqtt import topics
from collector.mqtt.connection import Connection
from metering.books import LineBook
from metering.plans import PollPlan
from storage import wire
from storage.books import Books, Outline
from storage.pool import Database
from storage.regional import RegionalCollectors
from storage.usage_points import Registry

_SOME_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)

LineIds = frozenset[int]


class BookPublisher:
    """Remembers what it published on this connection; on a new one it begins anew.

    `plan` is what holds where nobody said otherwise.
    """

    def __init__(self, database: Database, plan: PollPlan, now: Callable[[], datetime]) -> None:
        self._regional = RegionalCollectors(database)
        self._registry = Registry(database)
        self._books = Books(database)
        self._plan = plan
        self._now = now
        self._connection: Connection | None = None
        self._lines: dict[str, LineIds] = {}
        self._seen: dict[int, Outline] = {}
        self._told: dict[int, LineBook] = {}

    async def publish(self, connection: Connection) -> None:
        """Everything that changed since the last time. LineLost when the broker is away."""
        if connection is not self._connection:
            self._connection = connection
            self._lines, self._seen, self._told = {}, {}, {}
        names = [one.name for one in await self._regional.list()]
        if not names:
            return
        outlines = {one.line_id: one for one in await self._books.outlines(self._plan, self._now())}
        for name in names:
            await self._publish_lines(connection, name, outlines)

    async def _publish_lines(
        self, connection: Connection, name: str, outlines: Mapping[int, Outline]
    ) -> None:
        lines = frozenset(line.id for line in await self._registry.lines(name) if line.collector == name)
        for line_id in sorted(lines):
            await self._publish_line(connection, name, line_id, outlines.get(line_id))
        if self._lines.get(name) != lines:
            for gone in self._lines.get(name, frozenset()) - lines:
                self._seen.pop(gone, None)
                self._told.pop(gone, None)
                await connection.publish(topics.book(name, gone), b"", retained=True)
            listed = json.dumps(sorted(lines)).encode()
            await connection.publish(topics.lines(name), listed, retained=True)
            self._lines[name] = lines

    async def _publish_line(
        self, connection: Connection, name: str, line_id: int, outline: Outline | None
    ) -> None:
        """A line without polled meters has no outline, and an empty book."""
        if line_id in self._told and self._seen.get(line_id) == outline:
            return
        book = await self._books.line(line_id, self._plan, self._now())
        if book is None:
            return
        if outline is not None:
            self._seen[line_id] = outline
        timeless = replace(book, as_of=_SOME_TIME)
        if self._told.get(line_id) != timeless:
            data = await asyncio.to_thread(wire.encode_book, book)
            await connection.publish(topics.book(name, line_id), data, retained=True)
            self._told[line_id] = timeless

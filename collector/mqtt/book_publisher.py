"""The central end: what regional collectors must know lies with the broker, anew whenever it changes.

Every writer publishes; two of them say the same, and a book that is told twice changes nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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

AGAIN_AFTER: Final = timedelta(minutes=10)
"""What an outline does not show, such as a decision on what was held, is published so late at most."""
PORTION: Final = 50
_SOME_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)

LineIds = frozenset[int]
Outlines = Mapping[int, Sequence[Outline]]
"""Of the polled meters of each line."""


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
        self._begin(None)

    def _begin(self, connection: Connection | None) -> None:
        self._connection = connection
        self._looked_at = self._now()
        self._lines: dict[str, LineIds] = {}
        self._seen: dict[int, Sequence[Outline]] = {}
        self._told: dict[int, LineBook] = {}

    async def publish(self, connection: Connection) -> None:
        """Everything that changed since the last time. LineLost when the broker is away."""
        if connection is not self._connection:
            self._begin(connection)
        if self._now() - self._looked_at >= AGAIN_AFTER:
            self._looked_at = self._now()
            self._seen.clear()
        names = [one.name for one in await self._regional.list()]
        outlines = await self._outlines() if names else {}
        for name in names:
            await self._publish_lines(connection, name, outlines)

    async def _outlines(self) -> Outlines:
        by_line: dict[int, list[Outline]] = defaultdict(list)
        for one in await self._books.outlines(self._plan, self._now()):
            by_line[one.line_id].append(one)
        return by_line

    async def _publish_lines(self, connection: Connection, name: str, outlines: Outlines) -> None:
        lines = frozenset(line.id for line in await self._registry.lines(name) if line.collector == name)
        changed = [one for one in sorted(lines) if self._seen.get(one) != outlines.get(one, ())]
        for start in range(0, len(changed), PORTION):
            portion = changed[start : start + PORTION]
            for book in (await self._books.lines(portion, self._plan, self._now())).values():
                await self._publish_book(connection, name, book)
            self._seen.update({line_id: outlines.get(line_id, ()) for line_id in portion})
        if self._lines.get(name) != lines:
            await self._take_back(connection, name, self._lines.get(name, frozenset()) - lines)
            await connection.publish(topics.lines(name), json.dumps(sorted(lines)).encode(), retained=True)
            self._lines[name] = lines

    async def _publish_book(self, connection: Connection, name: str, book: LineBook) -> None:
        timeless = replace(book, as_of=_SOME_TIME)
        if self._told.get(book.line_id) != timeless:
            data = await asyncio.to_thread(wire.encode_book, book)
            await connection.publish(topics.book(name, book.line_id), data, retained=True)
            self._told[book.line_id] = timeless

    async def _take_back(self, connection: Connection, name: str, line_ids: LineIds) -> None:
        for line_id in line_ids:
            self._seen.pop(line_id, None)
            self._told.pop(line_id, None)
            await connection.publish(topics.book(name, line_id), b"", retained=True)

"""Modems that connect to a collector without a database: known by the books of its lines."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

import structlog

from collector.field_book import FieldBook
from collector.inbound.events import KnownModem
from collector.inbound.listener import Listener
from collector.links.url import LineUrl
from collector.presence import Presence
from collector.supervisor import first_of
from metering.books import LineBook
from metering.errors import ConfigurationError

log = structlog.get_logger()

SCHEME: Final = "inbound:"


class RegionalModems:
    """Tells `listener` whom to expect, and hands on what `presence` heard; what it needs is in its books."""

    def __init__(self, listener: Listener, presence: Presence, field_book: FieldBook, tick: float) -> None:
        self._listener = listener
        self._presence = presence
        self._field_book = field_book
        self._tick = tick
        self._known: dict[int, tuple[datetime, KnownModem | None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """On each tick, and whenever somebody comes or goes."""
        while not stop.is_set():
            self._presence.news.clear()
            await self.know()
            await self.hand_on()
            await first_of(stop, self._presence.news, timeout=self._tick)

    async def hand_on(self) -> None:
        """What was heard of them until now."""
        await self._presence.hand_on(self._listener)

    async def know(self) -> None:
        """A book is looked into when it came anew; polls that carry it on change nothing of its line."""
        books = await self._field_book.books()
        self._known = {line_id: seen for line_id, seen in self._known.items() if line_id in books}
        for line_id, as_of in books.items():
            if line_id not in self._known or self._known[line_id][0] != as_of:
                book = await self._field_book.book(line_id)
                self._known[line_id] = as_of, _known(book) if book else None
        self._listener.know([modem for _, modem in self._known.values() if modem is not None])


def _known(book: LineBook) -> KnownModem | None:
    if not book.url.startswith(SCHEME) or book.modem_id is None:
        return None
    try:
        url = LineUrl.parse(book.url)
    except ConfigurationError as error:
        log.warning("line is registered wrongly", line=book.line_id, error=str(error))
        return None
    return KnownModem(book.line_id, book.modem_id, url.place, url)

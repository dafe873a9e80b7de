"""Keeps a collector's field book by what lies with the broker.

A book that comes from the centre may be older than what this collector has read since: one that does not hold
the line's last poll is put off until the reports that are under way have been stored there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from collector.field_book import FieldBook
from collector.mqtt import topics
from collector.mqtt.connection import Arrival
from metering.books import LineBook
from metering.errors import DecodeError
from storage import wire

log = structlog.get_logger()

SETTLED_AFTER: Final = timedelta(minutes=2)
"""With nothing under way, how long a report may take to be stored; after that it was refused."""
MOST_LINES: Final = 100_000


class BookSubscription:
    """`waiting` says whether reports of this collector still lie on its disk."""

    def __init__(
        self, collector: str, field_book: FieldBook, waiting: Callable[[], bool], now: Callable[[], datetime]
    ) -> None:
        self._collector = collector
        self._field_book = field_book
        self._waiting = waiting
        self._now = now
        self._put_off: dict[int, LineBook] = {}
        self._since: dict[int, datetime] = {}

    @property
    def filters(self) -> tuple[str, str]:
        """What is to be subscribed to."""
        return topics.lines(self._collector), topics.books(self._collector)

    async def take(self, arrival: Arrival) -> None:
        """A message of these topics; any other is passed over. DecodeError when it is not understood."""
        if arrival.topic == topics.lines(self._collector):
            await self._take_lines(arrival.payload)
        line_id = topics.booked_line(self._collector, arrival.topic)
        if line_id is None:
            return
        self._put_off.pop(line_id, None)
        self._since.pop(line_id, None)
        if arrival.payload:
            await self._take_book(_book_of(line_id, arrival.payload))
        else:
            await self._field_book.forget([line_id])

    async def look(self) -> None:
        """Take what was put off and can be taken now."""
        for book in list(self._put_off.values()):
            await self._take_book(book)

    async def _take_book(self, book: LineBook) -> None:
        kept = await self._field_book.book(book.line_id)
        if kept is not None and kept.last_poll not in (None, book.last_poll) and not self._is_settled(book):
            self._put_off[book.line_id] = book
            return
        self._put_off.pop(book.line_id, None)
        self._since.pop(book.line_id, None)
        await self._field_book.keep(book)

    def _is_settled(self, book: LineBook) -> bool:
        """Whether the centre will not come to know more of this line than its book says."""
        if self._waiting():
            self._since.pop(book.line_id, None)
            return False
        return self._now() - self._since.setdefault(book.line_id, self._now()) > SETTLED_AFTER

    async def _take_lines(self, payload: bytes) -> None:
        lines = _lines_of(payload)
        await self._field_book.keep_homes(lines)
        await self._field_book.forget((await self._field_book.books()).keys() - lines)


def _book_of(line_id: int, payload: bytes) -> LineBook:
    book = wire.decode_book(payload)
    if book.line_id != line_id:
        raise DecodeError(f"The book of line {book.line_id} lies under the topic of line {line_id}.")
    return book


def _lines_of(payload: bytes) -> set[int]:
    try:
        listed = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"The list of lines is no JSON: {error}.") from error
    if not isinstance(listed, list) or len(listed) > MOST_LINES:
        raise DecodeError("The list of lines is no list of line ids.")
    if not all(type(one) is int for one in listed):
        raise DecodeError("The list of lines holds something that is no line id.")
    return set(listed)

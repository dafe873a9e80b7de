"""Books that come from the broker: which are taken, put off, and forgotten; and what statuses say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from collector.field_book import FieldBook
from collector.mqtt import status, topics
from collector.mqtt.book_subscription import SETTLED_AFTER, BookSubscription
from collector.mqtt.connection import Arrival
from collector.spool import SpoolState
from metering.books import LineBook
from metering.errors import DecodeError
from storage import wire

NAME = "north"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)
BOOK = LineBook(7, "tcp://10.0.0.5:4001", NAME, None, NAME, (), NOW)


class Region:
    """A collector's field book and what it has still to hand on, at a time that the test sets."""

    def __init__(self, field_book: FieldBook) -> None:
        self.kept = field_book
        self.waiting = False
        self.now = NOW
        self.books = BookSubscription(NAME, field_book, lambda: self.waiting, lambda: self.now)

    async def hear(self, topic: str, payload: bytes) -> None:
        await self.books.take(Arrival(topic, payload, True, 1, 1))

    async def hear_book(self, book: LineBook) -> None:
        await self.hear(topics.book(NAME, book.line_id), wire.encode_book(book))

    async def last_poll(self) -> UUID | None:
        book = await self.kept.book(BOOK.line_id)
        return book.last_poll if book else None


@pytest.fixture
async def region(tmp_path: Path) -> AsyncIterator[Region]:
    async with FieldBook(tmp_path / "books.sqlite") as field_book:
        yield Region(field_book)


async def test_the_first_book_and_one_that_holds_the_last_poll_are_taken(region: Region) -> None:
    await region.hear_book(BOOK)
    await region.kept.keep(replace(BOOK, last_poll=FIRST))
    newer = replace(BOOK, last_poll=FIRST, url="tcp://10.0.0.6:4001")
    await region.hear_book(newer)
    assert await region.kept.book(7) == newer


async def test_a_book_that_lacks_our_last_poll_waits_for_the_one_that_has_it(region: Region) -> None:
    await region.kept.keep(replace(BOOK, last_poll=SECOND))
    region.waiting = True
    await region.hear_book(replace(BOOK, last_poll=FIRST))
    region.now += 10 * SETTLED_AFTER
    await region.books.look()
    assert await region.last_poll() == SECOND
    stored = replace(BOOK, last_poll=SECOND, url="tcp://10.0.0.6:4001")
    await region.hear_book(stored)
    assert await region.kept.book(7) == stored


async def test_what_was_refused_does_not_hold_up_a_book_for_ever(region: Region) -> None:
    await region.kept.keep(replace(BOOK, last_poll=SECOND))
    await region.hear_book(replace(BOOK, last_poll=FIRST))
    await region.books.look()
    assert await region.last_poll() == SECOND
    region.now += SETTLED_AFTER + timedelta(seconds=1)
    await region.books.look()
    assert await region.last_poll() == FIRST


async def test_lines_that_are_listed_are_homes_and_others_are_forgotten(region: Region) -> None:
    for line_id in (7, 8, 9):
        await region.hear_book(replace(BOOK, line_id=line_id))
    await region.hear(topics.lines(NAME), json.dumps([7, 8, 11]).encode())
    assert await region.kept.homes() == {7, 8, 11}
    assert set(await region.kept.books()) == {7, 8}
    await region.hear(topics.book(NAME, 8), b"")
    assert set(await region.kept.books()) == {7}


async def test_topics_of_others_are_passed_over(region: Region) -> None:
    await region.hear(topics.book("south", 7), wire.encode_book(BOOK))
    await region.hear("wmbusmeters/1", b"{}")
    assert await region.kept.books() == {}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (topics.book(NAME, 7), b"rubbish"),
        (topics.book(NAME, 8), wire.encode_book(BOOK)),
        (topics.lines(NAME), b"rubbish"),
        (topics.lines(NAME), b'{"7": 1}'),
        (topics.lines(NAME), b'["7"]'),
        (topics.lines(NAME), b"[true]"),
        (topics.lines(NAME), b"[" * 100_000),
    ],
)
async def test_what_is_no_book_and_no_list_is_refused(region: Region, topic: str, payload: bytes) -> None:
    with pytest.raises(DecodeError):
        await region.hear(topic, payload)
    assert await region.kept.books() == {}


def test_a_status_comes_back_as_it_was_told() -> None:
    spool = SpoolState(entries=3, size=4000, oldest_at=NOW, limit=10**9, damaged=0)
    heard = status.decode(NAME, status.encode(True, NOW, spool, {7: "10.1.1.1", 2**40: ""}))
    assert heard is not None
    told, modems = heard
    assert modems == {7: "10.1.1.1", 2**40: ""}
    assert (told.name, told.online, told.heard_at) == (NAME, True, NOW)
    assert (told.spool_entries, told.spool_size, told.spool_oldest_at) == (3, 4000, NOW)


def test_the_last_will_says_that_it_is_lost() -> None:
    assert status.decode(NAME, status.LOST) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'{"online": true}',
        b'{"online": true, "at": 7}',
        *(
            b'{"online": true, "at": "2026-01-10T10:00:00+00:00", "spool_entries": 0, "spool_size": 0, '
            b'"modems": %b}' % modems
            for modems in (b"[7]", b'{"x": ""}', b'{"7": 1}', b'{"-7": ""}', b'{"%b": ""}' % (b"1" * 19))
        ),
    ],
)
def test_another_status_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        status.decode(NAME, payload)

"""The field book: what is kept, what is forgotten, and a file that is damaged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.field_book import FieldBook
from metering.books import BookedMeter, LineBook
from metering.errors import ConfigurationError

AT = datetime(2026, 3, 1, tzinfo=UTC)
BOOK = LineBook(
    4, "tcp://10.0.0.5:4001", None, None, None, (BookedMeter(1, "77", "tem-104", "1", "+05:00", AT),), AT
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "field_book.sqlite"


@pytest.fixture
async def field_book(path: Path) -> AsyncIterator[FieldBook]:
    async with FieldBook(path) as field_book:
        yield field_book


async def test_the_last_book_of_a_line_stands(field_book: FieldBook) -> None:
    newer = replace(BOOK, as_of=AT + timedelta(hours=1), meters=())
    await field_book.keep(BOOK)
    await field_book.keep(newer)
    assert await field_book.book(4) == newer
    assert await field_book.books() == {4: newer.as_of}
    assert await field_book.book(5) is None


async def test_it_survives_its_process(path: Path) -> None:
    async with FieldBook(path) as before:
        await before.keep(BOOK)
        await before.keep_homes({4, 9})
        await before.alive(AT)
        await before.alive(AT + timedelta(seconds=5))
    async with FieldBook(path) as after:
        assert await after.book(4) == BOOK
        assert await after.homes() == {4, 9}
        assert await after.last_alive() == AT + timedelta(seconds=5)


async def test_homes_replace_those_before(field_book: FieldBook) -> None:
    await field_book.keep_homes([1, 2])
    await field_book.keep_homes([2, 3])
    assert await field_book.homes() == {2, 3}


async def test_books_are_forgotten(field_book: FieldBook) -> None:
    for line in (4, 5, 6):
        await field_book.keep(replace(BOOK, line_id=line))
    await field_book.forget([4, 6, 77])
    assert set(await field_book.books()) == {5}


async def test_a_new_one_knows_nothing(field_book: FieldBook) -> None:
    assert (await field_book.books(), await field_book.homes(), await field_book.last_alive()) == (
        {},
        set(),
        None,
    )


async def test_a_damaged_file_is_begun_anew(path: Path) -> None:
    await asyncio.to_thread(path.write_bytes, b"\xa5" * 9000)
    async with FieldBook(path) as field_book:
        assert await field_book.books() == {}
        await field_book.keep(BOOK)
        assert await field_book.book(4) == BOOK


async def test_two_never_share_one_file(field_book: FieldBook, path: Path) -> None:
    with pytest.raises(ConfigurationError, match="open in another process"):
        async with FieldBook(path):
            pass

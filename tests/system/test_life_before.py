"""What a collector finds of its life before: visits that it told of, books that others have overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from collector.field_book import FieldBook
from collector.homes import BOOKS_LAST
from collector.kept import FIELD_BOOK
from storage.books import Books
from storage.lines import Lines
from storage.pool import Database
from teplo.composition import clock
from tests.support.registry import START, place
from tests.system.house import QUICK, collector, folder_of, until, working

NAME = "south"
OLD = clock() - 2 * BOOKS_LAST


async def test_visits_of_a_life_that_was_cut_short_keep_nobody_away(database: Database) -> None:
    spot, lines = await place(database), Lines(database)
    await lines.begin_visits(NAME, [spot.line])

    async def let_go() -> bool:
        alive = await database.value("select count(*) from collector where alive_until > now()")
        return bool(alive) and not await lines.is_anothers(spot.line, "north", None)

    async with working(collector(database, NAME)):
        await until(let_go, patience=20)


async def test_a_book_that_others_have_overtaken_is_fetched_anew(database: Database) -> None:
    spot = await place(database)
    await database.rows("update meter set polled = false")
    book = await Books(database).line(spot.line, QUICK, START)
    assert book is not None
    path = folder_of(database) / NAME / FIELD_BOOK
    async with FieldBook(path) as field_book:
        await field_book.keep(replace(book, as_of=OLD))

    async def at_home() -> bool:
        return spot.line in await Lines(database).homes(NAME)

    async with working(collector(database, NAME)):
        await until(at_home, patience=20)
        looked = clock()
        await until(lambda: later(looked + timedelta(seconds=1)), patience=20)
    async with FieldBook(path) as field_book:
        assert (await field_book.books())[spot.line] > OLD


async def later(at: datetime) -> bool:
    return clock() > at

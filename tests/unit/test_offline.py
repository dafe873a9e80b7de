"""Without the database a collector serves what is its own: when it may, what it trusts, where it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.delivery import Delivery
from collector.field_book import FieldBook
from collector.inbound.events import Connected, KnownModem
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.line_service import Wishes
from collector.line_signal import LineSignal
from collector.links.url import LineUrl
from collector.offline import Modems, Offline, OfflineTerms
from collector.presence import Presence
from collector.reach import LinesInService
from collector.serving import Serving
from collector.sinks import MemorySink
from collector.spool import Spool
from collector.unstored import Unstored
from metering.books import BookedMeter, LineBook
from metering.polls import Outcome, PollHistory
from protocols.hello import HelloKind
from teplo.running import TOOLS

NOW = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
LEASE = timedelta(minutes=15)
PATIENCE = timedelta(minutes=5)
LINE = 7
METER = BookedMeter(1, "100", "kamstrup-multical-603-kmp", "1", "+05:00", registered_at=NOW)
BOOK = LineBook(LINE, "tcp://127.0.0.1:1", None, None, None, (METER,), as_of=NOW)


class Served(Serving):
    """Writes down which lines were to be served."""

    def __init__(self, delivery: Delivery, field_book: FieldBook) -> None:
        super().__init__("south", TOOLS, delivery, field_book)
        self.lines: list[int] = []
        self.returned: list[bool] = []

    async def serve(
        self,
        book: LineBook,
        wishes: Wishes,
        *,
        returned: bool = False,
        stays: Callable[[], bool] = lambda: True,
    ) -> None:
        self.lines.append(book.line_id)
        self.returned.append(returned)


class House:
    """`away`: whether the database is, look by look; the last word stays."""

    def __init__(self, field_book: FieldBook, delivery: Delivery, spool: Spool) -> None:
        self.served = Served(delivery, field_book)
        self.field_book = field_book
        self.unstored = Unstored(spool.state, lambda: 0.0)
        self.presence = Presence(lambda: NOW, delivery)
        self.listener = Listener((), Limits(), self.presence, lambda: NOW)
        self.away = [True]
        self.looks = 0
        self.looked_again = asyncio.Event()

    def is_away(self) -> bool:
        self.looks += 1
        self.looked_again.set()
        return self.away.pop(0) if len(self.away) > 1 else self.away[0]

    def offline(self, at_hand: Collection[int] = ()) -> Offline:
        terms = OfflineTerms(self.is_away, 0.001, 10, LEASE, PATIENCE)
        for line_id in at_hand:
            self.appear(line_id)
        modems = Modems(self.presence, LineSignal(self.listener, self.presence, lambda: NOW))
        in_service = LinesInService()
        return Offline(self.served, self.field_book, lambda: NOW, in_service, self.unstored, modems, terms)

    def appear(self, line_id: int) -> None:
        """The modem of this line connects to us."""
        modem = KnownModem(line_id, 100 + line_id, "imei", LineUrl.parse("inbound:imei"))
        at = Connected(modem, "10.1.1.1", "0.0.0.0:11003", HelloKind.IMEI, False, NOW)
        self.presence.appeared(modem, at)

    async def look(self, times: int) -> None:
        """Wait until it has looked so often."""
        while self.looks < times:
            self.looked_again.clear()
            await self.looked_again.wait()

    async def looked(self, offline: Offline, times: int = 4) -> list[int]:
        """The lines that were served while it looked so often."""
        stop = asyncio.Event()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(offline.run(stop))
            await self.look(times)
            stop.set()
        return self.served.lines


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with Spool(tmp_path / "spool.sqlite", limit=100_000) as spool:
        yield spool


@pytest.fixture
async def house(tmp_path: Path, spool: Spool) -> AsyncIterator[House]:
    async with FieldBook(tmp_path / "books.sqlite") as field_book:
        await field_book.keep(BOOK)
        await field_book.keep_homes([LINE])
        yield House(field_book, Delivery(MemorySink(), spool, lambda: NOW), spool)


async def test_a_collector_that_lived_lately_serves_its_homes(house: House) -> None:
    await house.field_book.alive(NOW - LEASE / 2)
    assert LINE in await house.looked(house.offline())


@pytest.mark.parametrize("away", [[True], [False, False, True]], ids=["at once", "not known at first"])
async def test_homes_of_a_collector_that_was_dead_for_a_lease_may_be_anothers(
    house: House, away: list[bool]
) -> None:
    house.away = away
    await house.field_book.alive(NOW - 2 * LEASE)
    assert await house.looked(house.offline(), times=8) == []


async def test_homes_that_were_told_anew_are_trusted(house: House) -> None:
    await house.field_book.alive(NOW - 2 * LEASE)
    offline, stop = house.offline(), asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(offline.run(stop))
        await house.look(4)
        assert house.served.lines == []
        await offline.learn_homes([LINE])
        await house.look(house.looks + 3)
        stop.set()
    assert LINE in house.served.lines


async def test_a_connection_that_is_held_is_served_whatever_the_homes_are(house: House) -> None:
    await house.field_book.alive(NOW - 2 * LEASE)
    assert LINE in await house.looked(house.offline(at_hand=[LINE]))


async def test_nobody_is_asked_while_the_database_is_there(house: House) -> None:
    house.away = [False]
    await house.field_book.alive(NOW)
    assert await house.looked(house.offline()) == []


async def test_a_line_that_was_read_waits_for_what_lies_on_the_disk(house: House, spool: Spool) -> None:
    await spool.append("poll", NOW, b"read at home")
    await house.field_book.alive(NOW)
    await house.looked(house.offline())
    assert house.unstored.lines == {LINE}


async def test_a_line_that_was_read_is_read_on_until_the_disk_is_empty(house: House, spool: Spool) -> None:
    await spool.append("poll", NOW, b"read at home")
    await house.field_book.alive(NOW)
    offline, stop = house.offline(), asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(offline.run(stop))
        await house.look(4)
        house.away = [False]
        await house.look(house.looks + 4)
        house.served.lines.clear()
        await house.look(house.looks + 8)
        assert LINE in house.served.lines, "the database is back, but not what was read"
        await spool.remove((await spool.first(1))[0].seq)
        await house.look(house.looks + 4)
        house.served.lines.clear()
        await house.look(house.looks + 8)
        assert house.served.lines == [], "the queue sends whoever is free"
        stop.set()


async def test_another_line_is_not_begun_while_what_was_read_waits(house: House, spool: Spool) -> None:
    await spool.append("poll", NOW, b"read at home")
    await house.field_book.alive(NOW)
    house.unstored.add([LINE])
    house.away = [False]
    assert await house.looked(house.offline()) == []


INBOUND_BOOK = replace(BOOK, url="inbound:861785006202018")


async def test_a_modem_is_given_time_to_find_its_way_to_us(house: House) -> None:
    await house.field_book.keep(INBOUND_BOOK)
    await house.field_book.alive(NOW)
    assert await house.looked(house.offline()) == []
    assert LINE in await house.looked(house.offline(at_hand=[LINE]), times=house.looks + 4)


async def test_what_failed_while_its_modem_was_away_is_asked_as_soon_as_it_is_back(house: House) -> None:
    away = PollHistory(NOW - timedelta(minutes=1), 9, Outcome.MODEM_AWAY)
    await house.field_book.keep(replace(INBOUND_BOOK, meters=(replace(METER, history=away),)))
    await house.field_book.alive(NOW)
    offline = house.offline()
    house.appear(LINE)
    assert house.presence.has_returned(LINE)
    assert await house.looked(offline) == [], "it rests after so many failures"
    house.appear(LINE)
    assert await house.looked(offline, times=house.looks + 8) == [LINE], "once"
    assert house.served.returned == [True]

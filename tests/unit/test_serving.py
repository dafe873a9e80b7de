"""What a line's service says of meters, whatever comes in between: full disks, wrong rows, faulty drivers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from collector.delivery import REFUSED_FOR, Delivery
from collector.endings import without_readings
from collector.field_book import FieldBook
from collector.line_settings import LineSettings
from collector.links import Link
from collector.links.fake import FakeLink
from collector.links.url import LineUrl
from collector.offline import BookedWishes
from collector.serving import Serving, Tools
from collector.session import Session
from collector.sinks import MemorySink
from collector.spool import Spool
from metering.books import BookedMeter, LineBook
from metering.errors import ReadingConflict, StorageUnavailable
from metering.meters import MeterConfiguration
from metering.plans import PollPlan
from metering.polls import Outcome, PollReport
from protocols.conversation import Conversation
from protocols.driver import Driver
from tests.unit.scripted import ScriptedDriver, obliging

START = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
PLAN = PollPlan(archives={})


def meter(number: int) -> BookedMeter:
    zone = "+05:00"
    return BookedMeter(number, "100", "scripted", str(number), zone, registered_at=START, plan=PLAN)


BOOK = LineBook(7, "serial:/dev/null", None, None, None, (meter(1), meter(2)), as_of=START)


class House:
    """A collector's serving side, with a line in memory on which everybody answers."""

    def __init__(self, delivery: Delivery, field_book: FieldBook) -> None:
        self.now = START
        self.opened = 0
        self.reports: list[PollReport] = []
        self.drivers: dict[str, ScriptedDriver] = {}
        identifiers = count(1)
        tools = Tools(
            now=lambda: self.now,
            new_id=lambda: UUID(int=next(identifiers)),
            driver_for=lambda model, url: self.drivers.get(model, ScriptedDriver()),
            open_link=self._open,
            make_session=self._session,
        )
        self._delivery = delivery
        self._serving = Serving("south", tools, delivery, field_book, self.reports.append)

    async def _open(self, url: LineUrl, driver: Driver) -> Link:
        self.opened += 1
        link = FakeLink(obliging)
        await link.open()
        return link

    def _session(self, link: Link, url: LineUrl, driver: Driver) -> Session:
        settings = LineSettings(timeout=0.02, gap=0.005, attempts=1, quiet=0.0)
        return Session(link, settings=settings, now=lambda: self.now)

    async def drain(self) -> None:
        """Everything that waited on the disk is stored."""
        stop = asyncio.Event()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(self._delivery.drain(stop))
            await self._delivery.drained(stop)
            stop.set()

    async def serve(self, book: LineBook = BOOK) -> dict[int, Outcome]:
        """How the polls of this service ended."""
        self.reports.clear()
        await self._serving.serve(book, BookedWishes())
        return {report.meter_id: report.outcome for report in self.reports}


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with Spool(tmp_path / "spool.sqlite", limit=100_000) as spool:
        yield spool


@pytest.fixture
async def house(tmp_path: Path, spool: Spool, sink: MemorySink) -> AsyncIterator[House]:
    async with FieldBook(tmp_path / "books.sqlite") as field_book:
        house: House | None = None
        delivery = Delivery(sink, spool, lambda: house.now if house else START)
        house = House(delivery, field_book)
        yield house


async def test_everybody_due_is_read(house: House) -> None:
    assert await house.serve() == {1: Outcome.OK, 2: Outcome.OK}


async def test_nobody_is_asked_while_nothing_can_be_kept_and_each_meter_says_so_once(
    house: House, sink: MemorySink, spool: Spool
) -> None:
    sink.away = True
    await spool.append("report", START, b"." * (100_000 - 2_000))
    await spool.append("report", START, b"." * 1_000)
    assert await house.serve() == {1: Outcome.STORAGE_AWAY, 2: Outcome.STORAGE_AWAY}
    assert (await house.serve(), house.opened) == ({}, 0)
    sink.away = False
    await house.drain()
    assert await house.serve() == {1: Outcome.OK, 2: Outcome.OK}


async def test_a_disk_that_refused_is_tried_again_after_a_while(
    house: House, sink: MemorySink, monkeypatch: pytest.MonkeyPatch, spool: Spool
) -> None:
    async def refuse(kind: str, at: datetime, payload: bytes) -> None:
        raise StorageUnavailable

    sink.away = True
    monkeypatch.setattr(spool, "append", refuse)
    with pytest.raises(StorageUnavailable):
        await house.serve()
    await house.serve()
    assert house.opened == 1
    sink.away = False
    house.now += REFUSED_FOR + timedelta(seconds=1)
    assert await house.serve() == {1: Outcome.OK, 2: Outcome.OK}


class Faulty(ScriptedDriver):
    """Cannot bear what its meter says."""

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        yield from super().read_clock(address, configuration)
        raise IndexError("index out of range")


async def test_a_fault_of_a_driver_costs_its_own_meter_only(house: House) -> None:
    house.drivers["faulty"] = Faulty()
    book = replace(BOOK, meters=(replace(meter(1), model="faulty"), meter(2)))
    assert await house.serve(book) == {1: Outcome.NOT_UNDERSTOOD, 2: Outcome.OK}
    assert "IndexError: index out of range" in house.reports[0].message
    assert house.reports[0].frames


async def test_a_zone_that_nobody_knows_costs_its_own_meter_only(house: House) -> None:
    book = replace(BOOK, meters=(replace(meter(1), zone="Asia/Nowhere"), meter(2)))
    assert await house.serve(book) == {1: Outcome.WRONG_SETTINGS, 2: Outcome.OK}


def test_a_report_that_is_refused_still_fulfils_its_wish() -> None:
    at, wish = START, UUID(int=9)
    report = PollReport(UUID(int=1), 1, "south", at, at, Outcome.OK, request_id=wish)
    assert without_readings(report, ReadingConflict("out of range")).request_id == wish

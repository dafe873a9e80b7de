"""Who is connected, as storage is told it: beside others, after failures and at the last goodbye."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from collector.attendance import Attendance
from collector.delivery import Delivery
from collector.inbound.endings import Ending
from collector.inbound.events import Connected, Contact, KnownModem
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.links.url import LineUrl
from collector.planner import ROUTINE
from collector.sinks import DatabaseSink
from collector.spool import Spool
from collector.supervisor import wait
from protocols.hello import HelloKind
from storage.collectors import Collectors
from storage.jobs import Jobs, entrypoint
from storage.modem_rows import InboundLine
from storage.modems import Modems
from storage.pool import Database
from tests.support.modems import inbound_line
from tests.system.house import HEARTBEAT, collector, until, working

NOW = datetime(2026, 1, 10, 10, 2, tzinfo=UTC)


def attendance(database: Database, collector: str) -> tuple[Attendance, Listener]:
    """With a listener that nobody calls, and a spool that nobody needs."""
    delivery = Delivery(DatabaseSink(database), Spool(Path("nowhere"), limit=0), lambda: NOW)
    here = Attendance(database, collector, lambda: NOW, HEARTBEAT, delivery)
    return here, Listener((), Limits(), here, lambda: NOW)


def connected(line: InboundLine) -> Connected:
    modem = KnownModem(line.line_id, line.modem_id, line.identity, LineUrl.parse(line.url))
    return Connected(modem, "10.1.1.1", "0.0.0.0:11003", HelloKind.IMEI, False, NOW)


async def holder(database: Database, line: InboundLine) -> str | None:
    modem = await Modems(database).modem(line.modem_id)
    assert modem is not None
    return modem.held_by


async def jobs(database: Database) -> list[tuple[str, str]]:
    rows = await database.rows("select entrypoint, status::text as status from pgqueuer")
    return [(row["entrypoint"], row["status"]) for row in rows]


async def test_a_modem_that_went_over_is_not_taken_back_when_the_database_returns(database: Database) -> None:
    line = await inbound_line(database)
    north, listener = attendance(database, "north")
    await north.begin()
    north.appeared(connected(line).modem, connected(line))
    await north.tell(listener)
    assert await holder(database, line) == "north"
    await Modems(database).hold([(line.modem_id, "10.1.1.2")], "south", NOW)
    await north.begin()
    await north.tell(listener)
    assert await holder(database, line) == "south", "north's connection is half-open and does not know it"


async def test_a_modem_that_came_while_it_was_found_away_elsewhere_is_served(database: Database) -> None:
    line = await inbound_line(database)
    north, listener = attendance(database, "north")
    await Jobs(database).request_line(line.line_id, None, ROUTINE)
    await database.rows("update pgqueuer set status = 'picked', heartbeat = now()")
    north.appeared(connected(line).modem, connected(line))
    await north.tell(listener)
    assert await jobs(database) == [(entrypoint(None), "picked")], "one line has one talker"
    await database.rows("delete from pgqueuer")
    await north.tell(listener)
    assert await jobs(database) == [(entrypoint("north"), "queued")]
    assert north.has_returned(line.line_id)
    await database.rows("delete from pgqueuer")
    await north.tell(listener)
    assert await jobs(database) == [], "it was served"


async def test_a_return_that_could_not_be_served_is_not_forgotten(database: Database) -> None:
    line = await inbound_line(database)
    here, _ = attendance(database, "north")
    here.appeared(connected(line).modem, connected(line))
    assert here.has_returned(line.line_id)
    here.return_was_missed(line.line_id)
    assert here.has_returned(line.line_id)
    here.vanished(connected(line).modem, Ending.SILENT)
    here.return_was_missed(line.line_id)
    assert not here.has_returned(line.line_id), "it is away again"


async def test_the_register_is_parsed_when_it_changes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    line = await inbound_line(database)
    here, listener = attendance(database, "north")
    url = LineUrl.parse(line.url)

    def parse(text: str) -> LineUrl:
        parsed.append(text)
        return url

    monkeypatch.setattr(LineUrl, "parse", parse)
    for _ in range(3):
        await here.know(listener)
    assert len(parsed) == 1


async def test_what_the_last_polls_carried_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await inbound_line(database)
    contacts: list[Contact] = []

    async def run(self: Listener, stop: asyncio.Event) -> None:
        await stop.wait()
        await wait(asyncio.Event(), 0.2)  # open links have a while to be closed
        contacts.append(Contact(line.modem_id, NOW, 30, 40))

    def take_contacts(self: Listener) -> list[Contact]:
        taken = list(contacts)
        contacts.clear()
        return taken

    monkeypatch.setattr(Listener, "run", run)
    monkeypatch.setattr(Listener, "take_contacts", take_contacts)
    async with working(collector(database)):
        await until(lambda: _named(database))
    (day,) = await Modems(database).traffic(line.modem_id, NOW.date(), NOW.date() + timedelta(days=1))
    assert (day.sent, day.received) == (30, 40)


async def test_a_collector_that_never_got_its_name_lets_go_of_nothing(database: Database) -> None:
    line = await inbound_line(database)
    await Collectors(database).claim("main", UUID(int=1), timedelta(hours=1))
    await Modems(database).hold([(line.modem_id, "10.1.1.1")], "main", NOW)
    async with working(collector(database, "main")):
        await wait(asyncio.Event(), 0.3)  # it tries for its name
    assert await holder(database, line) == "main", "its namesake lives and holds the modem"


async def _named(database: Database) -> bool:
    return await database.value("select name from collector") is not None

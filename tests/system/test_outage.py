"""The database goes away and comes back: reading goes on, nothing is lost, no line has two talkers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector.app import Collector
from collector.entries import Entry
from collector.links import Link
from collector.links.url import LineUrl
from collector.sinks import DatabaseSink
from metering.errors import StorageUnavailable
from metering.plans import PollPlan
from metering.polls import Outcome, PollReport
from protocols.driver import Driver
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from teplo.composition import clock, open_link
from teplo.demo import oracle
from teplo.migrate import migrate
from teplo.postgres import EmbeddedPostgres
from tests.system.house import (
    ARCHIVES,
    HEARTBEAT,
    collector,
    hasty,
    line,
    running_house,
    station,
    until,
    working,
)
from tests.system.test_collector import WINDOWS, all_ok

EVERY_SECOND = PollPlan(timedelta(seconds=1), timedelta(milliseconds=200), ARCHIVES)
NAMES = ("north", "south")
LINES = [
    line("m-bus", f"kamstrup-multical-601 0685{n:04} 1", f"minol-minocal 3142{n:04} 2") for n in range(6)
]


class Talk:
    """Who opens which line, and how many talk on one at a time."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.opened: list[tuple[datetime, str, str]] = []

    def opener(self, name: str) -> object:
        async def opened(url: LineUrl, driver: Driver) -> Link:
            link = await open_link(url, driver)
            self.opened.append((clock(), name, url.endpoint))
            self.now[url.endpoint] += 1
            self.most[url.endpoint] = max(self.most[url.endpoint], self.now[url.endpoint])
            close = link.close

            async def closed() -> None:
                self.now[url.endpoint] -= 1
                await close()

            link.close = closed  # type: ignore[method-assign]
            return link

        return opened

    def since(self, at: datetime) -> list[tuple[str, str]]:
        """Collector and line of what was opened since then."""
        return [(name, endpoint) for when, name, endpoint in self.opened if when > at]


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[tuple[EmbeddedPostgres, str]]:
    running = EmbeddedPostgres(folder / "postgres", settings={"fsync": "off"})
    url = await asyncio.to_thread(running.start)
    try:
        await migrate(url)
        yield running, url
    finally:
        await asyncio.to_thread(running.stop)


@pytest.mark.timeout(240)
async def test_two_collectors_go_on_reading_without_the_database_each_at_home(tmp_path: Path) -> None:
    talk = Talk()
    async with server(tmp_path) as (postgres, url), Database(url, timeout=2.0) as database:
        since = clock()
        pair = [collector(database, name, EVERY_SECOND, open_link=talk.opener(name)) for name in NAMES]
        async with working(*pair):
            await until(lambda: all_live(database))
            async with running_house(database, *LINES) as (fleet, meters):
                await until(lambda: all_ok(database, len(meters), times=2))
                await until(lambda: all_booked(pair, len(fleet.lines)))
                await asyncio.to_thread(postgres.stop)
                lost_at = clock()
                await until(lambda: all_read(talk, lost_at + timedelta(seconds=1), len(fleet.lines)))
                homes = {endpoint: name for name, endpoint in talk.since(lost_at + timedelta(seconds=1))}
                await asyncio.to_thread(postgres.start)
                back_at = clock()
                await until(lambda: read_between(database, lost_at, back_at, len(meters)))
                polls = (await Polls(database).summary()).polls
                await until(lambda: more_than(database, polls + len(meters)))
        verdict = await oracle.compare_stored(meters, Readings(database), since, clock(), WINDOWS)
        polls_of_all = await Polls(database).list(limit=5000)
    without = [one for one in polls_of_all if lost_at < one.started_at < back_at]
    assert (verdict.missing, verdict.wrong, verdict.findings) == (0, 0, [])
    assert set(talk.most.values()) == {1}, "no line ever had two talkers"
    assert {one.outcome for one in without} == {Outcome.OK}
    assert set(homes.values()) == {"north", "south"}, "both went on"


@pytest.mark.timeout(240)
async def test_a_line_is_read_on_at_home_until_what_was_read_there_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, held = Talk(), Held(monkeypatch)
    async with server(tmp_path) as (postgres, url), Database(url, timeout=2.0) as database:
        pair = [collector(database, name, EVERY_SECOND, open_link=talk.opener(name)) for name in NAMES]
        async with working(*pair):
            await until(lambda: all_live(database))
            async with running_house(database, *LINES) as (fleet, meters):
                await until(lambda: all_ok(database, len(meters)))
                await until(lambda: all_booked(pair, len(fleet.lines)))
                await asyncio.to_thread(postgres.stop)
                lost_at = clock()
                await until(lambda: all_read(talk, lost_at + timedelta(seconds=1), len(fleet.lines)))
                homes = {endpoint: name for name, endpoint in talk.since(lost_at + timedelta(seconds=1))}
                held.name = "north"
                await asyncio.to_thread(postgres.start)
                await until(lambda: all_heard_of(database, lost_at))
                back_at = clock()
                await until(lambda: all_read(talk, back_at + HEARTBEAT, len(fleet.lines)))
                asked_while_held = set(talk.since(back_at))
                held.name = ""
                stored_at = clock()
                await until(lambda: all_read(talk, stored_at, len(fleet.lines)))
    northern = {endpoint for endpoint, name in homes.items() if name == "north"}
    assert northern, "it was read there"
    assert {name for name, endpoint in asked_while_held if endpoint in northern} == {"north"}
    assert set(talk.most.values()) == {1}, "no line ever had two talkers"


@pytest.mark.timeout(240)
async def test_who_comes_later_gets_its_share_of_the_homes(tmp_path: Path) -> None:
    talk = Talk()
    async with server(tmp_path) as (postgres, url), Database(url, timeout=2.0) as database:
        north, south = (
            station(
                database,
                replace(hasty(name, EVERY_SECOND), lease=timedelta(seconds=5)),
                open_link=talk.opener(name),
            ).collector
            for name in NAMES
        )
        async with working(north), running_house(database, *LINES) as (fleet, _):
            await until(lambda: homes_are_known(database, len(fleet.lines)))
            async with working(south):
                await until(lambda: know_their_share(north, south))
                await asyncio.to_thread(postgres.stop)
                lost_at = clock()
                await until(lambda: all_read(talk, lost_at + timedelta(seconds=1), len(fleet.lines)))
                homes = {endpoint: name for name, endpoint in talk.since(lost_at + timedelta(seconds=1))}
                await asyncio.to_thread(postgres.start)
    assert Counter(homes.values()) == {"north": 3, "south": 3}
    assert set(talk.most.values()) == {1}, "no line ever had two talkers"


async def know_their_share(*collectors: Collector) -> bool:
    return [len(await one.homes.booked()) for one in collectors] == [3, 3]


class Held:
    """The collector from which the database takes no readings, by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = ""
        put = DatabaseSink.put

        async def taken(sink: DatabaseSink, entries: Sequence[Entry]) -> None:
            if any(isinstance(one.value, PollReport) and one.value.collector == self.name for one in entries):
                raise StorageUnavailable("The server is slow.")
            await put(sink, entries)

        monkeypatch.setattr(DatabaseSink, "put", taken)


async def all_heard_of(database: Database, since: datetime) -> bool:
    return bool(await database.value("select bool_and(seen_at > $1) from collector", since))


async def all_live(database: Database) -> bool:
    """A line finds its home among the collectors that live when it is registered."""
    return bool(await database.value("select count(*) = $1 from collector", len(NAMES)))


async def homes_are_known(database: Database, lines: int) -> bool:
    return bool(await database.value("select count(*) = $1 from line where home is not null", lines))


async def all_booked(collectors: Sequence[Collector], lines: int) -> bool:
    """Every line could be read at its home without the database."""
    return sum([len(await one.homes.booked()) for one in collectors]) == lines


async def all_read(talk: Talk, since: datetime, lines: int) -> bool:
    """Every line was opened since then at least twice."""
    opened = Counter(endpoint for _, endpoint in talk.since(since))
    return len(opened) == lines and min(opened.values()) >= 2


async def read_between(database: Database, start: datetime, end: datetime, meters: int) -> bool:
    """What was read in between has arrived, of every meter."""
    polls = await Polls(database).list(limit=5000)
    return len({one.meter_id for one in polls if start < one.started_at < end}) == meters


async def more_than(database: Database, count: int) -> bool:
    return (await Polls(database).summary()).polls > count

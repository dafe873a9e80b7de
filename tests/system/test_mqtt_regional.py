"""Collectors without a database: what they read arrives as if they had one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.entries import Entry
from collector.kept import Kept
from collector.mqtt.address import BrokerAddress
from collector.mqtt.regional import RegionalLink
from collector.mqtt.sink import MqttSink
from collector.presence import Presence
from collector.sinks import DatabaseSink
from collector.supervisor import supervise
from metering.errors import StorageUnavailable
from metering.polls import PollReport
from metering.signals import SignalSource
from simulators import fleet_file
from simulators.fleet import running_fleet
from storage.modem_rows import ModemKind, ModemState
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.regional import RegionalCollectors
from storage.signals import Signals
from teplo import regional_running
from teplo.broker import embedded_broker
from teplo.composition import clock, random_source
from teplo.demo.entrance import way_in
from teplo.demo.site import register
from teplo.settings import Settings
from tests.support import registry as made
from tests.support.broker import broker, gateway, running, until
from tests.support.registry import HOUR, START
from tests.system.house import HEAD, line, running_house
from tests.system.test_inbound_lines import IRZ

__all__ = ["broker"]

NAME = "north+1/2"
"""A name that means something else in a topic's filter."""
TABLES = {
    "poll": "id",
    "transcript": "poll_id",
    "archive_value": "kind, slot_start, quantity",
    "snapshot_value": "read_at, quantity",
    "gap": "slot_start",
    "meter_state": "meter_id",
    "poll_day": "meter_id, day, outcome",
}


def writer(database: Database, address: BrokerAddress, name: str = "w") -> Any:
    return regional_running.writer(database, Settings(writer_name=name), address, tick=0.1)


def settings(folder: Path) -> Settings:
    """Of a collector that tries again at once."""
    return Settings(
        collector_name=NAME,
        collector_folder=folder,
        poll_every=timedelta(hours=1),
        poll_retry=timedelta(milliseconds=400),
        listen="127.0.0.1:0",
    )


def reports(meter: int, count: int) -> list[PollReport]:
    """Polls with an archive record, a snapshot and a gap each, read hour after hour."""
    return [
        replace(
            made.report(
                meter,
                at=START + (number + 1) * HOUR,
                archive=(made.record(START + number * HOUR, made.reading(f"{number}.25")),),
                snapshots=(made.snapshot(START + (number + 1) * HOUR, made.reading(f"{100 + number}")),),
                gaps=(made.missing(START - (number + 1) * HOUR),),
            ),
            collector=NAME,
        )
        for number in range(count)
    ]


async def contents(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row that a poll leaves."""
    return {
        table: [dict(row) for row in await database.rows(f"select * from {table} order by {order}")]
        for table, order in TABLES.items()
    }


async def test_the_same_rows_arrive_through_the_broker(
    database: Database, broker: BrokerAddress, tmp_path: Path
) -> None:
    place = await made.place(database)
    polled = reports(place.meter, 30)
    await DatabaseSink(database).put([Entry.of_report(one) for one in polled])
    direct = await contents(database)
    await database.rows(f"truncate {', '.join(TABLES)}, revision, held_poll, held_slot cascade")
    sink = MqttSink(NAME)
    kept = Kept.at(tmp_path, NAME, sink, clock)
    link = RegionalLink(broker, NAME, sink, kept, clock, Presence(clock, kept.delivery), tick=0.1)
    first, second = writer(database, broker), writer(database, broker, "v")
    async with kept.open(), running(first.run), running(second.run):
        await asyncio.gather(first.ready.wait(), second.ready.wait())
        async with running(link.run):
            await link.connected.wait()
            for one in polled:
                await kept.delivery.save(one)
            await until(lambda: database.value("select count(*) from poll"), lambda n: n == len(polled))
    assert kept.spool.state().entries == 0
    assert await contents(database) == direct


async def test_while_the_broker_is_away_reports_lie_on_the_disk_and_follow(
    database: Database, tmp_path: Path
) -> None:
    place = await made.place(database)
    polled = reports(place.meter, 12)
    async with embedded_broker("secret") as address:
        port = address.port
    sink = MqttSink(NAME)
    kept = Kept.at(tmp_path, NAME, sink, clock)
    link = RegionalLink(address, NAME, sink, kept, clock, Presence(clock, kept.delivery), tick=0.1)
    async with kept.open():
        with pytest.raises(StorageUnavailable):
            await sink.put([Entry.of_report(polled[0])])
        for one in polled:
            await kept.delivery.save(one)
        assert kept.spool.state().entries == len(polled)
        async with embedded_broker("secret", port):
            one = writer(database, address)
            async with running(one.run):
                await one.ready.wait()
                tasks = {"broker": link.run, "delivery": kept.delivery.drain}
                async with running(lambda stop: supervise(tasks, stop)):
                    stored = await until(
                        lambda: Polls(database).list(place.meter), lambda found: len(found) == len(polled)
                    )
    assert {one.id for one in stored} == {one.id for one in polled}


class Hesitant(DatabaseSink):
    """A database that is away until it is let back."""

    back = asyncio.Event()
    asked = asyncio.Event()

    async def put(self, entries: Sequence[Entry]) -> None:
        self.asked.set()
        if not self.back.is_set():
            raise StorageUnavailable
        await super().put(entries)


async def test_a_database_that_is_away_is_waited_for(
    database: Database, broker: BrokerAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regional_running, "DatabaseSink", Hesitant)
    place = await made.place(database)
    (polled,) = reports(place.meter, 1)
    one, sink = writer(database, broker), MqttSink(NAME)
    async with running(one.run), gateway(broker) as sink.connection:
        await one.ready.wait()
        await sink.put([Entry.of_report(polled)])
        await Hesitant.asked.wait()
        assert await Polls(database).list() == []
        Hesitant.back.set()
        await until(lambda: Polls(database).list(place.meter))


async def test_a_collector_without_a_database_serves_its_lines_by_their_books(
    database: Database, broker: BrokerAddress, tmp_path: Path
) -> None:
    async with running_house(database, line("m-bus", "kamstrup-multical-303 16540321 1")) as (_, meters):
        await database.rows("update line set collector = $1", NAME)
        one = writer(database, broker)
        async with running(one.run), running(regional_running.regional(settings(tmp_path), broker).run):
            (poll, *_) = await until(lambda: Polls(database).list(meters[0].meter_id))
            (told,) = await until(
                RegionalCollectors(database).list, lambda found: bool(found and found[0].online)
            )
    assert (poll.collector, told.name) == (NAME, NAME)
    assert poll.outcome == "ok", poll.message


async def test_a_modem_that_connects_to_a_regional_collector_is_polled_and_its_signal_arrives(
    database: Database, broker: BrokerAddress, tmp_path: Path
) -> None:
    here = regional_running.regional(settings(tmp_path), broker)
    bound = here.listener.bind()
    plan = fleet_file.read(HEAD + IRZ, Path("test.toml"))
    fleet = running_fleet(plan, now=clock, random=random_source(3), listener=way_in(bound))
    async with fleet as working:
        (meter,) = await register(working, database, clock() - timedelta(days=90))
        await database.rows("update line set collector = $1", NAME)
        one = writer(database, broker)
        async with running(one.run), running(here.run):
            (poll, *_) = await until(lambda: Polls(database).list(meter.meter_id))
            (modem,) = await Modems(database).list(kind=ModemKind.REMOTE)
            levels = await until(
                lambda: Signals(database).series(modem.id, START, clock()), lambda found: len(found) >= 2
            )
            await until(lambda: _state(database, modem.id), lambda state: state is ModemState.CONNECTED)
            await until(lambda: _carried(database, modem.id), lambda both_ways: min(both_ways) > 0)
    assert (poll.collector, poll.outcome) == (NAME, "ok"), poll.message
    by_source = {level.source: level.report for level in levels}
    assert by_source.keys() == {SignalSource.HELLO, SignalSource.REPORT}
    said = re.fullmatch(r"CSQ (\d+),99", by_source[SignalSource.HELLO].raw)
    assert said and by_source[SignalSource.HELLO].level == -113 + 2 * int(said[1]), "3GPP TS 27.007, 8.5"


async def _state(database: Database, modem_id: int) -> ModemState | None:
    modem = await Modems(database).modem(modem_id)
    return modem.state if modem else None


async def _carried(database: Database, modem_id: int) -> tuple[int, int]:
    """Bytes to and from the modem this month."""
    month = await Modems(database).month_traffic(modem_id, clock().date())
    assert month is not None
    return month.sent, month.received

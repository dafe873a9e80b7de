"""A collector that has a broker and no database, and the writers that store what such collectors publish."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog

from collector.inbound.listener import Listener
from collector.kept import Kept
from collector.line_signal import LineSignal
from collector.metrics import CollectorMetrics
from collector.mqtt import push_filters
from collector.mqtt.address import BrokerAddress
from collector.mqtt.book_publisher import BookPublisher
from collector.mqtt.intake import Intake
from collector.mqtt.regional import RegionalLink
from collector.mqtt.regional_modems import RegionalModems
from collector.mqtt.sink import MqttSink
from collector.mqtt.writer import Writer, WriterSettings
from collector.offline import Modems, Offline, OfflineTerms
from collector.presence import Presence
from collector.reach import LinesInService
from collector.serving import Serving
from collector.sinks import DatabaseSink
from collector.supervisor import supervise, wait
from collector.unstored import Unstored
from metering.errors import ConfigurationError
from storage.pool import Database
from storage.regional import RegionalCollectors
from teplo import composition
from teplo.running import TOOLS, listening_of, settings_of, shown
from teplo.settings import Settings

log = structlog.get_logger()

FOR_EVER: Final = timedelta(days=36_500)
"""The lines of a regional collector are its own by their registration: nobody takes them over."""


def broker_of(settings: Settings) -> BrokerAddress:
    """The broker by these settings; ConfigurationError when none is named."""
    if not settings.broker:
        raise ConfigurationError(
            "TEPLO_BROKER is not set. Name the broker, e.g. TEPLO_BROKER=mqtts://teplo@broker.example."
        )
    return BrokerAddress.parse(settings.broker, settings.broker_password, settings.broker_authority)


async def write(settings: Settings, stop: asyncio.Event) -> None:
    """Store what comes over the settings' broker until `stop` is set."""
    async with Database(settings.database_url) as database:
        await writer(database, settings, broker_of(settings)).run(stop)


def writer(database: Database, settings: Settings, address: BrokerAddress, **replaced: Any) -> Writer:
    """A writer put together; `replaced` are particulars of its settings."""
    filters = push_filters.parse(settings.push)
    working = settings_of(settings)
    here = WriterSettings(
        address=address,
        name=settings.writer_name,
        filters=tuple(filters.values()),
        **{"tick": working.tick, **replaced},
    )
    return Writer(
        here,
        Intake(database, DatabaseSink(database), filters, composition.clock, settings.writer_name),
        RegionalCollectors(database),
        BookPublisher(database, working.plan, composition.clock),
        composition.clock,
    )


async def collect(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the lines of this collector by the books that lie with the broker, until `stop` is set."""
    here = regional(settings, broker_of(settings))
    for host, port in here.listener.bind():
        log.info("listening for modems", host=host, port=port)
    with shown(here.metrics, settings):
        await here.run(stop)


def regional(settings: Settings, address: BrokerAddress) -> RegionalCollector:
    """A regional collector put together."""
    working, now = settings_of(settings), composition.clock
    sink = MqttSink(working.name)
    kept = Kept.at(settings.collector_folder, working.name, sink, now, settings.spool_limit)
    presence, ways = Presence(now, kept.delivery), listening_of(settings)
    listener = Listener(ways.addresses, ways.limits, presence, now, ways.certificate)
    metrics = CollectorMetrics(now)
    tools = replace(TOOLS, open_link=partial(composition.open_link, reached={"inbound": listener.link}))
    in_service = LinesInService()
    lines = Offline(
        Serving(working.name, tools, kept.delivery, kept.field_book, metrics.polled),
        kept.field_book,
        now,
        in_service,
        Unstored(kept.spool.state, back_for=lambda: 0.0),
        Modems(presence, LineSignal(listener, presence, now)),
        OfflineTerms(_always, working.tick, working.concurrent_lines, FOR_EVER, working.patience),
    )
    link = RegionalLink(address, working.name, sink, kept, now, presence, tick=working.tick)
    modems = RegionalModems(listener, presence, kept.field_book, working.tick)
    return RegionalCollector(listener, metrics, kept, lines, link, modems, in_service, working.tick)


@dataclass(frozen=True, slots=True)
class RegionalCollector:
    """Its parts, each of which runs until it is stopped."""

    listener: Listener
    metrics: CollectorMetrics
    kept: Kept
    lines: Offline
    link: RegionalLink
    modems: RegionalModems
    in_service: LinesInService
    tick: float

    async def run(self, stop: asyncio.Event) -> None:
        """What is being read at the end is finished, and lies with the broker or on the disk."""
        tasks = {
            "broker": self.link.run,
            "listener": self.listener.run,
            "modems": self.modems.run,
            "lines": self.lines.run,
            "delivery": self.kept.delivery.drain,
            "metrics": self._measure,
        }
        async with self.kept.open():
            await self.kept.field_book.alive(composition.clock())
            await supervise(tasks, stop)
            await self.modems.hand_on()

    async def _measure(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.metrics.waiting(self.kept.spool.state())
            self.metrics.serving(len(self.in_service))
            self.metrics.offline(not self.link.connected.is_set())
            await wait(stop, self.tick)


def _always() -> bool:
    """There is no database here."""
    return True

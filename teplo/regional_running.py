"""A collector that has a broker and no database, and the writers that store what such collectors publish."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from collector.kept import Kept
from collector.mqtt import push_filters
from collector.mqtt.address import BrokerAddress
from collector.mqtt.book_publisher import BookPublisher
from collector.mqtt.intake import Intake
from collector.mqtt.regional import RegionalLink
from collector.mqtt.sink import MqttSink
from collector.mqtt.writer import Writer, WriterSettings
from collector.offline import Offline, OfflineTerms
from collector.reach import LinesInService
from collector.serving import Serving
from collector.sinks import DatabaseSink
from collector.supervisor import supervise
from collector.unstored import Unstored
from metering.errors import ConfigurationError
from storage.pool import Database
from storage.regional import RegionalCollectors
from teplo import composition
from teplo.running import TOOLS, settings_of
from teplo.settings import Settings

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
    await regional(settings, broker_of(settings), stop)


async def regional(settings: Settings, address: BrokerAddress, stop: asyncio.Event) -> None:
    """What is being read at the end is finished, and lies with the broker or on the disk."""
    working, now = settings_of(settings), composition.clock
    sink = MqttSink(working.name)
    kept = Kept.at(settings.collector_folder, working.name, sink, now, settings.spool_limit)
    link = RegionalLink(address, working.name, sink, kept, now, tick=working.tick)
    lines = Offline(
        Serving(working.name, TOOLS, kept.delivery, kept.field_book),
        kept.field_book,
        now,
        LinesInService(),
        Unstored(kept.spool.state),
        OfflineTerms(_always, _none_beside, working.tick, working.concurrent_lines, FOR_EVER),
    )
    async with kept.open():
        await kept.field_book.alive(now())
        await supervise({"broker": link.run, "lines": lines.run, "delivery": kept.delivery.drain}, stop)


def _always() -> bool:
    """There is no database here."""
    return True


def _none_beside() -> tuple[int, ...]:
    """No modems connect to a regional collector."""
    return ()

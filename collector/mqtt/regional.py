"""The regional end: a collector's one connection to the broker, for its books, its reports and its status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from collector.kept import Kept
from collector.mqtt import status, topics
from collector.mqtt.address import BrokerAddress
from collector.mqtt.book_subscription import BookSubscription
from collector.mqtt.connection import Connection, Will, connected
from collector.mqtt.sink import MqttSink
from collector.presence import Presence
from collector.supervisor import wait
from metering.errors import DecodeError, LineError

log = structlog.get_logger()

BATCH: Final = 64


class RegionalLink:
    """Keeps the connection, the sink that reports go out through, and the field book by what comes in.

    `kept` is the collector's disk, whose delivery puts into `sink`; it must be open while this runs. Of
    `presence` it tells who is connected.
    """

    def __init__(
        self,
        address: BrokerAddress,
        collector: str,
        sink: MqttSink,
        kept: Kept,
        now: Callable[[], datetime],
        presence: Presence,
        *,
        tick: float = 5.0,
    ) -> None:
        self._address = address
        self._collector = collector
        self._sink = sink
        self._kept = kept
        self._now = now
        self._presence = presence
        self._tick = tick
        self._books = BookSubscription(collector, kept.field_book, self._is_waiting, now)
        self.connected = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """One connection, until `stop` or until it breaks: then LineError, for a supervisor to begin anew."""
        will = Will(topics.status(self._collector), status.LOST)
        client_id = f"teplo-collector-{self._collector}"
        async with connected(self._address, client_id, will=will) as connection:
            await connection.subscribe(self._books.filters)
            self._sink.connection = connection
            self.connected.set()
            try:
                await self._attend(connection, stop)
            finally:
                self._sink.connection = None
                self.connected.clear()

    async def _attend(self, connection: Connection, stop: asyncio.Event) -> None:
        reading = asyncio.create_task(self._hear(connection, stop))
        try:
            while not stop.is_set() and not reading.done():
                await self._tell(connection, online=True)
                await self._books.look()
                await wait(stop, self._tick)
        finally:
            if not stop.is_set():
                reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
        with suppress(LineError):
            await self._tell(connection, online=False)

    async def _hear(self, connection: Connection, stop: asyncio.Event) -> None:
        while arrivals := await connection.arrivals(BATCH, stop):
            for arrival in arrivals:
                try:
                    await self._books.take(arrival)
                except DecodeError as error:
                    log.warning("book not understood", topic=arrival.topic, error=str(error))
            connection.acknowledge(arrivals)

    async def _tell(self, connection: Connection, *, online: bool) -> None:
        here = {modem_id: one.address for modem_id, one in self._presence.present.items()}
        told = status.encode(online, self._now(), self._kept.spool.state(), here if online else {})
        await connection.publish(topics.status(self._collector), told, retained=True)

    def _is_waiting(self) -> bool:
        return self._kept.spool.state().entries > 0

"""The central end: what comes over MQTT is stored, and acknowledged after that.

Several writers share one subscription, so each message goes to one of them. What a writer had not stored when
it ended comes again, to it or to another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from collector.mqtt import status, topics
from collector.mqtt.address import BrokerAddress
from collector.mqtt.book_publisher import BookPublisher
from collector.mqtt.connection import Arrival, Connection, connected
from collector.mqtt.intake import Intake
from collector.supervisor import supervise, wait
from metering.errors import StorageError, StorageUnavailable, TeploError
from storage.regional import RegionalCollector, RegionalCollectors

log = structlog.get_logger()

BATCH: Final = 64
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """`name`: one of its own for each writer, by which the broker knows it again. `group` shares the work.

    `filters`: topics of pushed readings by source. `tick`: seconds between two looks at the books.
    """

    address: BrokerAddress
    name: str
    group: str = "teplo"
    filters: tuple[str, ...] = ()
    tick: float = 5.0


class Writer:
    """Reads from the broker until it is stopped; an outage of broker or database is waited for."""

    def __init__(
        self,
        settings: WriterSettings,
        intake: Intake,
        regional: RegionalCollectors,
        books: BookPublisher,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._regional = regional
        self._books = books
        self._now = now
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """What is in hand when `stop` is set is stored; the rest stays with the broker."""
        await supervise({"messages": self._read, "status and books": self._attend}, stop)

    async def _read(self, stop: asyncio.Event) -> None:
        async with connected(self._settings.address, f"teplo-writer-{self._settings.name}") as connection:
            wanted = (topics.REPORTS, *self._settings.filters)
            await connection.subscribe(wanted, self._settings.group)
            self.ready.set()
            while arrivals := await connection.arrivals(BATCH, stop):
                if await self._stored(arrivals, stop):
                    connection.acknowledge(arrivals)

    async def _stored(self, arrivals: Sequence[Arrival], stop: asyncio.Event) -> bool:
        """Tries until it is stored; False when `stop` came first."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._intake.store(arrivals)
                return True
            except StorageUnavailable as error:
                log.warning("messages wait for the database", messages=len(arrivals), error=str(error))
            if stop.is_set():
                return False
            await wait(stop, pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _attend(self, stop: asyncio.Event) -> None:
        """Statuses are retained: shared subscriptions are not told of them."""
        client_id = f"teplo-writer-{self._settings.name}-status"
        async with connected(self._settings.address, client_id, lasting=False) as connection:
            await connection.subscribe((topics.STATUS,))
            ended = asyncio.Event()
            reading = asyncio.create_task(self._hear(connection, ended))
            try:
                while not stop.is_set() and not reading.done():
                    await self._publish_books(connection)
                    await wait(stop, self._settings.tick)
            finally:
                ended.set()
                await reading

    async def _publish_books(self, connection: Connection) -> None:
        try:
            await self._books.publish(connection)
        except StorageError as error:
            log.warning("books are not published", error=str(error))

    async def _hear(self, connection: Connection, stop: asyncio.Event) -> None:
        while arrivals := await connection.arrivals(BATCH, stop):
            for arrival in arrivals:
                name = topics.told_of(arrival.topic)
                if name is not None:
                    await self._note(name, arrival)
            connection.acknowledge(arrivals)

    async def _note(self, name: str, arrival: Arrival) -> None:
        try:
            told = status.decode(name, arrival.payload)
            if told is None:
                await self._regional.unheard(name)
            else:
                await self._regional.heard(_not_ahead(told.collector, self._now()), told.modems)
        except TeploError as error:
            log.warning("status not noted", collector=name, error=str(error))


def _not_ahead(told: RegionalCollector, now: datetime) -> RegionalCollector:
    """A clock that is ahead would make every right word after it look old."""
    if told.heard_at <= now:
        return told
    return RegionalCollector(
        told.name, told.online, now, told.spool_entries, told.spool_size, told.spool_oldest_at
    )

"""The collector: its tasks, and the queue's jobs as lines that are served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from collector.asked import DatabaseWishes
from collector.attendance import Attendance
from collector.collector_settings import SELDOM, CollectorSettings
from collector.homes import Homes
from collector.housekeeping import Housekeeping
from collector.inbound.listener import Listener
from collector.kept import Kept
from collector.line_clock import LineClocks
from collector.line_signal import LineSignal
from collector.line_survey import LineSurveys
from collector.metrics import CollectorMetrics
from collector.name_holder import NameHolder
from collector.offline import Modems, Offline, OfflineTerms
from collector.planner import Planner
from collector.queue_work import QueueWork
from collector.reach import LinesInService, Reach
from collector.serving import Serving, Tools
from collector.supervisor import first_of, supervise, wait
from collector.unstored import Unstored
from collector.visits import Visits
from metering.errors import StorageError, StorageUnavailable
from storage.books import Books
from storage.collectors import Collectors
from storage.lines import Lines
from storage.pool import Database
from storage.registered import Line
from storage.spools import Spools
from storage.usage_points import Registry

log = structlog.get_logger()

SHORTEST_NEWS: Final = 0.2
"""Seconds between two tellings of who connected: a thousand modems that come back are told together."""


class Collector:
    """Many of them may run on one database; the queue sees to it that a line has one talker.

    `listener` accepts modems that connect to us, and tells `attendance`. `kept` is what lies on its disk.
    `homes`: the lines that it serves while the database is away.
    """

    def __init__(
        self,
        database: Database,
        settings: CollectorSettings,
        tools: Tools,
        listener: Listener,
        attendance: Attendance,
        kept: Kept,
        metrics: CollectorMetrics,
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._attendance = attendance
        self._kept = kept
        self._registry = Registry(database)
        self._books = Books(database)
        self._lines = Lines(database)
        self._planner = Planner(
            database,
            settings.name,
            settings.plan,
            tools.now,
            heartbeat=settings.heartbeat,
            patience=settings.patience,
        )
        self._serving = Serving(settings.name, tools, kept.delivery, kept.field_book, metrics.polled)
        self._spools = Spools(database)
        self._metrics = metrics
        self._housekeeping = Housekeeping(database, tools.now, settings.keep_frames)
        self._wishes = DatabaseWishes(database, tools.now)
        self._reach = Reach(settings.tick, settings.heartbeat.total_seconds())
        self._in_service = LinesInService()
        self._unstored = Unstored(kept.spool.state, lambda: self._reach.back_for)
        self._signal = LineSignal(listener, attendance, tools.now)
        self._offline = Offline(
            self._serving,
            kept.field_book,
            tools.now,
            self._in_service,
            self._unstored,
            Modems(attendance, self._signal),
            OfflineTerms(
                lambda: self._reach.away,
                settings.tick,
                settings.concurrent_lines,
                settings.lease,
                settings.patience,
            ),
        )
        self._visits = Visits(settings.name, self._lines, self._offline, self._unstored, self._reach)
        self._name = NameHolder(Collectors(database), settings, self._visits, self._reach, tools.new_id())
        self.homes = Homes(database, settings, kept, self._offline, self._in_service, self._reach, tools.now)
        self._queue = QueueWork(database, settings, kept.delivery, self.serve_line)
        self._surveys = LineSurveys(database, tools.now, attendance, self._signal)
        self._clocks = LineClocks(database, settings.name, tools, allowed=settings.sets_clocks)
        self._now = tools.now

    async def run(self, stop: asyncio.Event) -> None:
        """Plan, listen and serve until `stop` is set; what is being read then is finished and stored.

        ConfigurationError when another collector that lives has the same name.
        """
        tasks: dict[str, Callable[[asyncio.Event], Awaitable[None]]] = {
            "name": self._name.run,
            "planner": self._plan,
            "worker": partial(self._queue.run, self._name),
            "register": self._know,
            "attendance": self._attend,
            "listener": self._listener.run,
            "homes": partial(self.homes.run, self._name),
            "offline": self._offline.run,
            "delivery": self._kept.delivery.drain,
            "housekeeping": self._housekeeping.run,
            "metrics": self._measure,
        }
        async with self.at_work():
            await supervise(tasks, stop)
            try:
                await self._take_leave()
            except StorageError as error:
                log.warning("no leave was taken", collector=self._settings.name, error=str(error))

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While this lasts, lines can be served."""
        async with self._kept.open():
            self._name.instance = self._kept.instance(self._name.instance)
            if self._kept.spool.state().entries:
                self._unstored.add(await self._kept.field_book.homes())
            yield

    async def _take_leave(self) -> None:
        """After the last poll and the last connection, whose bytes count too; nothing of a namesake's."""
        if not await self._name.claim():
            return
        await self._attendance.tell(self._listener)
        await self._attendance.end()
        await self._name.leave()

    async def serve_line(self, line_id: int) -> None:
        """Take the line's surveys, set the clocks that were named, ask the due meters; the body of a job."""
        line = await self._registry.line(line_id)
        if line is None or self._is_elsewhere(line) or await self._is_visited(line_id):
            return
        with self._in_service.taken(line_id) as ours:
            if ours:
                await self._serve(line)

    async def _serve(self, line: Line) -> None:
        returned = self._attendance.has_returned(line.id)
        try:
            await self._surveys.take(line)
            await self._clocks.take(line)
            book = await self._books.line(line.id, self._settings.plan, self._now())
            if book is not None:
                await self._kept.field_book.keep(book)
                stays = partial(self._stays, line.id)
                await self._serving.serve(book, self._wishes, returned=returned, stays=stays)
            await self._signal.look(line.id, line.url)
        except StorageError:
            self._unstored.add([line.id])
            if returned:
                self._attendance.return_was_missed(line.id)
            raise

    def _stays(self, line_id: int) -> bool:
        """Whether the next meter of a line may be asked: without the database it is its home's to ask."""
        return not self._reach.doubtful or line_id in self.homes

    async def _is_visited(self, line_id: int) -> bool:
        """After an outage everybody begins with the lines at home: another one may still be at work there."""
        since = timedelta(seconds=self._reach.back_for)
        told = since if since < self._settings.heartbeat else None
        others = await self._lines.is_anothers(line_id, self._settings.name, told)
        return others or line_id in self._visits.lines

    def _is_elsewhere(self, line: Line) -> bool:
        """Whether its modem is connected to another collector by now, which will ask for the line itself."""
        here = self._attendance.connected(line.id) is not None
        return line.pool is None and line.queue not in (None, self._settings.name) and not here

    async def _plan(self, stop: asyncio.Event) -> None:
        while not stop.is_set() and await self._name.is_held(stop):
            try:
                await self._planner.request_due_lines()
            except StorageUnavailable:
                self._reach.lost()
                raise
            self._reach.seen()
            await wait(stop, self._settings.tick)

    async def _measure(self, stop: asyncio.Event) -> None:
        """How full the spool is, for Prometheus; and for the database, as long as it can be told."""
        while not stop.is_set():
            spool = self._kept.spool.state()
            self._metrics.waiting(spool)
            self._metrics.serving(len(self._in_service))
            self._metrics.offline(self._reach.away)
            self._metrics.booked(len(await self.homes.booked()))
            with suppress(StorageUnavailable):
                await self._spools.tell(
                    self._settings.name, spool.entries, spool.size, spool.limit, spool.oldest_at
                )
            await wait(stop, SELDOM * self._settings.tick)

    async def _know(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._attendance.know(self._listener)
            await wait(stop, self._settings.tick)

    async def _attend(self, stop: asyncio.Event) -> None:
        if await self._name.is_held(stop):
            await self._attendance.begin()
        while not stop.is_set():
            await self._attendance.tell(self._listener)
            await wait(stop, SHORTEST_NEWS)
            await first_of(stop, self._attendance.news, timeout=self._settings.tick)

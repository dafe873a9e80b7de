"""The collector: its tasks, and the queue's jobs as lines that are served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from collector.asked import DatabaseWishes
from collector.attendance import Attendance
from collector.housekeeping import KEEP_FRAMES, Housekeeping
from collector.inbound.listener import Listener
from collector.kept import Kept
from collector.known_models import model_rows
from collector.line_clock import LineClocks
from collector.line_survey import LineSurveys
from collector.metrics import CollectorMetrics
from collector.offline import Offline, OfflineTerms
from collector.planner import Planner
from collector.reach import LinesInService, Reach
from collector.serving import Serving, Tools
from collector.supervisor import first_of, supervise, ungrouped, wait
from collector.unstored import Unstored
from metering.errors import ConfigurationError, StorageError, StorageUnavailable
from metering.plans import PollPlan
from storage.books import Books
from storage.collectors import Collectors
from storage.jobs import entrypoint, run_worker
from storage.lines import Lines
from storage.models import Models
from storage.modems import Modems
from storage.pool import Database
from storage.spools import Spools
from storage.usage_points import Line, Registry

log = structlog.get_logger()

Pools = Mapping[str, int]
"""How many modems each pool has whose lines this collector may serve."""

SHORTEST_NEWS: Final = 0.2
"""Seconds between two tellings of who connected: a thousand modems that come back are told together."""
MISSED: Final = 3
MARGIN: Final = timedelta(seconds=15)
"""A collector is dead when it missed so many ticks, and this time for a database that is slow."""


NEVER: Final = timedelta(days=36_500)
SELDOM: Final = 6
"""Ticks between two looks at what changes seldom: homes of lines, and what is told of the spool."""
MOST_BOOKS: Final = 100
"""Books that are fetched beforehand at one look."""
BOOKS_LAST: Final = timedelta(hours=1)
"""A kept book that is older is fetched anew: what others have read since is not to be asked again."""


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """How one collector works.

    `plan` is the one of meters for which nothing else is said. `tick` is the pause between two looks at what
    is due, in seconds. A line whose collector died without a word is served by another one after `heartbeat`;
    while the database is away, only after `lease` in which it was there. `patience`: after a start, until a
    modem that has not connected to us is reported as away. `sets_clocks`: it may set the clock of a meter
    that somebody named. `keep_frames`: how long the bytes of polls are kept.
    """

    name: str = "main"
    plan: PollPlan = field(default_factory=PollPlan)
    tick: float = 5.0
    concurrent_lines: int = 200
    heartbeat: timedelta = timedelta(seconds=30)
    lease: timedelta = timedelta(minutes=15)
    sets_clocks: bool = False
    patience: timedelta = timedelta(minutes=5)
    keep_frames: timedelta = KEEP_FRAMES


class Collector:
    """Many of them may run on one database; the queue sees to it that a line has one talker.

    `listener` accepts modems that connect to us, and tells `attendance`. `kept` is what lies on its disk.
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
        self._database = database
        self._settings = settings
        self._listener = listener
        self._attendance = attendance
        self._kept = kept
        self._delivery = kept.delivery
        self._field_book = kept.field_book
        self._registry = Registry(database)
        self._modems = Modems(database)
        self._collectors = Collectors(database)
        self._books = Books(database)
        self._lines = Lines(database)
        self._models = Models(database)
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
        self._unstored = Unstored(kept.spool.state)
        self._offline = Offline(
            self._serving,
            kept.field_book,
            tools.now,
            self._in_service,
            self._unstored,
            OfflineTerms(
                lambda: self._reach.away,
                attendance.lines,
                settings.tick,
                settings.concurrent_lines,
                settings.lease,
            ),
        )
        self._surveys = LineSurveys(database, tools.now, listener, attendance)
        self._clocks = LineClocks(database, settings.name, tools, allowed=settings.sets_clocks)
        self._now = tools.now
        self._instance = tools.new_id()
        self._life = MISSED * timedelta(seconds=settings.tick) + MARGIN
        self._named = asyncio.Event()
        self._homes: set[int] = set()
        self._visits_told = True

    async def run(self, stop: asyncio.Event) -> None:
        """Plan, listen and serve until `stop` is set; what is being read then is finished and stored.

        ConfigurationError when another collector that lives has the same name.
        """
        tasks = {
            "name": self._live,
            "planner": self._plan,
            "worker": self._work,
            "register": self._know,
            "attendance": self._attend,
            "listener": self._listener.run,
            "homes": self._learn_homes,
            "offline": self._offline.run,
            "delivery": self._delivery.drain,
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
            self._instance = self._kept.instance(self._instance)
            if self._kept.spool.state().entries:
                self._unstored.add(await self._kept.field_book.homes())
            yield

    async def _live(self, stop: asyncio.Event) -> None:
        """Hold the name; one that was killed keeps it for a while, so that it is waited for once."""
        loop = asyncio.get_running_loop()
        waiting, patient_until = False, loop.time() + 2 * self._life.total_seconds()
        while not stop.is_set():
            if await self._claim():
                self._named.set()
            elif self._named.is_set() or loop.time() > patient_until:
                raise ConfigurationError(
                    f"Another collector named {self._settings.name!r} is alive: connections, leases and "
                    "lines are kept by name. Give each collector its own, --name or TEPLO_COLLECTOR_NAME."
                )
            elif not waiting:
                waiting = True
                log.warning("another collector has this name; waiting for its end", name=self._settings.name)
            await wait(stop, self._settings.tick)

    async def _claim(self) -> bool:
        """What is read without the database is told before we are alive again: nobody else asks there.

        From when on it is told no further visit may begin. Those of a life before are at an end. A visit
        lasts until what was read is stored.
        """
        name = self._settings.name
        try:
            if self._visited() or self._reach.away:
                await self._lines.begin_visits(name, self._visited())
                self._reach.seen()
                await self._lines.begin_visits(name, self._visited())
                self._visits_told = True
            claimed = await self._collectors.claim(name, self._instance, self._life)
            if claimed and self._visits_told and not self._visited():
                await self._lines.begin_visits(name, ())
                self._visits_told = False
        except StorageUnavailable:
            self._reach.lost()
            raise
        return claimed

    def _visited(self) -> frozenset[int]:
        return self._offline.lines | self._unstored.lines(self._reach.back_for)

    async def _take_leave(self) -> None:
        """After the last poll and the last connection, whose bytes count too; nothing of a namesake's."""
        if not await self._claim():
            return
        await self._attendance.tell(self._listener)
        await self._attendance.end()
        await self._collectors.leave(self._settings.name, self._instance)

    async def _has_name(self, stop: asyncio.Event) -> bool:
        await first_of(stop, self._named)
        return self._named.is_set()

    async def serve_line(self, line_id: int) -> None:
        """Take the line's surveys, set the clocks that were named, ask the due meters; the body of a job."""
        line = await self._registry.line(line_id)
        if line is None or self._is_elsewhere(line) or await self._is_anothers(line_id):
            return
        if line_id in self._visited():
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
                await self._field_book.keep(book)
                stays = partial(self._stays, line.id)
                await self._serving.serve(book, self._wishes, returned=returned, stays=stays)
            await self._surveys.look(line)
        except StorageError:
            self._unstored.add([line.id])
            if returned:
                self._attendance.return_was_missed(line.id)
            raise

    def _stays(self, line_id: int) -> bool:
        """Whether the next meter of a line may be asked: without the database it is its home's to ask."""
        return not self._reach.doubtful or line_id in self._homes

    async def _is_anothers(self, line_id: int) -> bool:
        """After an outage everybody begins with the lines at home: another one may still be at work there."""
        since = timedelta(seconds=self._reach.back_for)
        fresh = since < self._settings.heartbeat
        return await self._lines.is_anothers(line_id, self._settings.name, since if fresh else None)

    def _is_elsewhere(self, line: Line) -> bool:
        """Whether its modem is connected to another collector by now, which will ask for the line itself."""
        here = self._attendance.connected(line.id) is not None
        return line.pool is None and line.queue not in (None, self._settings.name) and not here

    async def _plan(self, stop: asyncio.Event) -> None:
        while not stop.is_set() and await self._has_name(stop):
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
            with suppress(StorageUnavailable):
                await self._spools.tell(
                    self._settings.name, spool.entries, spool.size, spool.limit, spool.oldest_at
                )
            await wait(stop, SELDOM * self._settings.tick)

    async def _learn_homes(self, stop: asyncio.Event) -> None:
        """Which lines to serve while the database is away, and their books."""
        await self._models.tell(model_rows())
        while not stop.is_set() and await self._has_name(stop):
            await self._lines.assign_homes(self._patience_with_homes())
            homes = self._homes = await self._lines.homes(self._settings.name)
            await self._offline.learn_homes(homes)
            await self._renew_books(homes)
            await wait(stop, SELDOM * self._settings.tick)

    async def _renew_books(self, homes: Collection[int]) -> None:
        """Of lines that are new here, and of those that others have served since."""
        known, now = await self._field_book.books(), self._now()
        # What waits on the disk is in no book of the database yet.
        drained = not self._kept.spool.state().entries
        old = {line for line, as_of in known.items() if drained and as_of < now - BOOKS_LAST}
        wanted = sorted(line for line in homes if line not in known or line in old)
        books = await self._books.lines(wanted[:MOST_BOOKS], self._settings.plan, now)
        for line_id, book in books.items():
            if line_id not in self._in_service:
                await self._field_book.keep(book)

    async def _know(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._attendance.know(self._listener)
            await wait(stop, self._settings.tick)

    def _patience_with_homes(self) -> timedelta:
        """While the database was not there for a lease, a silent collector may be one that cannot tell."""
        lease = self._settings.lease
        return lease if self._reach.back_for >= lease.total_seconds() else NEVER

    async def _attend(self, stop: asyncio.Event) -> None:
        if await self._has_name(stop):
            await self._attendance.begin()
        while not stop.is_set():
            await self._attendance.tell(self._listener)
            await wait(stop, SHORTEST_NEWS)
            await first_of(stop, self._attendance.news, timeout=self._settings.tick)

    async def _work(self, stop: asyncio.Event) -> None:
        """The queue is joined anew when the pools have changed: their sizes are its limits.

        Lines that are being served then are served to their end beside, and nobody waits for them.
        """
        with ungrouped():
            async with asyncio.TaskGroup() as shifts:
                while not stop.is_set() and await self._has_name(stop):
                    await self._delivery.drained(stop)
                    pools, changed = await self._pools(), asyncio.Event()
                    shifts.create_task(self._join_queue(pools, changed))
                    await self._watch_pools(pools, stop, changed)

    async def _join_queue(self, pools: Pools, stop: asyncio.Event) -> None:
        limits = {entrypoint(f"pool:{name}"): max(modems, 1) for name, modems in pools.items()}
        names = (entrypoint(None), entrypoint(self._settings.name), *limits)
        await run_worker(
            self._database.url,
            dict.fromkeys(names, self.serve_line),
            concurrency=self._settings.concurrent_lines,
            stop=stop,
            heartbeat=self._settings.heartbeat,
            limits=limits,
        )

    async def _pools(self) -> Pools:
        ours = (None, self._settings.name)
        return {pool.name: pool.modems for pool in await self._modems.pools() if pool.collector in ours}

    async def _watch_pools(self, pools: Pools, stop: asyncio.Event, changed: asyncio.Event) -> None:
        now = pools
        while now == pools and not stop.is_set():
            await wait(stop, self._settings.tick)
            with suppress(StorageUnavailable):
                now = await self._pools()
        changed.set()

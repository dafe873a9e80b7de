"""The collector: requests the lines that have due meters, and serves lines that the queue hands out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from collector.gaps import ArchivePlan, WantedSlots, is_settled
from collector.line_service import DueMeter, LineService
from collector.links import Link
from collector.links.url import LineUrl
from collector.poll import Clock, PolledMeter, outcome_of, without_readings
from collector.schedule import PollPlan, is_due
from collector.session import Session
from collector.supervisor import supervise, wait
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import ConfigurationError, StorageError, StorageUnavailable
from metering.polls import PollHistory, PollReport
from protocols.driver import Driver
from storage.jobs import Jobs, entrypoint, run_worker
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.usage_points import Line, Meter, Registry

ROUTINE = 10
PAGE = 1000
EXACT = "exact"
LEVELS_SINCE = timedelta(days=40)
"""Longer than a billing period: a register that is lower than then was reset or replaced."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the composition root lends the collector: everything that touches the world or chance."""

    now: Clock
    new_id: Callable[[], UUID]
    driver_for: Callable[[str, LineUrl], Driver]
    open_link: Callable[[LineUrl, Driver], Awaitable[Link]]
    make_session: Callable[[Link, LineUrl, Driver], Session]


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """How one collector works.

    `tick` is the pause between two looks at what is due, in seconds. A line whose collector died without a
    word is served by another one after `heartbeat`.
    """

    name: str = "main"
    plan: PollPlan = field(default_factory=PollPlan)
    archives: WantedSlots = field(default_factory=ArchivePlan)
    tick: float = 5.0
    concurrent_lines: int = 200
    heartbeat: timedelta = timedelta(seconds=30)


class Collector:
    """Many of them may run on one database; the queue sees to it that a line has one talker."""

    def __init__(self, database: Database, settings: CollectorSettings, tools: Tools) -> None:
        self._database = database
        self._settings = settings
        self._tools = tools
        self._registry = Registry(database)
        self._polls = Polls(database)
        self._readings = Readings(database)
        self._jobs = Jobs(database)

    async def run(self, stop: asyncio.Event) -> None:
        """Plan and serve until `stop` is set; what is being read then is finished and stored."""
        await supervise({"planner": self._plan, "worker": self._work}, stop)

    async def _plan(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.request_due_lines()
            await wait(stop, self._settings.tick)

    async def _work(self, stop: asyncio.Event) -> None:
        names = (entrypoint(None), entrypoint(self._settings.name))
        await run_worker(
            self._database.url,
            dict.fromkeys(names, self.serve_line),
            concurrency=self._settings.concurrent_lines,
            stop=stop,
            heartbeat=self._settings.heartbeat,
        )

    async def request_due_lines(self) -> None:
        """Put every line with a due meter into the queue; a line that is already there stays there once."""
        histories = await self._polls.histories()
        lines = {line.id: line.collector for line in await self._registry.lines(self._settings.name)}
        due = {meter.line_id async for meter in self._meters() if self._due(meter, histories)}
        await self._jobs.request_lines({line: lines[line] for line in sorted(due & lines.keys())}, ROUTINE)

    async def _meters(self) -> AsyncIterator[Meter]:
        last = 0
        while page := await self._registry.meters(last, PAGE):
            for meter in page:
                yield meter
            last = page[-1].id

    def _due(self, meter: Meter, histories: Mapping[int, PollHistory]) -> bool:
        history = histories.get(meter.id, PollHistory())
        return meter.polled and is_due(meter.id, self._settings.plan, history, self._tools.now())

    async def serve_line(self, line_id: int) -> None:
        """Ask the due meters of this line; the body of a job."""
        line = await self._registry.line(line_id)
        if line is None:
            return
        histories = await self._polls.histories(line_id)
        meters = [one for one in await self._registry.meters_on_line(line_id) if self._due(one, histories)]
        if meters:
            await self._service(line, meters)

    async def _service(self, line: Line, meters: Sequence[Meter]) -> None:
        """A meter, or a whole line, that is registered wrongly gets a report that says so."""
        try:
            url = LineUrl.parse(line.url)
        except ConfigurationError as error:
            for meter in meters:
                await self._save(self._unasked(meter, error))
            return
        if due := [one async for one in self._askable(meters, url)]:
            await self._line_service(url, due[0].driver).serve(due)

    async def _askable(self, meters: Sequence[Meter], url: LineUrl) -> AsyncIterator[DueMeter]:
        for meter in meters:
            try:
                yield await self._due_meter(meter, url)
            except ConfigurationError as error:
                await self._save(self._unasked(meter, error))

    def _line_service(self, url: LineUrl, first: Driver) -> LineService:
        return LineService(
            collector=self._settings.name,
            open_link=partial(self._tools.open_link, url, first),
            make_session=lambda link, driver: self._tools.make_session(link, url, driver),
            save=self._save,
            now=self._tools.now,
            new_id=self._tools.new_id,
        )

    def _unasked(self, meter: Meter, error: ConfigurationError) -> PollReport:
        at, identifier = self._tools.now(), self._tools.new_id()
        return PollReport(identifier, meter.id, self._settings.name, at, at, outcome_of(error), str(error))

    async def _save(self, report: PollReport) -> None:
        """A report that the database refuses is stored as refused, so that its neighbours get their turn."""
        try:
            await self._polls.save(report)
        except StorageUnavailable:
            raise
        except StorageError as error:
            await self._polls.save(without_readings(report, error))

    async def _due_meter(self, meter: Meter, url: LineUrl) -> DueMeter:
        polled = PolledMeter(
            id=meter.id,
            serial=meter.serial,
            address=meter.address,
            zone=MeterZone(meter.zone),
            factor_sets=await self._factor_sets(meter),
            archives=self._settings.archives,
            levels=await self._readings.last_levels(meter.id, self._tools.now() - LEVELS_SINCE),
        )
        return DueMeter(polled, self._tools.driver_for(meter.model, url), partial(self._known, meter.id))

    async def _factor_sets(self, meter: Meter) -> Mapping[int, str]:
        """The factor set of each circuit is the contract setting of the usage point it serves."""
        sets: dict[int, str] = {}
        for installation in await self._registry.installations_of_meter(meter.id):
            if installation.removed_at is None:
                point = await self._registry.usage_point(installation.usage_point_id)
                sets[installation.circuit] = point.factor_set if point else EXACT
        return sets

    async def _known(
        self, meter_id: int, kind: ArchiveKind, start: datetime, end: datetime
    ) -> Collection[datetime]:
        known = await self._readings.known_slots(meter_id, kind, start, end)
        return [slot for slot, one in known.items() if is_settled(one.reason, one.heard_after)]

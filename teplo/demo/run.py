"""Runs the whole house in one process: database, fleet, collector, API."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from collector.app import Collector
from collector.dialling.times import DiallingTimes
from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from metering.plans import KindPlan, PollPlan
from simulators.fleet import running_fleet
from storage.keys import ApiKeys
from storage.pool import Database
from teplo.composition import clock, random_source
from teplo.demo.entrance import entrances, way_in
from teplo.demo.pushed import Pushed, pushing
from teplo.demo.site import RegisteredMeter, register
from teplo.migrate import migrate
from teplo.postgres import EmbeddedPostgres
from teplo.running import address_of, assembled, listening_socket, serve_api, settings_of
from teplo.settings import Settings

SCOPES = (
    *("readings:read", "billing:read", "polls:read", "polls:write"),
    *("registry:read", "modems:read", "surveys:write"),
)
HURRY = {
    "poll_every": timedelta(seconds=20),
    "poll_retry": timedelta(seconds=2),
    "spare_batteries": False,
}
"""A day of polls within minutes; nobody's battery is emptied by it."""
PLAN = PollPlan(
    archives={
        ArchiveKind.HOUR: KindPlan(48),
        ArchiveKind.DAY: KindPlan(32),
        ArchiveKind.MONTH: KindPlan(2),
        ArchiveKind.TOTAL: KindPlan(32),
    }
)
"""Slots of each archive: the last two days by the hour, and every day of a month."""
HASTY = DiallingTimes(release=0.2, rests=tuple(timedelta(seconds=seconds) for seconds in (2, 5, 10)))
"""The simulated network is quick, and nobody watches a modem rest for minutes."""
INSTALLED_BEFORE = timedelta(days=190)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the demo runs on."""

    fleet: Path
    faults: str = "field"
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """The demo while it runs. `stop_polling` ends the collector after what it is reading is stored."""

    database: Database
    database_url: str
    address: str
    key: str
    meters: tuple[RegisteredMeter, ...]
    pushed: Pushed
    started_at: datetime
    stop_polling: Callable[[], Awaitable[None]]


@asynccontextmanager
async def running_demo(settings: Settings, options: DemoOptions) -> AsyncIterator[RunningDemo]:
    """Start everything; at the end everything is stopped and its temporary folder removed."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(_postgres(settings))
        await migrate(url)
        settings = settings.model_copy(update={"database_url": url} | HURRY)
        database = await stack.enter_async_context(Database(url))
        started_at = clock()
        kept = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="teplo-demo-kept-")))
        here = assembled(database, settings_of(settings, PLAN), kept, entrances(), HASTY)
        fleet = await stack.enter_async_context(
            running_fleet(
                options.fleet,
                now=clock,
                random=random_source(options.seed),
                faults=options.faults,
                listener=way_in(here.listener.bind()),
            )
        )
        meters = await register(fleet, database, started_at - INSTALLED_BEFORE, settings.collector_name)
        _, key = await ApiKeys(database).create("demo", SCOPES)
        address = await stack.enter_async_context(_api(database, settings))
        stop_polling = await stack.enter_async_context(_polling(here.collector))
        chance = random_source(options.seed)
        pushed = await stack.enter_async_context(pushing(database, settings, started_at, chance))
        yield RunningDemo(database, url, address, key, tuple(meters), pushed, started_at, stop_polling)


@asynccontextmanager
async def _postgres(settings: Settings) -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="teplo-demo-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", binaries=settings.postgres_binaries)
        url = await asyncio.to_thread(server.start)
        try:
            yield url
        finally:
            await asyncio.to_thread(server.stop)


@asynccontextmanager
async def _api(database: Database, settings: Settings) -> AsyncIterator[str]:
    listening = _free_socket(settings)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve_api(database, listening, stop, settings))
        try:
            yield address_of(listening)
        finally:
            stop.set()


def _free_socket(settings: Settings) -> socket.socket:
    """The settings' address; where another program has the port, any free one will do for a demo."""
    try:
        return listening_socket(settings.api_host, settings.api_port)
    except ConfigurationError:
        return listening_socket(settings.api_host, 0)


@asynccontextmanager
async def _polling(collector: Collector) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        polling = group.create_task(collector.run(stop))

        async def stop_polling() -> None:
            stop.set()
            await polling

        try:
            yield stop_polling
        finally:
            stop.set()

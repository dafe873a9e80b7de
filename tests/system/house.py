"""A small house for system tests: a fleet, its registry and collectors on a real database."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from collector.app import Collector
from collector.collector_settings import CollectorSettings
from collector.supervisor import wait
from metering.calendar import ArchiveKind
from metering.errors import StorageUnavailable
from metering.plans import KindPlan, PollPlan
from simulators import fleet_file
from simulators.fleet import RunningFleet, running_fleet
from simulators.memory import Clock
from simulators.uplink import Uplink
from storage.pool import Database
from teplo.composition import clock, random_source
from teplo.demo.site import RegisteredMeter, register
from teplo.running import Station, assembled

PATIENCE = 60.0
WANTED = {ArchiveKind.HOUR: 4, ArchiveKind.DAY: 2, ArchiveKind.MONTH: 1, ArchiveKind.TOTAL: 3}
HEARTBEAT = timedelta(seconds=2)
ARCHIVES = {kind: KindPlan(depth) for kind, depth in WANTED.items()}
QUICK = PollPlan(every=timedelta(seconds=1), retry=timedelta(milliseconds=200), archives=ARCHIVES)

_FOLDERS: dict[str, Path] = {}

HEAD = 'zone = "Asia/Almaty"\ninstalled_days_ago = 100\n'


def line(protocol: str, *meters: str, front: str = "tcp") -> str:
    """A line of a fleet file; a meter is `model serial address`."""
    text = f'[[line]]\nfront = "{front}"\nprotocol = "{protocol}"\noptions = "timeout=0.3&gap=0.05&quiet=0"\n'
    for meter in meters:
        model, serial, address = meter.split()
        text += f'[[line.meter]]\nmodel = "{model}"\nserial = "{serial}"\naddress = {address}\n'
    return text


@asynccontextmanager
async def running_house(
    database: Database, *lines: str, faults: str = "none", uplink: Uplink | None = None, now: Clock = clock
) -> AsyncIterator[tuple[RunningFleet, list[RegisteredMeter]]]:
    """Serve these lines and register their meters. `uplink` is the network before them."""
    fleet = fleet_file.read(HEAD + "".join(lines), Path("test.toml"))
    chance = random_source(1)
    async with running_fleet(fleet, now=now, random=chance, faults=faults, uplink=uplink) as running:
        meters = await register(running, database, now() - timedelta(days=90))
        yield running, meters


def collector(database: Database, name: str = "main", plan: PollPlan = QUICK, **tools: object) -> Collector:
    """A collector in a hurry; `tools` replaces some of its tools."""
    return station(database, hasty(name, plan), **tools).collector


def station(database: Database, settings: CollectorSettings, *listening: Any, **tools: Any) -> Station:
    """A collector whose folder goes when the process does; one of this name, started again, finds it."""
    return assembled(database, settings, folder_of(database), *listening, **tools)


def folder_of(database: Database) -> Path:
    """Where the collectors of this database keep what they must."""
    if database.url not in _FOLDERS:
        _FOLDERS[database.url] = Path(tempfile.mkdtemp(prefix="teplo-test-"))
        atexit.register(shutil.rmtree, _FOLDERS[database.url], ignore_errors=True)
    return _FOLDERS[database.url]


async def serve(one: Collector, line_id: int) -> None:
    """Do what a job of the queue does."""
    async with one.at_work():
        await one.serve_line(line_id)


def hasty(name: str = "main", plan: PollPlan = QUICK) -> CollectorSettings:
    """Settings under which nobody waits long."""
    return CollectorSettings(name=name, plan=plan, tick=0.1, heartbeat=HEARTBEAT)


@asynccontextmanager
async def working(*collectors: Collector) -> AsyncIterator[asyncio.Event]:
    """Run collectors; they end, with what they are reading, when the block does."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for one in collectors:
            group.create_task(one.run(stop))
        try:
            yield stop
        finally:
            stop.set()


async def until(condition: Callable[[], Awaitable[bool]], patience: float = PATIENCE) -> None:
    """Ask until it is so, also while the database is away; TimeoutError when patience ends."""
    async with asyncio.timeout(patience):
        while not await _so(condition):
            await wait(asyncio.Event(), 0.05)


async def _so(condition: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await condition()
    except StorageUnavailable:
        return False

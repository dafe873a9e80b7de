"""A collector as a process of its own, on accelerated time: what is killed and started again."""

from __future__ import annotations

import argparse
import asyncio
import signal
from datetime import datetime, timedelta
from pathlib import Path

from collector.collector_settings import CollectorSettings
from metering.calendar import ArchiveKind
from metering.plans import KindPlan, PollPlan
from storage.pool import Database
from teplo.logs import set_up_logs
from teplo.running import assembled
from tests.soak.clock import Accelerated

PLAN = PollPlan(
    every=timedelta(hours=8),
    retry=timedelta(minutes=4),
    archives={
        ArchiveKind.HOUR: KindPlan(100),
        ArchiveKind.DAY: KindPlan(8),
        ArchiveKind.MONTH: KindPlan(1),
        ArchiveKind.TOTAL: KindPlan(8),
    },
    polls_per_day=0,
    visit=timedelta(hours=12),
    allowed_drift=timedelta(hours=2),
)
"""Simulated time passes while real bytes go over real sockets: a visit and a clock's answer take hours."""


def settings(name: str, clock: Accelerated) -> CollectorSettings:
    return CollectorSettings(
        name=name,
        plan=PLAN,
        tick=max(0.2, clock.real(timedelta(minutes=10))),
        concurrent_lines=40,
        heartbeat=timedelta(seconds=4),
        lease=timedelta(minutes=15) * clock.speed / 20,
    )


async def work(url: str, name: str, folder: Path, clock: Accelerated) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Database(url, timeout=5.0) as database:
        await assembled(database, settings(name, clock), folder, now=clock).collector.run(stop)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("url", "name", "folder", "epoch", "begun", "speed"):
        parser.add_argument(name)
    given = parser.parse_args()
    clock = Accelerated(datetime.fromisoformat(given.epoch), float(given.begun), float(given.speed))
    set_up_logs("warning")
    asyncio.run(work(given.url, given.name, Path(given.folder), clock))


if __name__ == "__main__":
    main()

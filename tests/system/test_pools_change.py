"""A collector goes on taking lines while those of the pools' former size are served to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from collector import queue_work
from metering.errors import StorageUnavailable
from storage.jobs import entrypoint
from storage.modems import Modems
from storage.pool import Database
from tests.system.house import collector, until, working


class Shifts:
    """Workers that have one line each, which takes as long as the test wants."""

    def __init__(self) -> None:
        self.limits: list[Mapping[str, int]] = []
        self.ended = 0
        self.served = asyncio.Event()

    async def run_worker(
        self, *of: object, stop: asyncio.Event, limits: Mapping[str, int], **how: object
    ) -> None:
        self.limits.append(limits)
        await stop.wait()
        await self.served.wait()
        self.ended += 1

    async def begun(self, times: int) -> bool:
        return len(self.limits) >= times


async def test_a_new_modem_waits_for_no_line_that_is_being_served(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shifts, modems = Shifts(), Modems(database)
    monkeypatch.setattr(queue_work, "run_worker", shifts.run_worker)
    async with working(collector(database)) as stop:
        await until(lambda: shifts.begun(1))
        await modems.add_pool("main")
        await modems.add_own("main", "tcp://10.0.0.1:4001")
        await until(lambda: shifts.begun(2), patience=5.0)
        assert shifts.ended == 0, "its line is still being read"
        stop.set()
        shifts.served.set()
    assert shifts.limits[-1] == {entrypoint("pool:main"): 1}
    assert shifts.ended == len(shifts.limits), "each was waited for"


async def test_a_worker_that_lost_the_database_joins_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = 0

    async def run_worker(*of: object, stop: asyncio.Event, **how: object) -> None:
        nonlocal joined
        joined += 1
        if joined == 1:
            raise StorageUnavailable("the database went away")
        await stop.wait()

    async def again() -> bool:
        return joined == 2

    monkeypatch.setattr(queue_work, "run_worker", run_worker)
    async with working(collector(database)):
        await until(again, patience=5.0)

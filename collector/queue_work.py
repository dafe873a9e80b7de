"""The queue's jobs, a line each: of its own queue, of everybody's, and of the pools it dials from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from collector.collector_settings import CollectorSettings
from collector.delivery import Delivery
from collector.name_holder import NameHolder
from collector.supervisor import ungrouped, wait
from metering.errors import StorageUnavailable
from storage.jobs import entrypoint, run_worker
from storage.modems import Modems
from storage.pool import Database

Pools = Mapping[str, int]
"""How many modems each pool has whose lines this collector may serve."""


class QueueWork:
    """`serve` does what a job asks for: it serves the line of this id."""

    def __init__(
        self,
        database: Database,
        settings: CollectorSettings,
        delivery: Delivery,
        serve: Callable[[int], Awaitable[None]],
    ) -> None:
        self._database = database
        self._settings = settings
        self._delivery = delivery
        self._serve = serve
        self._modems = Modems(database)

    async def run(self, name: NameHolder, stop: asyncio.Event) -> None:
        """The queue is joined anew when the pools have changed: their sizes are its limits.

        Lines that are being served then are served to their end beside, and nobody waits for them.
        """
        with ungrouped():
            async with asyncio.TaskGroup() as shifts:
                while not stop.is_set() and await name.is_held(stop):
                    await self._delivery.drained(stop)
                    pools, changed = await self._pools(), asyncio.Event()
                    shifts.create_task(self._join(pools, changed))
                    await self._watch(pools, stop, changed)

    async def _join(self, pools: Pools, stop: asyncio.Event) -> None:
        limits = {entrypoint(f"pool:{name}"): max(modems, 1) for name, modems in pools.items()}
        names = (entrypoint(None), entrypoint(self._settings.name), *limits)
        await run_worker(
            self._database.url,
            dict.fromkeys(names, self._serve),
            concurrency=self._settings.concurrent_lines,
            stop=stop,
            heartbeat=self._settings.heartbeat,
            limits=limits,
        )

    async def _pools(self) -> Pools:
        ours = (None, self._settings.name)
        return {pool.name: pool.modems for pool in await self._modems.pools() if pool.collector in ours}

    async def _watch(self, pools: Pools, stop: asyncio.Event, changed: asyncio.Event) -> None:
        now = pools
        while now == pools and not stop.is_set():
            await wait(stop, self._settings.tick)
            with suppress(StorageUnavailable):
                now = await self._pools()
        changed.set()

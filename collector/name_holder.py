"""A collector's name in the database: connections, leases and lines are kept by it."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import structlog

from collector.collector_settings import CollectorSettings
from collector.reach import Reach
from collector.supervisor import first_of, wait
from collector.visits import Visits
from metering.errors import ConfigurationError, StorageUnavailable
from storage.collectors import Collectors

log = structlog.get_logger()

LIVES: Final = 2
"""One that was killed keeps its name for a while: it is waited for once."""


class NameHolder:
    """Says that the collector lives, as long as it does. `instance`: which of two processes with one name."""

    def __init__(
        self,
        collectors: Collectors,
        settings: CollectorSettings,
        visits: Visits,
        reach: Reach,
        instance: UUID,
    ) -> None:
        self.instance = instance
        self._collectors = collectors
        self._settings = settings
        self._visits = visits
        self._reach = reach
        self._held = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """ConfigurationError when another collector that lives has the name."""
        loop = asyncio.get_running_loop()
        waiting, patient_until = False, loop.time() + LIVES * self._settings.life.total_seconds()
        while not stop.is_set():
            if await self.claim():
                self._held.set()
            elif self._held.is_set() or loop.time() > patient_until:
                raise ConfigurationError(
                    f"Another collector named {self._settings.name!r} is alive: connections, leases and "
                    "lines are kept by name. Give each collector its own, --name or TEPLO_COLLECTOR_NAME."
                )
            elif not waiting:
                waiting = True
                log.warning("another collector has this name; waiting for its end", name=self._settings.name)
            await wait(stop, self._settings.tick)

    async def claim(self) -> bool:
        """Whether the name is ours now; what was read without the database is told first."""
        try:
            await self._visits.tell()
            claimed = await self._collectors.claim(self._settings.name, self.instance, self._settings.life)
            if claimed:
                await self._visits.tell_the_end()
        except StorageUnavailable:
            self._reach.lost()
            raise
        return claimed

    async def leave(self) -> None:
        """The name is free from now on."""
        await self._collectors.leave(self._settings.name, self.instance)

    async def is_held(self, stop: asyncio.Event) -> bool:
        """Waits until it is; False when `stop` came first."""
        await first_of(stop, self._held)
        return self._held.is_set()

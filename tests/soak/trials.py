"""What befalls a soak run: the network and the database go away, collectors are killed, settings change."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from metering.errors import StorageUnavailable
from simulators.fleet import RunningFleet
from simulators.uplink import Uplink
from storage.pool import Database
from teplo.postgres import EmbeddedPostgres
from tests.soak.clock import Accelerated
from tests.soak.crew import Crew
from tests.soak.town import RESCHEMED

_SO_FAR = """
select (select count(*) from poll) as polls, count(*) as records,
    count(*) filter (where poll.finished_at > value.slot_end + interval '1 day') as late
from archive_value value join poll on poll.id = value.poll_id
where value.kind <> 'total' and value.circuit = 1 and value.quantity = 'energy_heating'
    and value.slot_end > $1
"""

STANDSTILL: Final = 60.0
"""Seconds in which nothing of a backlog comes any more: it was stored."""


@dataclass(frozen=True)
class Event:
    """Something that happens so long after the start."""

    after: timedelta
    name: str
    happen: Callable[[], Awaitable[None]]


@dataclass
class Trials:
    """Everything that can be made to happen."""

    clock: Accelerated
    server: EmbeddedPostgres
    uplink: Uplink
    crew: Crew
    fleet: RunningFleet
    database: Database
    random: Random
    drained_in: float = math.inf
    backlog: int = 0
    database_away: asyncio.Event = field(default_factory=asyncio.Event)

    async def network_goes(self) -> None:
        self.uplink.go_down()

    async def network_returns(self) -> None:
        self.uplink.come_back()

    async def database_goes(self) -> None:
        self.database_away.set()
        await asyncio.to_thread(self.server.stop)

    async def database_returns(self) -> None:
        """Then it is watched how long it takes until all that was read meanwhile is stored."""
        since = await asyncio.to_thread(self.server.start)
        assert since
        self.database_away.clear()
        asyncio.get_running_loop().create_task(self._watch_backlog())

    async def _watch_backlog(self) -> None:
        """From the return until the last of it; when nothing comes at all, for ever."""
        loop = asyncio.get_running_loop()
        upto, since = self.clock(), loop.time()
        first = last = await self._stored(upto)
        changed = since
        while loop.time() - changed < STANDSTILL:
            await asyncio.sleep(0.1)
            if (stored := await self._stored(upto)) != last:
                last, changed = stored, loop.time()
                self.drained_in, self.backlog = changed - since, last - first

    async def _stored(self, upto: datetime) -> int:
        stored: int = await self.database.value("select count(*) from poll where finished_at < $1", upto)
        return stored

    async def somebody_is_killed(self) -> None:
        await self.crew.kill(self.random.choice(list(self.crew.names)))

    async def all_restart(self) -> None:
        """One after another, while the others go on."""
        for name in self.crew.names:
            await self.crew.restart(name)

    async def tell_how_it_stands(self, tell: Callable[[str], None]) -> None:
        """What was read so far, and how much of it late; nothing while the database is away."""
        with suppress(StorageUnavailable):
            row = await self.database.row(_SO_FAR, self.clock.epoch)
            tell(f"          {row['polls']} polls, {row['records']} records of energy, {row['late']} late")

    async def scheme_changes(self, number: int) -> None:
        devices: list[Any] = [one.device for one in self.fleet.meters if one.model == RESCHEMED]
        if number < len(devices):
            devices[number].scheme = 2

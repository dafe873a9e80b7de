"""What is done once in the cluster, however many processes stand ready for it: pgqueuer's schedules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.sm import SchedulerManager
from pgqueuer.core.tm import cancel_on_exit
from pgqueuer.domain.models import Schedule

from metering.errors import StorageError
from storage.jobs import queue_connections, queue_translated, set_with

Beat = Callable[[], Awaitable[None]]
"""What one beat of a schedule does; it tells its own errors."""


async def run_schedule(url: str, name: str, cron: str, beat: Beat, *, stop: asyncio.Event) -> None:
    """Does `beat` when the schedule `name` is due and nobody else has taken it up, until `stop` is set.

    A beat that runs is awaited. One whose process died without a word is taken up by another one after
    30 seconds. Raises StorageUnavailable when the database goes away: start it again.
    """
    with queue_translated():
        async with queue_connections(url) as pool:
            queries = Queries(AsyncpgPoolDriver(pool))
            if not await queries.schema_is_installed():
                raise StorageError("The database has no job queue: run `teplo migrate`.")
            manager = SchedulerManager(queries)

            async def due(schedule: Schedule) -> None:
                await beat()

            manager.schedule(name, cron, accepts_context=False)(due)
            async with cancel_on_exit(asyncio.create_task(set_with(stop, manager.shutdown))):
                await manager.run()

"""Once a night, by one collector of all: what was kept long enough is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from metering.errors import StorageError
from storage import housekeeping
from storage.housekeeping import Forget
from storage.pool import Database
from storage.schedules import run_schedule

log = structlog.get_logger()

SCHEDULE: Final = "housekeeping"
EVERY_NIGHT: Final = "17 21 * * *"
"""UTC: after midnight where the meters are."""
KEEP_FRAMES: Final = timedelta(days=1096)
"""Three years, in which a bill may be disputed."""


class Housekeeping:
    """`run` is a task of the collector; frames, requests and records of access stay for `keep_frames`."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], keep_frames: timedelta = KEEP_FRAMES
    ) -> None:
        self._database = database
        self._now = now
        self._keep = keep_frames

    async def run(self, stop: asyncio.Event) -> None:
        """Stands ready until `stop` is set; however many stand ready, one of them sweeps."""
        await run_schedule(self._database.url, SCHEDULE, EVERY_NIGHT, lambda: self.sweep(stop), stop=stop)

    async def sweep(self, stop: asyncio.Event) -> None:
        """Forgets batch by batch; the rest, when `stop` is set or the database goes away, waits a night."""
        store, before = housekeeping.Housekeeping(self._database), self._now() - self._keep
        try:
            transcripts = await _forgotten(store.forget_transcripts, before, stop)
            requests = await _forgotten(store.forget_requests, before, stop)
            accesses = await _forgotten(store.forget_accesses, before, stop)
        except StorageError as error:
            log.warning("housekeeping was broken off", error=str(error))
        else:
            forgotten = {"transcripts": transcripts, "requests": requests, "accesses": accesses}
            log.info("kept house", before=before.isoformat(), **forgotten)


async def _forgotten(forget: Forget, before: datetime, stop: asyncio.Event) -> int:
    total = 0
    while not stop.is_set() and (batch := await forget(before)):
        total += batch
    return total

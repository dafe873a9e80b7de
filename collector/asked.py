"""What people ask of meters, as a poll carries it out: what it is to read, and who still waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from collector.gaps import ArchivePlan, ArchiveRange, WantedArchives
from collector.poll import Clock, Progress
from metering.calendar import MeterZone
from metering.errors import StorageError
from metering.requests import PollRequest, RequestKind
from storage.poll_requests import PollRequests
from storage.pool import Database

EVERY: Final = 1.0
"""Seconds between two looks at whether a request is still wanted, with which its progress is told."""


def wanted_of(request: PollRequest, zone: MeterZone) -> WantedArchives | None:
    """The archive slots that a request names; None: those that are due."""
    if request.kind is RequestKind.NOW:
        return None
    if request.archive is None or request.start is None or request.end is None:
        return ArchivePlan({})
    return ArchiveRange(request.archive, zone.to_meter_time(request.start), zone.to_meter_time(request.end))


@dataclass(slots=True)
class _Steps:
    """How far a poll has come."""

    done: int = 0
    wanted: int = 0

    def tell(self, done: int, wanted: int) -> None:
        self.done, self.wanted = done, wanted


class DatabaseWishes:
    """Requests as they stand in the database; while it is away none is new, and none is called off."""

    def __init__(self, database: Database, now: Clock, every: float = EVERY) -> None:
        self._requests = PollRequests(database)
        self._now = now
        self._every = every

    async def fresh(self, line_id: int) -> Sequence[PollRequest]:
        """Those of the line that have not ended, oldest first."""
        try:
            return await self._requests.waiting(line_id)
        except StorageError:
            return ()

    @asynccontextmanager
    async def watch(self, request: PollRequest, call_off: Callable[[], None]) -> AsyncIterator[Progress]:
        """While this lasts, progress is told, and `call_off` is called when nobody wants it any more.

        One that was cancelled before is called off before its first question.
        """
        steps = _Steps()
        if not await self._is_wanted(request.id, steps):
            call_off()
        watching = asyncio.create_task(self._watch(request.id, steps, call_off))
        try:
            yield steps.tell
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _watch(self, identifier: UUID, steps: _Steps, call_off: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(self._every)
            if not await self._is_wanted(identifier, steps):
                call_off()

    async def _is_wanted(self, identifier: UUID, steps: _Steps) -> bool:
        """A poll is not lost because its progress cannot be told."""
        try:
            return await self._requests.progress(identifier, self._now(), steps.done, steps.wanted)
        except StorageError:
            return True

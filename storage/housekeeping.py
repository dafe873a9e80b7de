"""What need not be kept for ever: frames, requests that ended, who asked. Polls and values always stay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from storage import sql
from storage.pool import Database

_SQL: Final = sql.statements("housekeeping")
BATCH: Final = 1000

Forget = Callable[[datetime], Awaitable[int]]
"""Forgets a batch of what is older than this instant, and says how much; 0: nothing is left of it."""


class Housekeeping:
    """Each call forgets at most `BATCH` rows in a statement of its own: nobody waits long for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_transcripts(self, before: datetime) -> int:
        """Frames of polls that started before; with TimescaleDB whole weeks at once, which are counted."""
        if await self._database.value(_SQL["in_chunks"]):
            dropped: int = await self._database.value(_SQL["drop_chunks"], before)
            return dropped
        return await self._forget("forget_transcripts", before)

    async def forget_requests(self, before: datetime) -> int:
        """Requests that ended before."""
        return await self._forget("forget_requests", before)

    async def forget_accesses(self, before: datetime) -> int:
        """Records of who read what of billing and who changed what."""
        return await self._forget("forget_accesses", before)

    async def _forget(self, statement: str, before: datetime) -> int:
        async with self._database.connection() as connection:
            told = await connection.execute(_SQL[statement], before, BATCH)
        return int(told.removeprefix("DELETE "))

"""What waits on collectors' disks, as they last told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage import sql
from storage.pool import Database

_SQL = sql.statements("spools")


@dataclass(frozen=True, slots=True)
class CollectorState:
    """A collector, when it last said that it lives, how many lines are at home with it, and its spool.

    `size` of `limit` bytes are taken; a limit of 0: it has no spool.
    """

    name: str
    alive: bool
    seen_at: datetime
    lines: int
    entries: int = 0
    size: int = 0
    limit: int = 0
    oldest_at: datetime | None = None


class Spools:
    """Kept beside each collector's sign of life."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(
        self, collector: str, entries: int, size: int, limit: int, oldest_at: datetime | None
    ) -> None:
        """How this collector's spool is now; a collector that never said that it lives is not listed."""
        await self._database.rows(_SQL["tell"], collector, entries, size, limit, oldest_at)

    async def list(self) -> list[CollectorState]:
        """Every collector that ever lived, by name."""
        return [CollectorState(**row) for row in await self._database.rows(_SQL["list"])]

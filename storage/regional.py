"""Collectors that have a broker only: what they last said of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime

from storage import sql
from storage.pool import Database

_SQL = sql.statements("push")


@dataclass(frozen=True, slots=True)
class RegionalCollector:
    """`online`: connected to the broker. What lies in its spool waits for the broker to come back."""

    name: str
    online: bool
    heard_at: datetime
    spool_entries: int = 0
    spool_size: int = 0
    spool_oldest_at: datetime | None = None


class RegionalCollectors:
    """By name; what is told later counts, whichever writer hears it first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heard(self, collector: RegionalCollector, modems: Mapping[int, str]) -> None:
        """It said so itself. `modems` are connected to it, each with its network address; those of its lines
        count that no other collector holds.
        """
        async with self._database.transaction() as connection:
            if await connection.fetchval(_SQL["heard"], *astuple(collector)):
                holder = collector.name, list(modems)
                await connection.execute(_SQL["let_go_of_others"], *holder)
                await connection.execute(_SQL["hold"], *holder, list(modems.values()), collector.heard_at)

    async def unheard(self, name: str) -> None:
        """The broker lost it."""
        await self._database.rows(_SQL["unheard"], name)

    async def list(self) -> list[RegionalCollector]:
        """All there ever were, by name."""
        return [RegionalCollector(**row) for row in await self._database.rows(_SQL["regional"])]

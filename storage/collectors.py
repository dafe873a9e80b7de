"""Which collectors are alive."""

from __future__ import annotations

from datetime import datetime

from storage import sql
from storage.pool import Database

_SQL = sql.statements("collectors")


class Collectors:
    """A collector that has not said so for a while is dead: what hangs on it hangs on nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def alive(self, name: str, now: datetime, until: datetime) -> None:
        """This collector lives, and says so again before `until`."""
        await self._database.rows(_SQL["alive"], name, now, until)

    async def ended(self, name: str, now: datetime) -> None:
        """This collector stopped in good order."""
        await self._database.rows(_SQL["alive"], name, now, now)

"""Which collectors are alive, and that each has a name of its own."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from storage import sql
from storage.pool import Database

_SQL = sql.statements("collectors")


class Collectors:
    """A collector that has not said so for a while is dead: what hangs on it hangs on nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, name: str, instance: UUID, life: timedelta) -> bool:
        """Whether the name is this process's for so long, by the database's clock.

        False while another one that lives has it.
        """
        return await self._database.value(_SQL["claim"], name, instance, life) is not None

    async def leave(self, name: str, instance: UUID) -> None:
        """This process stopped in good order: the name is free at once."""
        await self._database.rows(_SQL["leave"], name, instance)

    async def alive(self) -> frozenset[str]:
        """The names of those that said so not long ago."""
        return frozenset(row["name"] for row in await self._database.rows(_SQL["alive"]))

"""The whole registry as tables: one per subject, rows known by what people write and not by ids."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from metering.errors import ReadingConflict
from storage import sql
from storage.pool import Database, translated

_SQL = sql.statements("registry_tables")

SUBJECTS: Final = (
    *("service_centres", "districts", "sites", "usage_points"),
    *("lines", "meters", "components", "installations"),
)
"""In the order in which one needs the other."""
BATCH: Final = 1000

Row = Mapping[str, Any]
"""A row by its columns, see billing.registry_table.columns."""
Told = Callable[[str, int], None]
"""Hears of each subject how many more of its rows were stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands in the registry, by subject; `pools`: names of the pools of modems that lines may use."""

    tables: Mapping[str, Sequence[Row]]
    pools: frozenset[str] = field(default=frozenset())


Changes = Mapping[str, Sequence[Row]]
"""By subject, whole rows as they are to stand; those that stand already come before those that are new."""


def untold(subject: str, rows: int) -> None:
    """Nobody watches."""


class RegistryTables:
    """Rows are added and changed here, never removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Stored:
        """All of it, as it is at one moment."""
        async with self._database.transaction() as connection:
            await connection.execute("set transaction isolation level repeatable read, read only")
            return await _read(connection)

    async def change(self, decide: Callable[[Stored], Changes], told: Told = untold) -> None:
        """Stores in one transaction what `decide` makes of what stands; nobody else does so meanwhile.

        `decide` may take its time: it has a thread of its own. ReadingConflict when the database refuses a
        row: then none is stored.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["lock"])
            changes = await asyncio.to_thread(decide, await _read(connection))
            for subject in SUBJECTS:
                await _store(connection, subject, changes.get(subject, ()), told)


async def _read(connection: Any) -> Stored:
    tables = {subject: [dict(row) for row in await connection.fetch(_SQL[subject])] for subject in SUBJECTS}
    return Stored(tables, frozenset(row["name"] for row in await connection.fetch(_SQL["pools"])))


async def _store(connection: Any, subject: str, rows: Sequence[Row], told: Told) -> None:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        try:
            with translated():
                await connection.execute(_SQL[f"store_{subject}"], json.dumps(list(batch), default=str))
        except ReadingConflict as error:
            raise ReadingConflict(
                f"The database refuses rows of {subject}; nothing was stored. Where two rows change places, "
                f"such as addresses of two meters, do it in two steps. ({error})"
            ) from error
        told(subject, len(batch))

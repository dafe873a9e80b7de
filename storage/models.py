"""What the collectors know of the models of meters, for everybody who knows no protocol."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from metering.calendar import ArchiveKind
from metering.plans import Keeps
from storage import sql
from storage.pool import Database

_SQL = sql.statements("models")


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its name in the registry; `title` is what people call it."""

    name: str
    title: str
    protocol: str
    keeps: Keeps


class Models:
    """Told by every collector at its start: the last one counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, models: Sequence[Model]) -> None:
        """Adds these and renews those that are there; models that are not among them stay as they are."""
        names = [one.name for one in models]
        archives = [(one.name, kind.value, depth) for one in models for kind, depth in _kept(one)]
        kept, kinds, depths = ([row[place] for row in archives] for place in range(3))
        async with self._database.transaction() as connection:
            await connection.execute(
                _SQL["tell"],
                names,
                [one.title for one in models],
                [one.protocol for one in models],
                [one.keeps.totals_every.value for one in models],
                [one.keeps.polls_per_day for one in models],
            )
            await connection.execute(_SQL["forget_archives"], names, kept, kinds)
            await connection.execute(_SQL["tell_archives"], kept, kinds, depths)

    async def keeps(self, names: Collection[str] | None = None) -> dict[str, Keeps]:
        """What the memory of each of these models holds, or of all; nobody told of those that are missing."""
        wanted = None if names is None else list(names)
        return {row["name"]: _keeps(row) for row in await self._database.rows(_SQL["keeps"], wanted)}


def _kept(model: Model) -> list[tuple[ArchiveKind, int]]:
    return [(kind, depth) for kind, depth in model.keeps.depths.items() if depth > 0]


def _keeps(row: Any) -> Keeps:
    depths = {ArchiveKind(kind): depth for kind, depth in json.loads(row["depths"]).items()}
    return Keeps(depths, ArchiveKind(row["totals_every"]), row["polls_per_day"])

"""Who read what of billing, and who changed what, through the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage import sql
from storage.pool import Database

_SQL = sql.statements("access_log")


@dataclass(frozen=True, slots=True)
class Access:
    """One request. `answered`: what the answer came to, where the operation tells it."""

    at: datetime
    api_key_id: int
    caller: str
    method: str
    path: str
    query: str
    status: int
    answered: dict[str, Any] | None = None


class AccessLog:
    """Only added to; what is old enough is forgotten by housekeeping."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, accesses: Sequence[Access]) -> None:
        """All of these in one statement."""
        rows = [_row(one) for one in accesses]
        await self._database.rows(_SQL["keep"], *([row[place] for row in rows] for place in range(8)))

    async def page(self, before: int | None = None, limit: int = 100) -> list[tuple[int, Access]]:
        """With their ids, the newest first; `before` this id."""
        return [(row["id"], _access(row)) for row in await self._database.rows(_SQL["page"], before, limit)]


def _row(one: Access) -> tuple[Any, ...]:
    answered = None if one.answered is None else json.dumps(one.answered)
    return one.at, one.api_key_id, one.caller, one.method, one.path, one.query, one.status, answered


def _access(row: Any) -> Access:
    answered = row["answered"]
    return Access(
        row["at"],
        row["api_key_id"],
        row["caller"],
        row["method"],
        row["path"],
        row["query"],
        row["status"],
        json.loads(answered) if isinstance(answered, str) else answered,
    )

"""What meters reported of their state: beside each snapshot and archive record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from metering.calendar import ArchiveKind
from metering.conditions import Condition, ConditionName
from storage import sql
from storage.pool import Database

_SQL = sql.statements("conditions")

SNAPSHOT: Final = "snapshot"
"""Stands for an archive kind where the condition came with current values."""

ConditionKey = tuple[datetime, str, int, str, str, str]
"""At, kind, circuit, name, place and code: where a page ends."""


@dataclass(frozen=True, slots=True)
class StoredCondition:
    """`at` is when a snapshot was read (`kind` None), or the start of the record's slot."""

    meter_id: int
    kind: ArchiveKind | None
    at: datetime
    condition: Condition
    poll_id: UUID
    frame: int

    @property
    def key(self) -> ConditionKey:
        """By which pages are sorted."""
        one = self.condition
        return self.at, self.kind or SNAPSHOT, one.circuit, one.name.value, one.place, one.code


class Conditions:
    """Written by Polls.save together with the values beside which they were reported."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_meter(
        self,
        meter_id: int,
        start: datetime,
        end: datetime,
        *,
        after: ConditionKey | None = None,
        limit: int = 1000,
    ) -> list[StoredCondition]:
        """Those of [start, end), oldest first; `after` is the last key of the page before."""
        position = after or (None,) * 6
        rows = await self._database.rows(_SQL["of_meter"], meter_id, start, end, *position, limit)
        return [_stored(row) for row in rows]


def _stored(row: Any) -> StoredCondition:
    return StoredCondition(
        meter_id=row["meter_id"],
        kind=None if row["kind"] == SNAPSHOT else ArchiveKind(row["kind"]),
        at=row["at"],
        condition=Condition(ConditionName(row["name"]), row["circuit"], row["place"], row["code"]),
        poll_id=row["poll_id"],
        frame=row["frame"],
    )

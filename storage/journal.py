"""The registry's journal: who changed what, when, from what to what. The database itself writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from storage import sql
from storage.pool import Database

_SQL = sql.statements("journal")

SUBJECTS: Final = (
    *("service_centre", "district", "site", "usage_point", "meter", "meter_zone", "installation"),
    *("component", "line", "modem", "billing_period", "billing_rule", "register_event"),
    *("boundary_register", "reported_reading", "act", "webhook", "api_key"),
)
"""The tables whose changes are journalled."""


@dataclass(frozen=True, slots=True)
class RegistryChange:
    """One row changed: its columns `before` and `after`; None where it was added or removed.

    `subject` is one of SUBJECTS, `key` the row's identity, its parts with slashes between them.
    """

    id: int
    at: datetime
    changed_by: str
    subject: str
    key: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


class Journal:
    """Read only. Who is named as the one that changed something: see storage.pool.acting."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changes(
        self, subject: str | None = None, key: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[RegistryChange]:
        """Newest first; `before` is the id of the last change of the page before."""
        rows = await self._database.rows(_SQL["changes"], before, subject, key, limit)
        return [_change(row) for row in rows]


def _change(row: Any) -> RegistryChange:
    return RegistryChange(
        id=row["id"],
        at=row["at"],
        changed_by=row["changed_by"],
        subject=row["subject"],
        key=row["subject_key"],
        before=_columns(row["before_change"]),
        after=_columns(row["after_change"]),
    )


def _columns(written: str | None) -> Mapping[str, Any] | None:
    """Numbers stay as they are written: none is rounded."""
    return None if written is None else json.loads(written, parse_float=str)

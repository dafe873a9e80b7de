"""What printed lists are drawn up from, one question for all their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from metering.areas import EVERYWHERE, Area
from metering.components import ComponentKind
from metering.evidence import DISQUALIFYING
from metering.report_rows import DueComponent, Entry, Visit
from storage import sql
from storage.pool import Database

_SQL = sql.statements("report_data")
_INVALID: Final = sorted(flag.value for flag in DISQUALIFYING)


@dataclass(frozen=True, slots=True)
class Closing:
    """When a usage point's bill closes, and how far from it a register still counts; `at` is aware UTC."""

    usage_point_id: int
    quantity: str
    at: datetime
    tolerance: timedelta


@dataclass(frozen=True, slots=True)
class Chosen:
    """Usage points named by id, by code, or by a meter's serial number."""

    ids: Collection[int] = ()
    codes: Collection[str] = ()
    serials: Collection[str] = ()


class ReportData:
    """At most `most` rows of what lies in the area."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(self, closings: Sequence[Closing]) -> dict[int, Entry]:
        """By usage point, whether there is a reading for the closing of its bill."""
        columns = zip(
            *((one.usage_point_id, one.quantity, one.at, one.tolerance) for one in closings), strict=True
        )
        rows = await self._database.rows(_SQL["entries"], *columns, _INVALID) if closings else []
        return {row["usage_point_id"]: _entry(row["entered"], row["withdrawn"]) for row in rows}

    async def visits(
        self,
        chosen: Chosen,
        today: date,
        most: int,
        area: Area = EVERYWHERE,
    ) -> list[Visit]:
        """The meters that are installed now at these usage points, by their addresses."""
        named = list(chosen.ids), list(chosen.codes), list(chosen.serials)
        rows = await self._database.rows(_SQL["visits"], *named, today, most, *area.columns())
        return [Visit(**row) for row in rows]

    async def due(
        self,
        until: date,
        today: date,
        most: int,
        area: Area = EVERYWHERE,
    ) -> list[DueComponent]:
        """Components in use whose verification ends until that day, by place and then by day."""
        rows = await self._database.rows(_SQL["due"], until, today, most, *area.columns())
        return [DueComponent(**dict(row) | {"kind": ComponentKind(row["kind"])}) for row in rows]


def _entry(entered: bool, withdrawn: bool) -> Entry:
    if entered:
        return Entry.ENTERED
    return Entry.WITHDRAWN if withdrawn else Entry.WAITING

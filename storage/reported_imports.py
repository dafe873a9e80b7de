"""A table of reported readings taken over as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metering.calendar import MeterZone
from metering.errors import ConfigurationError, TeploError
from metering.reported import Report
from metering.reported_rows import BadRow, ReportedRow
from storage import sql
from storage.pool import Database, translated
from storage.reported_readings import enter

_SQL = sql.statements("reported_readings")


class _Undone(Exception):
    """Ends a transaction of which nothing shall stay."""


@dataclass(frozen=True, slots=True)
class _Point:
    """A usage point as rows name it; `meters`: ids by serial number."""

    id: int
    zone: MeterZone
    meters: Mapping[str, int]


class ReportedImports:
    """Each row is entered as if it came alone; rows that are there already change nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_over(
        self, rows: Sequence[ReportedRow], by: str, at: datetime, *, dry_run: bool
    ) -> list[BadRow]:
        """Why rows cannot be entered. When there is one, or with `dry_run`, none of them is."""
        bad: list[BadRow] = []
        try:
            async with self._database.transaction() as connection:
                points = await _points(connection, rows)
                for row in rows:
                    bad += await _tried(connection, points.get(row.usage_point), row, by, at)
                if bad or dry_run:
                    raise _Undone
        except _Undone:
            pass
        return bad


async def _tried(
    connection: Any, point: _Point | None, row: ReportedRow, by: str, at: datetime
) -> list[BadRow]:
    try:
        if point is None:
            raise ConfigurationError(f"No usage point has the code {row.usage_point!r}.")
        with translated():
            async with connection.transaction():
                await enter(connection, point.id, _report(point, row), by, at)
    except TeploError as error:
        return [BadRow(row.number, str(error))]
    return []


async def _points(connection: Any, rows: Sequence[ReportedRow]) -> dict[str, _Point]:
    codes = sorted({row.usage_point for row in rows})
    found = await connection.fetch(_SQL["points_of_codes"], codes)
    meters: dict[int, dict[str, int]] = {row["id"]: {} for row in found}
    for row in await connection.fetch(_SQL["meters_of_points"], list(meters)):
        meters[row["usage_point_id"]][row["serial"]] = row["id"]
    return {row["code"]: _Point(row["id"], MeterZone(row["zone"]), meters[row["id"]]) for row in found}


def _report(point: _Point, row: ReportedRow) -> Report:
    if row.meter is not None and row.meter not in point.meters:
        raise ConfigurationError(f"No meter {row.meter} was ever installed at usage point {row.usage_point}.")
    return Report(
        at=row.at if row.at.tzinfo else point.zone.to_utc(row.at),
        value=row.value,
        source=row.source,
        unit=row.unit,
        quantity=row.quantity,
        meter_id=point.meters[row.meter] if row.meter else None,
        circuit=row.circuit,
        reported_by=row.reported_by,
        note=row.note,
    )

"""Readings that people report: entered with their source, taken back with a reason, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from metering.errors import ConfigurationError, ReadingConflict
from metering.evidence import DISQUALIFYING
from metering.quantities import QUANTITIES, REGISTERS
from metering.reported import Report, ReportedReading, ReportSource, Withdrawal
from metering.units import convert
from storage import sql
from storage.pool import Database

_SQL = sql.statements("reported_readings")
_WITHDRAWN: Final = ("withdrawn_at", "withdrawn_by", "withdrawn_because")


@dataclass(frozen=True, slots=True)
class Beside:
    """A reported level, and the meter's own valid ones next before and next after it, with their instants."""

    reported: ReportedReading
    earlier: tuple[datetime, Decimal] | None
    later: tuple[datetime, Decimal] | None


class ReportedReadings:
    """Instants are aware UTC. ConfigurationError for what cannot be entered, and it says why."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enter(self, usage_point_id: int, report: Report, by: str, at: datetime) -> ReportedReading:
        """Stores it, taken to the canonical unit with the point's factor set.

        The same report once more is answered like the first time; ReadingConflict when another value was
        reported by the same way for the same instant.
        """
        async with self._database.transaction() as connection:
            return await enter(connection, usage_point_id, report, by, at)

    async def withdraw(self, reading_id: int, because: str, by: str, at: datetime) -> ReportedReading | None:
        """It counts no more. None: there is none; ReadingConflict when it was withdrawn before."""
        row = await self._database.row(_SQL["withdraw"], reading_id, at, by, because)
        if row is not None:
            return reported_reading(row)
        found = await self.get(reading_id)
        if found is not None and found.withdrawn is not None:
            raise ReadingConflict(
                f"{found.withdrawn.by} has withdrawn the reading {reading_id} at {found.withdrawn.at}: "
                f"{found.withdrawn.because}"
            )
        return found

    async def get(self, reading_id: int) -> ReportedReading | None:
        row = await self._database.row(_SQL["get"], reading_id)
        return reported_reading(row) if row else None

    async def page(
        self, usage_point_id: int, start: datetime, end: datetime, after: int = 0, limit: int = 100
    ) -> list[ReportedReading]:
        """A page by id of what was reported of [start, end), withdrawn ones included."""
        rows = await self._database.rows(_SQL["list"], usage_point_id, start, end, after, limit)
        return [reported_reading(row) for row in rows]

    async def compare(
        self,
        usage_point_id: int,
        start: datetime,
        end: datetime,
        *,
        within: timedelta,
        after: int = 0,
        limit: int = 100,
    ) -> list[Beside]:
        """A page by id of what counts of [start, end), and the meter's own levels at most `within` away."""
        invalid = [flag.value for flag in DISQUALIFYING]
        rows = await self._database.rows(
            _SQL["compare"], usage_point_id, start, end, after, limit, invalid, within
        )
        return [Beside(reported_reading(row), _level(row, "earlier"), _level(row, "later")) for row in rows]


async def enter(
    connection: Any, usage_point_id: int, report: Report, by: str, at: datetime
) -> ReportedReading:
    """Stores a report within the transaction of whoever stores several."""
    if report.at > at:
        raise ConfigurationError(f"Nobody can have read the meter at {report.at}: that is in the future.")
    place = await _place(connection, usage_point_id, report)
    quantity = QUANTITIES[report.quantity or place["billed_quantity"]]
    if quantity.name not in REGISTERS:
        raise ConfigurationError(f"{quantity} is no register; there are: {', '.join(REGISTERS)}.")
    unit = report.unit or quantity.canonical_unit
    converted = convert(report.value, unit, quantity, place["factor_set"])
    if converted.value < 0:
        raise ConfigurationError(f"A register does not stand at {report.value}; it was misread or mistyped.")
    row = await connection.fetchrow(
        _SQL["enter"],
        *(usage_point_id, place["meter_id"], place["circuit"], quantity.name, report.at),
        *(converted.value, report.value, unit, converted.factor, converted.factor_set),
        *(report.source.value, report.reported_by, by, at, report.note),
    )
    return reported_reading(row) if row else await _entered_before(connection, place, quantity.name, report)


async def _place(connection: Any, usage_point_id: int, report: Report) -> Any:
    """Factor set, billed quantity, meter and circuit."""
    rows = await connection.fetch(_SQL["places"], usage_point_id, report.at, report.meter_id, report.circuit)
    if not rows:
        raise ConfigurationError(f"There is no usage point {usage_point_id}.")
    if rows[0]["meter_id"] is None:
        named = "" if report.meter_id is None else f" {report.meter_id}"
        raise ConfigurationError(
            f"No meter{named} was installed at usage point {usage_point_id} at {report.at}; "
            "check the date, or mend the registry."
        )
    if len(rows) > 1:
        there = ", ".join(f"meter {row['meter_id']} circuit {row['circuit']}" for row in rows)
        raise ConfigurationError(f"Usage point {usage_point_id} has several registers, {there}: name one.")
    return rows[0]


async def _entered_before(connection: Any, place: Any, quantity: str, report: Report) -> ReportedReading:
    row = await connection.fetchrow(
        _SQL["same"], place["meter_id"], place["circuit"], quantity, report.at, report.source.value
    )
    if (row["raw_value"], row["raw_unit"]) != (report.value, report.unit or row["raw_unit"]):
        raise ReadingConflict(
            f"{row['entered_by']} has entered {row['raw_value']:f} {row['raw_unit']} by {report.source} for "
            f"{report.at} already; withdraw that one first."
        )
    return reported_reading(row)


def reported_reading(row: Any) -> ReportedReading:
    """A row of reported_reading."""
    columns = {name: row[name] for name in ReportedReading.__slots__ if name != "withdrawn"}
    withdrawn = Withdrawal(*(row[name] for name in _WITHDRAWN)) if row["withdrawn_at"] else None
    return ReportedReading(**columns | {"source": ReportSource(row["source"])}, withdrawn=withdrawn)


def _level(row: Any, side: str) -> tuple[datetime, Decimal] | None:
    return None if row[f"{side}_at"] is None else (row[f"{side}_at"], row[f"{side}_value"])

"""Modems that somebody should look at, with the figures that say so."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from storage import sql
from storage.modem_rows import ModemKind
from storage.pool import Database
from storage.traffic import MonthTraffic

_SQL = sql.statements("modem_reports")


@dataclass(frozen=True, slots=True)
class ReportedModem:
    """Which modem it is, and where."""

    id: int
    kind: ModemKind
    identity: str
    site: str
    phone: str
    iccid: str
    line_id: int | None


_MODEM: Final = tuple(field.name for field in fields(ReportedModem))


@dataclass(frozen=True, slots=True)
class FallingModem:
    """Its mean level of the last 24 hours in dBm, that of the 30 days `before` them, and the drop in dB."""

    modem: ReportedModem
    before: Decimal
    level: Decimal
    drop: Decimal
    samples: int
    samples_before: int


@dataclass(frozen=True, slots=True)
class SilentModem:
    """When it was last heard of, None: never; and the last level it had, in dBm."""

    modem: ReportedModem
    last_contact_at: datetime | None
    level: Decimal | None
    level_at: datetime | None


@dataclass(frozen=True, slots=True)
class OverPlanModem:
    """What it carried in this month of its SIM's plan, more than the plan allows."""

    modem: ReportedModem
    month: MonthTraffic


class ModemReports:
    """The worst first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def falling(self, now: datetime, drop: Decimal) -> list[FallingModem]:
        """Modems whose mean level fell by at least `drop` dB."""
        rows = await self._database.rows(_SQL["falling"], now, drop)
        return [FallingModem(_modem(row), **_figures(row)) for row in rows]

    async def silent(self, since: datetime) -> list[SilentModem]:
        """Modems at meters of which nothing was heard since this instant; a newer one has time to begin."""
        rows = await self._database.rows(_SQL["silent"], since)
        return [SilentModem(_modem(row), **_figures(row)) for row in rows]

    async def over_plan(self, today: date) -> list[OverPlanModem]:
        """Modems that have carried more than their SIM's plan allows in the month in which this day lies."""
        rows = await self._database.rows(_SQL["over_plan"], today)
        return [OverPlanModem(_modem(row), MonthTraffic(**_figures(row))) for row in rows]


def _modem(row: Any) -> ReportedModem:
    columns = {name: row[name] for name in _MODEM}
    return ReportedModem(**{**columns, "kind": ModemKind(columns["kind"])})


def _figures(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _MODEM}

"""Who asked what was consumed, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metering.calendar import BillingPeriod
from storage import sql
from storage.pool import Database

_SQL = sql.statements("billing")


@dataclass(frozen=True, slots=True)
class BillingQuery:
    """Who asked for which period, and what was answered."""

    id: int
    api_key_id: int | None
    asked_at: datetime
    period: BillingPeriod
    lines: int
    total: Decimal | None


class Billing:
    """The record of what billing asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def log_query(
        self, period: BillingPeriod, *, api_key_id: int | None, lines: int, total: Decimal | None
    ) -> int:
        """Records that so many lines were answered; `total` in Gcal, None when nothing could be billed."""
        return int(
            await self._database.value(_SQL["log_query"], api_key_id, period.start, period.end, lines, total)
        )

    async def queries(self, after: int = 0, limit: int = 100) -> list[BillingQuery]:
        """A page of what was asked, by id."""
        rows = await self._database.rows(_SQL["queries"], after, limit)
        return [
            BillingQuery(
                row["id"],
                row["api_key_id"],
                row["asked_at"],
                BillingPeriod(row["period_start"], row["period_end"]),
                row["lines"],
                row["total"],
            )
            for row in rows
        ]

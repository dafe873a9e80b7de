"""What billing asks: the registers at the boundaries of a period, and the record of who asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from metering.calendar import BillingPeriod
from metering.consumption import DISQUALIFYING, RegisterReading, Segment
from storage import sql
from storage.pool import Database
from storage.registers import register_reading

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
    """Answers for one usage point or for all of them at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def registers(
        self,
        period: BillingPeriod,
        *,
        tolerance: timedelta,
        usage_point_id: int | None = None,
        quantity: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> dict[int, tuple[Segment, ...]]:
        """By usage point, every installation that touches the period, with its opening and closing register.

        One usage point, or the page of `limit` usage points whose ids follow `after`; a point without a
        meter in the period has no segments. `quantity` None means what each point is billed by. A register
        without a value or with a disqualifying flag is passed over; one older than `tolerance` does not
        count; at one instant a total wins over a snapshot.
        """
        rows = await self._database.rows(
            _SQL["registers"],
            period.start,
            period.end,
            tolerance,
            usage_point_id,
            quantity,
            [flag.value for flag in DISQUALIFYING],
            after,
            limit,
        )
        segments: dict[int, tuple[Segment, ...]] = {}
        for row in rows:
            point = row["usage_point_id"]
            segments[point] = (*segments.get(point, ()), *_segment(row))
        return segments

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


def _segment(row: Any) -> tuple[Segment, ...]:
    if row["meter_id"] is None:
        return ()
    return (
        Segment(
            meter_id=row["meter_id"],
            circuit=row["circuit"],
            installed_at=row["installed_at"],
            removed_at=row["removed_at"],
            opening=_register(row["opening"]),
            closing=_register(row["closing"]),
        ),
    )


def _register(register: Any) -> RegisterReading | None:
    return None if register is None else register_reading(register)

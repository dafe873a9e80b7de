"""Billing periods that differ from a usage point's calendar: this month's bill covers just this."""

from __future__ import annotations

from datetime import date

from metering.calendar import BillingPeriod
from metering.errors import ConfigurationError, ReadingConflict
from storage import sql
from storage.pool import Database

_SQL = sql.statements("billing_periods")


class BillingPeriods:
    """By usage point and month; a month is named by its first day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, usage_point_id: int, month: date, period: BillingPeriod) -> None:
        """From now on this is the period of this month; ConfigurationError where another one overlaps it."""
        try:
            await self._database.value(_SQL["put"], usage_point_id, month, period.start, period.end)
        except ReadingConflict as error:
            raise ConfigurationError(
                f"The period {period.start} .. {period.end} cannot be that of usage point {usage_point_id} "
                "for this month: another month's period overlaps it, the month is not named by its first "
                f"day, or there is no such point. ({error})"
            ) from error

    async def remove(self, usage_point_id: int, month: date) -> bool:
        """Whether a period stood there; the point's calendar counts again."""
        return await self._database.value(_SQL["remove"], usage_point_id, month) is not None

    async def list(self, usage_point_id: int, limit: int = 100) -> dict[date, BillingPeriod]:
        """The newest `limit` by month."""
        rows = await self._database.rows(_SQL["list"], usage_point_id, limit)
        return {row["month"]: BillingPeriod(row["starts_at"], row["ends_at"]) for row in rows}

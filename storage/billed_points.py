"""Usage points as billing needs them: whose they are, by which calendar, and what estimates go by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from metering.billing_scope import BillingScope
from metering.calendar import BillingPeriod
from storage import sql
from storage.pool import Database
from storage.registered import Purpose

_SQL = sql.statements("billed_points")


@dataclass(frozen=True, slots=True)
class BilledPoint:
    """A usage point with its site. `closing_day`, `closing_hour`: of its own calendar; None: it has none.

    `plan_settings`: those of its poll plan, of the three places in their order. `period`: one that was set
    for the month that was asked for. Loads in Gcal/h, temperatures in degrees Celsius, the diameter in mm.
    """

    id: int
    code: str
    name: str
    purpose: Purpose
    contract: str
    account: str
    site_code: str
    district: str
    service_centre: str
    zone: str
    factor_set: str
    billed_quantity: str
    closing_day: int | None
    closing_hour: int | None
    calculated_load: Decimal | None
    largest_load: Decimal | None
    nominal_diameter: Decimal | None
    indoor_temperature: Decimal
    design_outdoor_temperature: Decimal | None
    plan_settings: tuple[Mapping[str, object], ...]
    period: BillingPeriod | None


class BilledPoints:
    """Pages by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, scope: BillingScope, month: date | None, after: int = 0, limit: int = 100
    ) -> list[BilledPoint]:
        """Points of the scope whose ids follow `after`, with the periods that are set for this month."""
        chosen = *scope.area.columns(), scope.usage_points
        rows = await self._database.rows(_SQL["page"], after, *chosen, limit, month)
        return [_point(row) for row in rows]


def _point(row: Any) -> BilledPoint:
    columns = dict(row)
    starts_at, ends_at = columns.pop("starts_at"), columns.pop("ends_at")
    columns["plan_settings"] = tuple(map(json.loads, row["plan_settings"] or ()))
    columns["purpose"] = Purpose(row["purpose"])
    return BilledPoint(**columns, period=BillingPeriod(starts_at, ends_at) if starts_at else None)

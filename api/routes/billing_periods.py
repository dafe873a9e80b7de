"""Billing periods of single months that differ from a usage point's calendar."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from api.consumption import PeriodOut
from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.limits import LONGEST_BILLED
from api.periods import MonthText, month_of
from api.routes.registry import existing_usage_point
from api.schemas import Identifier, Instant, Page
from api.services import ServicesNeeded
from metering.calendar import BillingPeriod
from metering.errors import ConfigurationError

router = APIRouter(tags=["billing periods"])
_changing = [Depends(allowed(Scope.RULES_WRITE))]
_MOST = 2400
"""More months cannot be written."""
Month = Annotated[MonthText, Path(examples=["2026-01"], description="Like 2026-01.")]


class PeriodIn(BaseModel):
    """The half-open period [from, to) that is billed for a month."""

    model_config = ConfigDict(extra="forbid")

    start: Instant = Field(alias="from", examples=["2025-12-24T19:00:00Z"])
    end: Instant = Field(alias="to", examples=["2026-01-19T19:00:00Z"])


class MonthPeriodOut(BaseModel):
    """A month, and the period that is billed for it."""

    month: str = Field(examples=["2026-01"])
    period: PeriodOut


@router.get(
    "/usage-points/{usage_point_id}/billing-periods", dependencies=[Depends(allowed(Scope.BILLING_READ))]
)
async def list_billing_periods(services: ServicesNeeded, usage_point_id: Identifier) -> Page[MonthPeriodOut]:
    """Months whose periods were set, newest first; all others follow the usage point's calendar."""
    await existing_usage_point(services, usage_point_id)
    found = await services.billing_periods.list(usage_point_id, _MOST)
    return Page(items=[_out(month, period) for month, period in found.items()], next_cursor=None)


@router.put("/usage-points/{usage_point_id}/billing-periods/{month}", dependencies=_changing)
async def put_billing_period(
    services: ServicesNeeded, usage_point_id: Identifier, month: Month, told: PeriodIn
) -> MonthPeriodOut:
    """From now on this is what is billed for the month. It may not overlap another month's that was set."""
    await existing_usage_point(services, usage_point_id)
    if not told.start < told.end <= told.start + LONGEST_BILLED:
        raise InvalidRequest(f"body: `to` must follow `from`, by at most {LONGEST_BILLED.days} days.")
    period = BillingPeriod(told.start, told.end)
    try:
        await services.billing_periods.put(usage_point_id, month_of(month), period)
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    return _out(month_of(month), period)


@router.delete(
    "/usage-points/{usage_point_id}/billing-periods/{month}", status_code=204, dependencies=_changing
)
async def delete_billing_period(services: ServicesNeeded, usage_point_id: Identifier, month: Month) -> None:
    """From now on the month follows the usage point's calendar; it may have done so before."""
    await existing_usage_point(services, usage_point_id)
    await services.billing_periods.remove(usage_point_id, month_of(month))


def _out(month: date, period: BillingPeriod) -> MonthPeriodOut:
    return MonthPeriodOut(month=f"{month:%Y-%m}", period=PeriodOut(start=period.start, end=period.end))

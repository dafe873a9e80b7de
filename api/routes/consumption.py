"""The answer for billing: what was consumed in a period, and what it rests on."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from api.consumption import ConsumptionOut, billed, consumption_out, points_at_once
from api.cursors import CursorText, decode_id, encode
from api.errors import InvalidRequest
from api.keys import AreaSeen, BillingCaller
from api.limits import PageSize
from api.periods import Billed
from api.routes.registry import existing_usage_point
from api.schemas import Identifier, Page, RegisterName
from api.services import ServicesNeeded
from metering.billing_scope import BillingScope
from metering.calendar import BillingPeriod

router = APIRouter(tags=["consumption"])

QuantityAsked = Annotated[
    RegisterName | None,
    Query(description="Another register than the one by which the usage point is billed."),
]


@router.get("/usage-points/{usage_point_id}/consumption")
async def get_consumption(
    services: ServicesNeeded,
    caller: BillingCaller,
    usage_point_id: Identifier,
    billed_for: Billed,
    quantity: QuantityAsked = None,
) -> Page[ConsumptionOut]:
    """What one usage point consumed in a period or month: one answer, or one for each part of it that was
    admissible or not.

    The level of a boundary depends on nothing but the boundary and what is known: adjacent periods add up
    exactly.
    """
    await existing_usage_point(services, usage_point_id)
    scope = BillingScope(usage_points=(usage_point_id,))
    lines = await services.answers.lines(scope, billed_for, quantity=quantity)
    caller.told(len(lines), billed(lines))
    return Page(items=[consumption_out(one) for one in lines], next_cursor=None)


@router.get("/consumption")
async def list_consumption(
    services: ServicesNeeded,
    caller: BillingCaller,
    area: AreaSeen,
    billed_for: Billed,
    quantity: QuantityAsked = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ConsumptionOut]:
    """What every usage point consumed in a period or month, by the points' ids, `limit` points a page.

    Points times days of a period are at most 40 000 a page.
    """
    _bound(billed_for, limit)
    scope = BillingScope(area)
    lines = await services.answers.lines(scope, billed_for, decode_id(cursor), limit, quantity)
    caller.told(len(lines), billed(lines))
    full = len({one.usage_point_id for one in lines}) == limit
    next_cursor = encode(lines[-1].usage_point_id) if full else None
    return Page(items=[consumption_out(one) for one in lines], next_cursor=next_cursor)


def _bound(billed_for: date | BillingPeriod, limit: int) -> None:
    at_once = points_at_once(billed_for, limit)
    if at_once < limit:
        raise InvalidRequest(f"query.limit: at most {at_once} points a page over so long a period.")

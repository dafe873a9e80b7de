"""Readings that people report: entered, taken over from tables, taken back, and beside telemetry."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request

from api.cursors import CursorText, after_id, decode_id, encode
from api.errors import InvalidRequest, NotFound
from api.keys import Scope, allowed
from api.limits import PageSize
from api.periods import Period
from api.reported import (
    ComparisonOut,
    ImportOut,
    ReportedIn,
    ReportedOut,
    WithdrawalIn,
    comparison_out,
    import_out,
    reported_out,
)
from api.routes.registry import existing_usage_point
from api.schemas import Identifier, Page
from api.services import ServicesNeeded
from metering.errors import ConfigurationError
from metering.reported_rows import COLUMNS, reported_rows
from storage.keys import ApiKey

WITHIN: Final = timedelta(days=40)
"""So far from a reported reading the meter's own ones are looked for: over a month's bill."""
_EXAMPLE: Final = f"{','.join(COLUMNS)}\nUP-0017,2026-01-24T00:00:00+05:00,123.4,Gcal,whatsapp,,,,flat 12,\n"
_TABLE: Final = {"text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE}}

router = APIRouter(tags=["reported readings"])
_reading = [Depends(allowed(Scope.READINGS_READ))]
EnteringKey = Annotated[ApiKey, Depends(allowed(Scope.READINGS_WRITE))]


@router.post("/usage-points/{usage_point_id}/reported-readings", status_code=201)
async def enter_reported_reading(
    services: ServicesNeeded, key: EnteringKey, usage_point_id: Identifier, told: ReportedIn
) -> ReportedOut:
    """Stores what somebody told, taken to the canonical unit with the usage point's factor set.

    The same reading once more is answered like the first time; 409 when the same way brought another value
    for this instant.
    """
    await existing_usage_point(services, usage_point_id)
    try:
        stored = await services.reported_readings.enter(
            usage_point_id, told.report(), key.name, services.now()
        )
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    return reported_out(stored)


@router.get("/usage-points/{usage_point_id}/reported-readings", dependencies=_reading)
async def list_reported_readings(
    services: ServicesNeeded,
    usage_point_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ReportedOut]:
    """What was reported of the period, in the order in which it was entered, withdrawn ones included."""
    await existing_usage_point(services, usage_point_id)
    found = await services.reported_readings.page(
        usage_point_id, period.start, period.end, decode_id(cursor), limit
    )
    return Page(items=[reported_out(one) for one in found], next_cursor=after_id(found, limit))


@router.get("/usage-points/{usage_point_id}/reported-readings/comparison", dependencies=_reading)
async def compare_reported_readings(
    services: ServicesNeeded,
    usage_point_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ComparisonOut]:
    """Each reported reading of the period that counts, between the meter's own ones next to it."""
    await existing_usage_point(services, usage_point_id)
    found = await services.reported_readings.compare(
        usage_point_id, period.start, period.end, within=WITHIN, after=decode_id(cursor), limit=limit
    )
    next_cursor = encode(found[-1].reported.id) if len(found) == limit else None
    return Page(items=[comparison_out(one) for one in found], next_cursor=next_cursor)


@router.post("/reported-readings/{reading_id}/withdrawal")
async def withdraw_reported_reading(
    services: ServicesNeeded, key: EnteringKey, reading_id: Identifier, asked: WithdrawalIn
) -> ReportedOut:
    """It counts no more; it stays on record with the reason. 409 when it was withdrawn before."""
    found = await services.reported_readings.withdraw(reading_id, asked.because, key.name, services.now())
    if found is None:
        raise NotFound(f"There is no reported reading {reading_id}.")
    return reported_out(found)


@router.post(
    "/reported-readings/import",
    openapi_extra={"requestBody": {"required": True, "content": _TABLE}},
)
async def import_reported_readings(
    services: ServicesNeeded,
    key: EnteringKey,
    request: Request,
    dry_run: Annotated[bool, Query(description="Only tell what would become of it.")] = False,
) -> ImportOut:
    """Takes over a table (CSV in UTF-8): all of it or, when a row is bad, nothing; every bad row is told."""
    try:
        rows, bad = reported_rows((await request.body()).decode())
    except (ConfigurationError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"body: {error}") from error
    tried = await services.reported_imports.take_over(
        rows, key.name, services.now(), dry_run=dry_run or bool(bad)
    )
    return import_out(len(rows) + len(bad), [*bad, *tried], dry_run)

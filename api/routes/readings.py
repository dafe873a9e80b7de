"""Stored readings: archives of usage points and meters, and current values."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from api.cursors import CursorText, Key, cut, decode, number_in, quantity_in
from api.keys import Scope, allowed
from api.limits import LONGEST_PERIOD, PageSize
from api.periods import Period
from api.routes.registry import existing_meter, existing_usage_point
from api.schemas import Identifier, Page, QuantityName
from api.series import Series, Stretch, page, stretches
from api.services import ServicesNeeded
from api.values import ReadingOut, SnapshotOut, reading, snapshot
from metering.calendar import ArchiveKind
from storage.readings import SnapshotValue

_MICROSECOND: Final = timedelta(microseconds=1)
_LARGEST_SNAPSHOT: Final = 1000
"""More values than any meter sends at one moment: a page may begin in the midst of a snapshot."""

router = APIRouter(tags=["readings"], dependencies=[Depends(allowed(Scope.READINGS_READ))])

Kind = Annotated[
    ArchiveKind, Query(description="total: register levels at `start`; else amounts or means of the slot.")
]
QuantityFilter = Annotated[QuantityName | None, Query(description="This quantity alone.")]


@router.get("/usage-points/{usage_point_id}/readings")
async def list_usage_point_readings(
    services: ServicesNeeded,
    usage_point_id: Identifier,
    period: Period,
    kind: Kind,
    quantity: QuantityFilter = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ReadingOut]:
    """Archive values of a usage point over all its meters, oldest first."""
    await existing_usage_point(services, usage_point_id)
    installations = await services.registry.installations(usage_point_id)
    series = Series(stretches(installations, period), kind, quantity)
    values, next_cursor = await page(services.readings, series, cursor, limit)
    return Page(items=[reading(value) for value in values], next_cursor=next_cursor)


@router.get("/meters/{meter_id}/readings")
async def list_meter_readings(
    services: ServicesNeeded,
    meter_id: Identifier,
    period: Period,
    kind: Kind,
    quantity: QuantityFilter = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ReadingOut]:
    """Archive values of a meter, all circuits, oldest first."""
    await existing_meter(services, meter_id)
    series = Series([Stretch(meter_id, None, period.start, period.end)], kind, quantity)
    values, next_cursor = await page(services.readings, series, cursor, limit)
    return Page(items=[reading(value) for value in values], next_cursor=next_cursor)


@router.get("/meters/{meter_id}/snapshots")
async def list_snapshots(
    services: ServicesNeeded,
    meter_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[SnapshotOut]:
    """Current values of a meter as they were read, newest first."""
    await existing_meter(services, meter_id)
    after = _snapshot_position(cursor)
    end = period.end - (after[0] - 1) * _MICROSECOND if after else period.end

    def key(value: SnapshotValue) -> Key:
        return (period.end - value.read_at) // _MICROSECOND, value.circuit, value.quantity

    size = limit + 1 + _LARGEST_SNAPSHOT
    values = await services.readings.snapshots(meter_id, period.start, end, size)
    found, next_cursor = cut(values, limit, key, after)
    return Page(items=[snapshot(value) for value in found], next_cursor=next_cursor)


def _snapshot_position(cursor: str | None) -> tuple[int, int, str] | None:
    if cursor is None:
        return None
    before_end, circuit, quantity = decode(cursor, 3)
    longest = LONGEST_PERIOD // _MICROSECOND
    return number_in(before_end, longest), number_in(circuit), quantity_in(quantity)

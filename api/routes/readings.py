"""Stored readings with the way back to their frames; gaps, and values that were replaced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, Key, cut, decode, instant_in, number_in, quantity_in
from api.dependencies import Period, Scope, ServicesNeeded, allowed
from api.limits import LONGEST_PERIOD, PageSize
from api.links import OriginLinks, origin_links, poll_link
from api.routes.registry import existing_meter, existing_usage_point
from api.schemas import (
    Amount,
    DecimalText,
    Identifier,
    MeterTime,
    Page,
    QuantityName,
    Timestamp,
    amount,
    decimal_text,
)
from api.series import Series, Stretch, page, stretches
from metering.calendar import ArchiveKind
from metering.quantities import QUANTITIES
from metering.readings import Absence, Flag, GapReason
from storage.readings import ArchiveValue, Origin, Revision, SnapshotValue, StoredGap

_MICROSECOND: Final = timedelta(microseconds=1)
_LARGEST_SNAPSHOT: Final = 1000
"""More values than any meter sends at one moment: a page may begin in the midst of a snapshot."""

router = APIRouter(tags=["readings"], dependencies=[Depends(allowed(Scope.READINGS_READ))])

Kind = Annotated[
    ArchiveKind, Query(description="total: register levels at `start`; else amounts or means of the slot.")
]
QuantityFilter = Annotated[QuantityName | None, Query(description="This quantity alone.")]


class OriginOut(BaseModel):
    """Where a value comes from: canonical value = raw value x factor of the factor set."""

    raw: Amount | None = Field(description="As the meter gave it; null when it gave none.")
    factor: DecimalText
    factor_set: str = Field(examples=["exact"])
    poll_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    frame: int = Field(examples=[2], description="Number of the frame within the poll.")
    links: OriginLinks


class ValueOut(BaseModel):
    """One quantity of one circuit. `amount` is null exactly when `absence` says why."""

    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    quantity: str = Field(examples=["energy_heating"])
    amount: Amount | None
    absence: Absence | None = Field(examples=[None])
    flags: list[Flag] = Field(examples=[[]], description="Why the value is in doubt; empty when it is not.")
    meter_time: MeterTime | None
    origin: OriginOut


class ReadingOut(ValueOut):
    """A value of an archive record that covers [start, end)."""

    kind: ArchiveKind = Field(examples=[ArchiveKind.HOUR])
    start: Timestamp
    end: Timestamp


class SnapshotOut(ValueOut):
    """A current value read at `read_at`."""

    read_at: Timestamp


class GapOut(BaseModel):
    """A slot for which the meter had no record when it was last asked."""

    meter_id: int = Field(examples=[42])
    kind: ArchiveKind = Field(examples=[ArchiveKind.HOUR])
    start: Timestamp
    end: Timestamp
    reason: GapReason = Field(examples=[GapReason.NO_RECORD])
    recorded_at: Timestamp
    poll: str = Field(examples=["/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8057"])


class RevisionOut(BaseModel):
    """A value that does not stand: a later poll read another one for the same slot."""

    id: int = Field(examples=[1])
    old: ReadingOut
    replaced_by: str = Field(examples=["/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8058"])
    recorded_at: Timestamp


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
    return Page(items=[_reading(value) for value in values], next_cursor=next_cursor)


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
    return Page(items=[_reading(value) for value in values], next_cursor=next_cursor)


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
    return Page(items=[_snapshot(value) for value in found], next_cursor=next_cursor)


@router.get("/meters/{meter_id}/gaps")
async def list_gaps(
    services: ServicesNeeded,
    meter_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[GapOut]:
    """Slots of a meter's archives that have no record, with the reason, oldest first."""
    await existing_meter(services, meter_id)
    after = _gap_position(cursor)
    gaps = await services.readings.gaps(meter_id, after[0] if after else period.start, period.end)
    found, next_cursor = cut(gaps, limit, lambda gap: (gap.slot.start, gap.kind.value), after)
    return Page(items=[_gap(gap) for gap in found], next_cursor=next_cursor)


@router.get("/meters/{meter_id}/revisions")
async def list_revisions(
    services: ServicesNeeded,
    meter_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[RevisionOut]:
    """Values that a later poll replaced, by slot, oldest first."""
    await existing_meter(services, meter_id)
    after = _revision_position(cursor)
    start = after[0] if after else period.start
    revisions = await services.readings.revisions(meter_id, start, period.end)
    found, next_cursor = cut(revisions, limit, lambda revision: (revision.old.slot.start, revision.id), after)
    return Page(items=[_revision(revision) for revision in found], next_cursor=next_cursor)


def _snapshot_position(cursor: str | None) -> tuple[int, int, str] | None:
    if cursor is None:
        return None
    before_end, circuit, quantity = decode(cursor, 3)
    longest = LONGEST_PERIOD // _MICROSECOND
    return number_in(before_end, longest), number_in(circuit), quantity_in(quantity)


def _gap_position(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    start, kind = decode(cursor, 2)
    return instant_in(start), kind


def _revision_position(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    start, revision = decode(cursor, 2)
    return instant_in(start), number_in(revision)


def _value(value: ArchiveValue | SnapshotValue) -> ValueOut:
    return ValueOut(
        meter_id=value.meter_id,
        circuit=value.circuit,
        quantity=value.quantity,
        amount=amount(value.value, QUANTITIES[value.quantity].canonical_unit),
        absence=value.absence,
        flags=sorted(value.flags),
        meter_time=value.meter_time,
        origin=_origin(value.meter_id, value.origin),
    )


def _origin(meter_id: int, origin: Origin) -> OriginOut:
    return OriginOut(
        raw=amount(origin.raw_value, origin.raw_unit),
        factor=decimal_text(origin.factor),
        factor_set=origin.factor_set,
        poll_id=origin.poll_id,
        frame=origin.frame,
        links=origin_links(meter_id, origin.poll_id),
    )


def _reading(value: ArchiveValue) -> ReadingOut:
    return ReadingOut(**dict(_value(value)), kind=value.kind, start=value.slot.start, end=value.slot.end)


def _snapshot(value: SnapshotValue) -> SnapshotOut:
    return SnapshotOut(**dict(_value(value)), read_at=value.read_at)


def _gap(gap: StoredGap) -> GapOut:
    return GapOut(
        meter_id=gap.meter_id,
        kind=gap.kind,
        start=gap.slot.start,
        end=gap.slot.end,
        reason=gap.reason,
        recorded_at=gap.recorded_at,
        poll=poll_link(gap.poll_id),
    )


def _revision(revision: Revision) -> RevisionOut:
    return RevisionOut(
        id=revision.id,
        old=_reading(revision.old),
        replaced_by=poll_link(revision.replaced_by),
        recorded_at=revision.recorded_at,
    )

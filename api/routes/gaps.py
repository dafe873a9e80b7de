"""What the archives lack, and what in them was replaced."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.cursors import CursorText, cut, decode, instant_in, kind_in, number_in
from api.keys import Scope, allowed
from api.limits import PageSize
from api.links import poll_link
from api.periods import Period
from api.routes.registry import existing_meter
from api.schemas import Identifier, Page, Timestamp
from api.services import ServicesNeeded
from api.values import ReadingOut, reading
from metering.calendar import ArchiveKind
from metering.readings import GapReason
from storage.readings import Revision, StoredGap

router = APIRouter(tags=["readings"], dependencies=[Depends(allowed(Scope.READINGS_READ))])


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
    gaps = await services.readings.gaps(
        meter_id, period.start, period.end, after=_gap_position(cursor), limit=limit + 1
    )
    found, next_cursor = cut(gaps, limit, lambda gap: (gap.slot.start, gap.kind.value), None)
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
    revisions = await services.readings.revisions(
        meter_id, period.start, period.end, after=_revision_position(cursor), limit=limit + 1
    )
    found, next_cursor = cut(revisions, limit, lambda revision: (revision.old.slot.start, revision.id), None)
    return Page(items=[_revision(revision) for revision in found], next_cursor=next_cursor)


def _gap_position(cursor: str | None) -> tuple[datetime, ArchiveKind] | None:
    if cursor is None:
        return None
    start, kind = decode(cursor, 2)
    return instant_in(start), kind_in(kind)


def _revision_position(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    start, revision = decode(cursor, 2)
    return instant_in(start), number_in(revision)


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
        old=reading(revision.old),
        replaced_by=poll_link(revision.replaced_by),
        recorded_at=revision.recorded_at,
    )

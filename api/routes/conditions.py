"""What meters reported of their own state, in one vocabulary over all makers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.cursors import CursorText, Key, cut, decode, instant_in, number_in, text_in, text_part
from api.keys import Scope, allowed
from api.limits import PageSize
from api.links import OriginLinks, origin_links
from api.periods import Period
from api.routes.registry import existing_meter
from api.schemas import Identifier, Page, Timestamp
from api.services import ServicesNeeded
from metering.calendar import ArchiveKind
from metering.conditions import ConditionName
from storage.conditions import SNAPSHOT, ConditionKey, StoredCondition

router = APIRouter(tags=["readings"], dependencies=[Depends(allowed(Scope.READINGS_READ))])

Kind = ArchiveKind | Literal["snapshot"]


class ConditionOut(BaseModel):
    """One condition of a meter, beside the values with which it was reported."""

    meter_id: int = Field(examples=[42])
    kind: Kind = Field(examples=[SNAPSHOT], description="snapshot, or the archive whose record said so.")
    at: Timestamp = Field(description="When the snapshot was read, or the start of the record's slot.")
    condition: ConditionName = Field(examples=[ConditionName.SENSOR_BREAK])
    circuit: int = Field(examples=[1], description="0: the meter as a whole.")
    place: str = Field(examples=["temperature_supply"], description="A pipe or a quantity, or empty.")
    code: str = Field(examples=[""], description="The maker's own name of what is unknown to us.")
    links: OriginLinks


@router.get("/meters/{meter_id}/conditions")
async def list_conditions(
    services: ServicesNeeded,
    meter_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ConditionOut]:
    """What a meter reported of its state within a period, oldest first."""
    await existing_meter(services, meter_id)
    after = _position(cursor)
    rows = await services.conditions.of_meter(
        meter_id, period.start, period.end, after=after, limit=limit + 1
    )
    found, next_cursor = cut(rows, limit, _sent_key, None)
    return Page(items=[_condition(one) for one in found], next_cursor=next_cursor)


def _sent_key(row: StoredCondition) -> Key:
    at, kind, circuit, *words = row.key
    return at, text_part(kind), circuit, *map(text_part, words)


def _position(cursor: str | None) -> ConditionKey | None:
    if cursor is None:
        return None
    at, kind, circuit, name, place, code = decode(cursor, 6)
    return instant_in(at), text_in(kind), number_in(circuit, 99), text_in(name), text_in(place), text_in(code)


def _condition(row: StoredCondition) -> ConditionOut:
    return ConditionOut(
        meter_id=row.meter_id,
        kind=row.kind or SNAPSHOT,
        at=row.at,
        condition=row.condition.name,
        circuit=row.condition.circuit,
        place=row.condition.place,
        code=row.condition.code,
        links=origin_links(row.meter_id, row.poll_id),
    )

"""Acts of metering points: registered, listed, annulled."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.acts import ActIn, ActOut, AnnulIn, act_out
from api.cursors import CursorText, after_id, decode_id
from api.errors import InvalidRequest, NotFound
from api.keys import AreaSeen, Scope, allowed, seen
from api.limits import PageSize
from api.schemas import Identifier, Page
from api.services import ServicesNeeded
from metering.acts import ActKind
from metering.errors import ConfigurationError
from storage.acts import Annulment, NewAct, StoredAct
from storage.keys import ApiKey, Place

router = APIRouter(tags=["acts"])
_reading = [Depends(allowed(Scope.ACTS_READ))]
_Engineer = Annotated[ApiKey, Depends(allowed(Scope.ACTS_WRITE))]


@router.post("/acts", status_code=201)
async def register_act(
    services: ServicesNeeded, key: _Engineer, area: AreaSeen, asked: ActIn, response: Response
) -> ActOut:
    """Registers an act; it is never changed, only annulled.

    409 when an admission is hindered and `in_spite_of` does not say why it is signed all the same, or when
    the number is taken.
    """
    await seen(services, area, Place.USAGE_POINT, asked.usage_point)
    desk, contents = services.act_desk, asked.contents.contents(asked.in_spite_of)
    try:
        point = await desk.point(asked.usage_point, asked.at)
        act = await desk.register(
            NewAct(
                kind=asked.kind,
                usage_point_id=asked.usage_point,
                meter_id=point.meter_id,
                at=asked.at,
                contents=contents,
                entered_by=key.name,
                entered_at=services.now(),
                number=asked.number.strip(),
                poll_id=asked.poll,
            )
        )
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    answer = act_out(act)
    response.headers["Location"] = answer.links.self
    return answer


@router.get("/acts", dependencies=_reading)
async def list_acts(
    services: ServicesNeeded,
    area: AreaSeen,
    usage_point: Annotated[Identifier | None, Query(description="Of this point alone.")] = None,
    kind: Annotated[ActKind | None, Query(description="Of this kind alone.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ActOut]:
    """Acts, the one registered last first; annulled ones too."""
    found = await services.acts.list(usage_point, kind, decode_id(cursor) or None, limit, area)
    items = [act_out(one) for one in found]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/acts/{act_id}", dependencies=_reading)
async def get_act(services: ServicesNeeded, act_id: Identifier) -> ActOut:
    """One act."""
    return act_out(_found(await services.acts.get(act_id), act_id))


@router.post("/acts/{act_id}/annul")
async def annul_act(services: ServicesNeeded, key: _Engineer, act_id: Identifier, asked: AnnulIn) -> ActOut:
    """Takes an act back: it counts no more, and stays in the list. One that was annulled before stays so."""
    annulment = Annulment(services.now(), key.name, asked.because)
    return act_out(_found(await services.acts.annul(act_id, annulment), act_id))


def _found(act: StoredAct | None, act_id: int) -> StoredAct:
    if act is None:
        raise NotFound(f"There is no act {act_id}.")
    return act

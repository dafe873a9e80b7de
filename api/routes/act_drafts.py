"""An act's form filled from one live poll, and the continuous-operation sheet that goes with an admission."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, WithJsonSchema

from api.acts import DraftIn, DraftOut, form_out
from api.errors import InvalidRequest, NotFound
from api.keys import AreaSeen, Scope, allowed, seen
from api.links import PREFIX
from api.operation_sheets import OperationSheetOut, sheet_out
from api.poll_requests import PollRequestOut, request_fields
from api.routes.poll_requests import put_first
from api.routes.registry import existing_usage_point
from api.schemas import Identifier, Instant
from api.services import Services, ServicesNeeded
from metering.acts import ActKind
from metering.continuous_operation import OperationLimits
from metering.errors import ConfigurationError
from metering.requests import PollRequest, RequestKind
from storage.keys import ApiKey, Place
from storage.live_polls import MeteredPoint
from storage.poll_requests import StoredRequest

router = APIRouter(tags=["acts"])
_reading = [Depends(allowed(Scope.ACTS_READ))]
_Engineer = Annotated[ApiKey, Depends(allowed(Scope.ACTS_WRITE))]
_Limit = Annotated[
    Decimal,
    Field(ge=0, le=100_000, max_digits=12),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,5}(\.\d{1,4})?$"}),
]
_Flow = Annotated[_Limit | None, Query(description="m³/h, of the flow sensors' passport.", examples=["0.6"])]


@router.post("/acts/draft", status_code=202)
async def ask_draft(
    services: ServicesNeeded, key: _Engineer, area: AreaSeen, asked: DraftIn, response: Response
) -> DraftOut:
    """Has the point's meter read now, before everything else on its line, to fill the form of an act.

    The answer's Location gives the form as soon as the meter was read. 409 when too many requests wait.
    """
    await seen(services, area, Place.USAGE_POINT, asked.usage_point)
    point = await _point(services, asked.usage_point)
    request = PollRequest(uuid4(), point.meter_id, RequestKind.NOW, key.name, services.now())
    try:
        stored = await services.poll_requests.ask(request)
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    await put_first(services, point.line_id)
    response.headers["Location"] = (
        f"{PREFIX}/acts/draft/{stored.id}?usage_point={asked.usage_point}&kind={asked.kind.value}"
    )
    return await _draft(services, asked.kind, point, stored)


@router.get("/acts/draft/{request_id}", dependencies=_reading)
async def get_draft(
    services: ServicesNeeded, area: AreaSeen, request_id: UUID, usage_point: Identifier, kind: ActKind
) -> DraftOut:
    """How far the request of a draft has come, and the filled form as soon as the meter was read.

    Why a poll failed is told in the request's `message`; where the meter said nothing, the form stays null.
    """
    await seen(services, area, Place.USAGE_POINT, usage_point)
    stored = await services.poll_requests.get(request_id)
    if stored is None:
        raise NotFound(f"There is no poll request {request_id}.")
    return await _draft(services, kind, await _point(services, usage_point), stored)


@router.get("/usage-points/{usage_point_id}/operation-sheet", dependencies=_reading)
async def get_operation_sheet(
    services: ServicesNeeded,
    usage_point_id: Identifier,
    admitted_at: Annotated[Instant, Query(description="The sheet ends with the whole hour before.")],
    smallest_flow: _Flow = None,
    largest_flow: _Flow = None,
) -> OperationSheetOut:
    """The continuous-operation sheet: 72 hours, with hot water 168, and a verdict on each requirement."""
    await existing_usage_point(services, usage_point_id)
    limits = OperationLimits(smallest_flow, largest_flow)
    try:
        point = await services.act_desk.point(usage_point_id, admitted_at)
    except ConfigurationError as error:
        raise NotFound(str(error)) from error
    return sheet_out(point, await services.act_desk.sheet(point, admitted_at, limits))


async def _point(services: Services, usage_point_id: int) -> MeteredPoint:
    try:
        return await services.act_desk.point(usage_point_id, services.now())
    except ConfigurationError as error:
        raise InvalidRequest(str(error)) from error


async def _draft(services: Services, kind: ActKind, point: MeteredPoint, stored: StoredRequest) -> DraftOut:
    if stored.request.meter_id != point.meter_id:
        raise InvalidRequest(f"Request {stored.id} asked another meter than that of the usage point.")
    poll_id = stored.poll_id
    draft = await services.act_desk.draft(kind, point, poll_id) if poll_id is not None else None
    return DraftOut(
        usage_point_id=point.usage_point_id,
        kind=kind,
        request=PollRequestOut(**request_fields(stored, services.now())),
        form=form_out(draft) if draft else None,
    )

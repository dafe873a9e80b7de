"""Meters that are to be read now, whether due or not: asked for, watched, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from api.cursors import CursorText, after_id, decode_uuid
from api.errors import Conflict, InvalidRequest, NotFound
from api.keys import Scope, allowed
from api.limits import PageSize
from api.links import request_link
from api.poll_requests import (
    LineRequested,
    PollRequestDetail,
    PollRequestIn,
    PollRequestOut,
    learned_out,
    request_fields,
)
from api.routes.registry import existing_line, existing_meter
from api.schemas import Identifier, Page
from api.services import Services, ServicesNeeded
from api.watchers import WatchersNeeded
from metering.errors import ConfigurationError, StorageError
from metering.requests import ENDED
from storage.jobs import OPERATORS_PRIORITY
from storage.keys import ApiKey
from storage.poll_requests import StoredRequest

MEDIA_TYPE: Final = "application/x-ndjson"
LONGEST: Final = 600.0
"""Seconds after which a stream ends, whether the request has ended or not: it is asked for again."""
LONGEST_SILENCE: Final = 15.0
"""Seconds without a change after which the state is told again: whoever listens knows that we live."""
PAUSE: Final = 1.0

_EXAMPLE: Final = '{"state": "running", "steps": {"done": 24, "wanted": 72}, "message": ""}\n'

router = APIRouter(tags=["poll requests"])
_reading = [Depends(allowed(Scope.POLLS_READ))]
_Operator = Annotated[ApiKey, Depends(allowed(Scope.POLLS_WRITE))]


@router.post("/meters/{meter_id}/poll-requests", status_code=202)
async def request_meter(
    services: ServicesNeeded, key: _Operator, meter_id: Identifier, asked: PollRequestIn, response: Response
) -> PollRequestOut:
    """Asks for a meter to be read now, before everything else on its line; its battery budget still counts.

    Whoever asks for what is waiting already gets the request that waits. 409 when too many wait.
    """
    meter = await existing_meter(services, meter_id)
    try:
        stored = await services.poll_requests.ask(asked.request(meter.id, key.name, services.now()))
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    await put_first(services, meter.line_id)
    response.headers["Location"] = request_link(stored.id)
    return _out(services, stored)


@router.post("/lines/{line_id}/poll-requests", status_code=202)
async def request_line(services: ServicesNeeded, key: _Operator, line_id: Identifier) -> LineRequested:
    """Asks for every polled meter of the line to be read now: one request each. 409 when there is none."""
    line = await existing_line(services, line_id)
    asked = await services.poll_requests.ask_line(line.id, key.name, services.now())
    if not asked:
        raise Conflict(f"Line {line.id} has no meter that is polled.")
    await put_first(services, line.id)
    return LineRequested(line_id=line.id, items=[_out(services, one) for one in asked])


@router.get("/meters/{meter_id}/poll-requests", dependencies=_reading)
async def list_requests(
    services: ServicesNeeded, meter_id: Identifier, cursor: CursorText = None, limit: PageSize = 100
) -> Page[PollRequestOut]:
    """What was asked of a meter, newest first."""
    await existing_meter(services, meter_id)
    found = await services.poll_requests.list(meter_id, decode_uuid(cursor), limit)
    items = [_out(services, one) for one in found]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/poll-requests/{request_id}", dependencies=_reading)
async def get_request(services: ServicesNeeded, request_id: UUID) -> PollRequestDetail:
    """How far a request has come, and what was learned."""
    return await _detail(services, await _existing(services, request_id))


@router.get(
    "/poll-requests/{request_id}/events",
    dependencies=_reading,
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
            "description": "One JSON object a line, each like that of the request.",
        }
    },
)
async def watch_request(
    services: ServicesNeeded, watchers: WatchersNeeded, request_id: UUID
) -> StreamingResponse:
    """The request as one JSON object a line, at each change, until it has ended, for ten minutes at most.

    A line without a change every fifteen seconds says that the stream lives. 429 while too many are open.
    """
    first = await _existing(services, request_id)
    return StreamingResponse(watchers.counted(_told(services, first)), media_type=MEDIA_TYPE)


@router.post("/poll-requests/{request_id}/cancel")
async def cancel_request(services: ServicesNeeded, key: _Operator, request_id: UUID) -> PollRequestOut:
    """Ends it; a poll that is under way breaks off and keeps what it has read. What has ended stays so."""
    stored = await services.poll_requests.cancel(request_id, key.name, services.now())
    return _out(services, _found(stored, request_id))


async def put_first(services: Services, line_id: int) -> None:
    """Has the line served before others: somebody waits."""
    line = await services.registry.line(line_id)
    await services.jobs.request_line(line_id, line.queue if line else None, OPERATORS_PRIORITY)


async def _existing(services: Services, request_id: UUID) -> StoredRequest:
    return _found(await services.poll_requests.get(request_id), request_id)


def _found(stored: StoredRequest | None, request_id: UUID) -> StoredRequest:
    if stored is None:
        raise NotFound(f"There is no poll request {request_id}.")
    return stored


def _out(services: Services, stored: StoredRequest) -> PollRequestOut:
    return PollRequestOut(**request_fields(stored, services.now()))


async def _detail(services: Services, stored: StoredRequest) -> PollRequestDetail:
    learned = await services.poll_requests.learned(stored.poll_id) if stored.poll_id else None
    return PollRequestDetail(**request_fields(stored, services.now()), result=learned_out(stored, learned))


async def _told(services: Services, first: StoredRequest) -> AsyncIterator[str]:
    """What cannot be asked any more ends the stream: whoever listens sees that the request has not ended."""
    loop, told, stored = asyncio.get_running_loop(), first, first
    began = told_at = loop.time()
    try:
        yield await _line(services, first)
        while stored.state not in ENDED and loop.time() - began < LONGEST:
            await asyncio.sleep(PAUSE)
            stored = await _existing(services, first.id)
            if stored != told or loop.time() - told_at >= LONGEST_SILENCE:
                told, told_at = stored, loop.time()
                yield await _line(services, stored)
    except StorageError:
        return


async def _line(services: Services, stored: StoredRequest) -> str:
    return (await _detail(services, stored)).model_dump_json(by_alias=True) + "\n"

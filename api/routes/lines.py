"""Every line with its state: whether it is up, who serves it, what it cost this month."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from api.cursors import CursorText, after_id, decode_id
from api.keys import Scope, allowed
from api.limits import PageSize
from api.links import line_link
from api.outlooks import Foretell, Outlook
from api.schemas import Amount, Page, Timestamp, duration
from api.services import ServicesNeeded
from api.traffic import volume
from metering.polls import Outcome
from storage.line_states import JobState, LineCondition, LineState

router = APIRouter(tags=["lines"], dependencies=[Depends(allowed(Scope.POLLS_READ))])


class LineStateOut(BaseModel):
    """A line as it is now; costs are of this UTC month, `sim_used` of the month of its modem's SIM."""

    id: int = Field(examples=[5])
    url: str = Field(examples=["tcp://10.0.0.5:4001"])
    state: LineCondition = Field(examples=[LineCondition.UP])
    rests_until: Timestamp | None = Field(description="It is down and left alone until then.")
    outcome: Outcome | None = Field(examples=[Outcome.OK], description="Of the newest poll.")
    last_poll_at: Timestamp | None
    last_read_at: Timestamp | None
    next_due_at: Timestamp | None = Field(description="When its next meter is due; null: not known.")
    meters: int = Field(examples=[12], description="That are polled.")
    silent: int = Field(examples=[1], description="Of these, how many are only probed.")
    collector: str | None = Field(examples=[None], description="The only collector that can open it.")
    pool: str | None = Field(examples=[None])
    home: str | None = Field(examples=["almaty-1"], description="Who serves it while the database is away.")
    visited_by: str | None = Field(examples=[None], description="Who served it when the database came back.")
    visited_since: Timestamp | None = Field(examples=[None])
    job: JobState = Field(examples=[JobState.NONE], description="What the queue holds for it.")
    waiting_requests: int = Field(examples=[0])
    air_time: Amount = Field(examples=[{"value": "1840.5", "unit": "s"}])
    sent: Amount = Field(examples=[{"value": "10240", "unit": "B"}])
    received: Amount = Field(examples=[{"value": "51200", "unit": "B"}])
    sim_used: Amount = Field(examples=[{"value": "61440", "unit": "B"}])
    sim_allowance: Amount | None = Field(examples=[{"value": "1048576", "unit": "B"}])
    link: str = Field(examples=["/api/v1/lines/5"])


def _foretell(request: Request) -> Foretell:
    foretell: Foretell = request.app.state.foretell
    return foretell


@router.get("/lines")
async def list_lines(
    services: ServicesNeeded,
    foretell: Annotated[Foretell, Depends(_foretell)],
    state: Annotated[LineCondition | None, Query(description="Only lines in this state.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[LineStateOut]:
    """Lines by id."""
    now = services.now()
    states = await services.line_states.list(now, condition=state, after=decode_id(cursor), limit=limit)
    wanted = [one.id for one in states]
    outlines = await services.books.outlines_of(wanted, services.base_plan, now)
    items = [_out(one, foretell(one.id, outlines.get(one.id, ()))) for one in states]
    return Page(items=items, next_cursor=after_id(items, limit))


def _out(line: LineState, ahead: Outlook) -> LineStateOut:
    return LineStateOut(
        id=line.id,
        url=line.url,
        state=line.condition,
        rests_until=ahead.rests_until,
        outcome=line.outcome,
        last_poll_at=line.last_poll_at,
        last_read_at=line.read_at,
        next_due_at=ahead.due_at,
        meters=line.meters,
        silent=line.silent,
        collector=line.collector,
        pool=line.pool,
        home=line.home,
        visited_by=line.visited_by,
        visited_since=line.visited_since,
        job=line.job,
        waiting_requests=line.waiting_requests,
        air_time=duration(line.air_time),
        sent=volume(line.sent),
        received=volume(line.received),
        sim_used=volume(line.carried),
        sim_allowance=volume(line.allowance) if line.allowance is not None else None,
        link=line_link(line.id),
    )

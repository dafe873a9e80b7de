"""How meters were polled, down to the bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, after_id, decode_id, decode_uuid, encode
from api.errors import NotFound
from api.keys import Scope, allowed
from api.limits import PageSize
from api.links import frames_link, meter_link
from api.schemas import Identifier, Instant, Page, Timestamp
from api.services import Services, ServicesNeeded
from metering.polls import Direction, Finding, Frame, HoldReason, Outcome
from storage.polls import StoredPoll

router = APIRouter(tags=["polls"])
_reading = [Depends(allowed(Scope.POLLS_READ))]


class IdentityOut(BaseModel):
    """What the meter said about itself."""

    serial: str = Field(examples=["06855817"])
    maker: str = Field(examples=["KAM"])
    model: str = Field(examples=["kamstrup-multical-403"])
    version: str = Field(examples=["8"])
    medium: str = Field(examples=["heat"])
    firmware: str = Field(examples=[""])


class PollLinks(BaseModel):
    """Where to go on from a poll."""

    meter: str = Field(examples=["/api/v1/meters/42"])
    frames: str = Field(examples=["/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8057/frames"])


class PollOut(BaseModel):
    """One conversation with a meter. `clock_difference_seconds` is the meter's clock minus ours."""

    id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    meter_id: int = Field(examples=[42])
    collector: str = Field(examples=["almaty-1"])
    started_at: Timestamp
    finished_at: Timestamp
    outcome: Outcome = Field(examples=[Outcome.OK])
    message: str = Field(examples=[""])
    identity: IdentityOut | None
    settings: dict[str, str] | None = Field(examples=[{"energy_unit": "kWh"}])
    clock_difference_seconds: float | None = Field(examples=[-3.0])
    findings: list[Finding] = Field(
        examples=[[Finding.ECHO]], description="What was noticed about the line, each in one word."
    )
    request_id: UUID | None = Field(examples=[None], description="The poll request that it answered.")
    held: HoldReason | None = Field(examples=[None], description="Why what it brought waits in quarantine.")
    links: PollLinks


class FrameOut(BaseModel):
    """Bytes as they went over the line; `number` counts from 1 within the poll."""

    number: int = Field(examples=[1])
    at: Timestamp
    direction: Direction = Field(examples=[Direction.SENT])
    hex: str = Field(examples=["10 40 4A 8A 16"])


@router.get("/polls", dependencies=_reading)
async def list_polls(
    services: ServicesNeeded,
    meter_id: Annotated[Identifier | None, Query(description="Of this meter alone.")] = None,
    line_id: Annotated[Identifier | None, Query(description="Of meters on this line.")] = None,
    outcome: Annotated[Outcome | None, Query(description="That ended so.")] = None,
    since: Annotated[Instant | None, Query(description="Started at this time or later.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[PollOut]:
    """Polls, newest first."""
    after = decode_uuid(cursor)
    polls = await services.polls.list(meter_id, since, after, limit, line_id=line_id, outcome=outcome)
    items = [_poll(poll) for poll in polls]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/polls/{poll_id}", dependencies=_reading)
async def get_poll(services: ServicesNeeded, poll_id: UUID) -> PollOut:
    """One poll."""
    return _poll(await _existing_poll(services, poll_id))


@router.get("/polls/{poll_id}/frames", dependencies=_reading)
async def list_frames(
    services: ServicesNeeded, poll_id: UUID, cursor: CursorText = None, limit: PageSize = 100
) -> Page[FrameOut]:
    """The raw frames of a poll, in the order in which they went over the line."""
    await _existing_poll(services, poll_id)
    after = decode_id(cursor)
    frames = [frame for frame in await services.polls.frames(poll_id) if frame.number > after][:limit]
    next_cursor = encode(frames[-1].number) if len(frames) == limit else None
    return Page(items=[_frame(frame) for frame in frames], next_cursor=next_cursor)


async def _existing_poll(services: Services, poll_id: UUID) -> StoredPoll:
    poll = await services.polls.poll(poll_id)
    if poll is None:
        raise NotFound(f"There is no poll {poll_id}.")
    return poll


def _poll(poll: StoredPoll) -> PollOut:
    difference = poll.clock_difference
    return PollOut(
        id=poll.id,
        meter_id=poll.meter_id,
        collector=poll.collector,
        started_at=poll.started_at,
        finished_at=poll.finished_at,
        outcome=poll.outcome,
        message=poll.message,
        identity=IdentityOut(**asdict(poll.identity)) if poll.identity else None,
        settings=dict(poll.configuration.settings) if poll.configuration else None,
        clock_difference_seconds=None if difference is None else difference.total_seconds(),
        findings=sorted(poll.findings),
        request_id=poll.request_id,
        held=poll.held,
        links=PollLinks(meter=meter_link(poll.meter_id), frames=frames_link(poll.id)),
    )


def _frame(frame: Frame) -> FrameOut:
    return FrameOut(
        number=frame.number, at=frame.at, direction=frame.direction, hex=frame.data.hex(" ").upper()
    )

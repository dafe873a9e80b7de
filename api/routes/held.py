"""Quarantine of readings: polls that wait for an engineer, and the decision on them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.cursors import CursorText, cut, decode, encode, instant_in, number_in, uuid_in
from api.errors import NotFound
from api.held import DecisionIn, DecisionOut, HeldDetail, HeldOut, archive_values, detail, held_out
from api.keys import Scope, allowed
from api.limits import PageSize
from api.links import meter_link
from api.routes.registry import existing_meter
from api.schemas import Identifier, Page
from api.services import Services, ServicesNeeded
from api.values import ReadingOut
from metering.polls import PollReport
from storage.decisions import Act
from storage.held import HeldKey, HeldPoll, HeldState
from storage.keys import ApiKey

router = APIRouter(tags=["held polls"])
_reading = [Depends(allowed(Scope.POLLS_READ))]
DecidingKey = Annotated[ApiKey, Depends(allowed(Scope.POLLS_DECIDE))]


@router.get("/held-polls", dependencies=_reading)
async def list_held_polls(
    services: ServicesNeeded,
    state: Annotated[HeldState | None, Query(description="In this state alone.")] = None,
    meter_id: Annotated[Identifier | None, Query(description="Of this meter alone.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[HeldOut]:
    """Polls whose readings were kept apart, newest first."""
    found = await services.held.list(state, meter_id, _position(cursor), limit)
    next_cursor = encode(*found[-1].key) if len(found) == limit else None
    return Page(items=[held_out(one) for one in found], next_cursor=next_cursor)


@router.get("/held-polls/{poll_id}", dependencies=_reading)
async def get_held_poll(services: ServicesNeeded, poll_id: UUID) -> HeldDetail:
    """One held poll with its current values and how many archive records it brought."""
    return detail(*await _existing(services, poll_id))


@router.get("/held-polls/{poll_id}/readings", dependencies=_reading)
async def list_held_readings(
    services: ServicesNeeded, poll_id: UUID, cursor: CursorText = None, limit: PageSize = 100
) -> Page[ReadingOut]:
    """The archive values that a held poll brought, in the order in which the meter sent them."""
    _, report = await _existing(services, poll_id)
    after = (number_in(decode(cursor, 1)[0]),) if cursor is not None else None
    numbered = enumerate(archive_values(report))
    found, next_cursor = cut(numbered, limit, lambda one: (one[0],), after)
    return Page(items=[value for _, value in found], next_cursor=next_cursor)


@router.post("/meters/{meter_id}/held-polls/decision")
async def decide_on_held_polls(
    services: ServicesNeeded, meter_id: Identifier, asked: DecisionIn, key: DecidingKey
) -> DecisionOut:
    """Accepts or rejects, in one act, what the meter's polls brought that wait for one reason.

    Accepted, it is stored as if it had never been held; a new meter is put in the registered one's place.
    Rejected, it stays on record and is never stored. 409 when nothing waits: somebody was faster.
    """
    await existing_meter(services, meter_id)
    act = Act(meter_id, asked.reason, key.name, services.now(), asked.note, tuple(asked.polls))
    decisions = services.decisions
    accepting = asked.decision == "accept"
    decided = await (decisions.accept(act) if accepting else decisions.reject(act))
    return DecisionOut(
        state=HeldState.ACCEPTED if accepting else HeldState.REJECTED,
        meter_id=decided.meter_id,
        polls=list(decided.polls),
        meter=meter_link(decided.meter_id),
    )


async def _existing(services: Services, poll_id: UUID) -> tuple[HeldPoll, PollReport]:
    found = await services.held.get(poll_id)
    if found is None:
        raise NotFound(f"No readings of a poll {poll_id} were ever held.")
    return found


def _position(cursor: str | None) -> HeldKey | None:
    if cursor is None:
        return None
    held_at, poll_id = decode(cursor, 2)
    return instant_in(held_at), uuid_in(poll_id)

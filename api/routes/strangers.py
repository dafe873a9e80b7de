"""Devices that connect to us and are not registered: listed so that somebody registers them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, decode, encode, instant_in, text_in, text_part
from api.keys import Scope, allowed
from api.limits import PageSize
from api.schemas import LineText, Page, Timestamp, rfc_3339
from api.services import ServicesNeeded
from storage.quarantine import Stranger, StrangerKey

router = APIRouter(tags=["modems"])


class StrangerOut(BaseModel):
    """A device that is not registered; `sentence` tells the other fields."""

    identity: str = Field(examples=["356938035643809"])
    kind: str = Field(examples=["imei"], description="By what kind of hello it says who it is.")
    address: str = Field(examples=["10.20.1.7"], description="From where it last came.")
    first_at: Timestamp
    last_at: Timestamp
    times: int = Field(examples=[12])
    hello: str = Field(examples=["33 35 36 39"], description="What it said first the last time, cut short.")
    listener: str = Field(examples=["0.0.0.0:5000"], description="Where it connected.")
    collector: str = Field(examples=["almaty-1"])
    sentence: str = Field(
        examples=["Seen 12 times since 2026-01-31T10:02:00Z from 10.20.1.7, says imei 356938035643809."]
    )


@router.get("/strangers", dependencies=[Depends(allowed(Scope.MODEMS_READ))])
async def list_strangers(
    services: ServicesNeeded, cursor: CursorText = None, limit: PageSize = 100
) -> Page[StrangerOut]:
    """Devices in quarantine, those that came last first."""
    strangers = await services.quarantine.list(_position(cursor), limit)
    return Page(items=[_stranger(one) for one in strangers], next_cursor=_cursor(strangers, limit))


@router.delete("/strangers", status_code=204, dependencies=[Depends(allowed(Scope.MODEMS_WRITE))])
async def forget_stranger(
    services: ServicesNeeded, identity: Annotated[LineText, Query(min_length=1)]
) -> None:
    """Takes a device off the list, if it is there; one that connects again unregistered comes back."""
    await services.quarantine.forget(identity)


def _stranger(one: Stranger) -> StrangerOut:
    times = "once on" if one.times == 1 else f"{one.times} times since"
    return StrangerOut(
        identity=one.identity,
        kind=one.kind,
        address=one.address,
        first_at=one.first_at,
        last_at=one.last_at,
        times=one.times,
        hello=one.hello.hex(" ").upper(),
        listener=one.listener,
        collector=one.collector,
        sentence=f"Seen {times} {rfc_3339(one.first_at)} from {one.address}, {_says(one)}.",
    )


def _says(one: Stranger) -> str:
    return f"says {one.kind} {one.identity}" if one.kind else "says nothing we know"


def _position(cursor: str | None) -> StrangerKey | None:
    if cursor is None:
        return None
    last_at, identity = decode(cursor, 2)
    return instant_in(last_at), text_in(identity)


def _cursor(strangers: list[Stranger], limit: int) -> str | None:
    if len(strangers) < limit:
        return None
    return encode(strangers[-1].last_at, text_part(strangers[-1].identity))

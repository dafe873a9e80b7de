"""What a modem went through: its signal levels, its calls, the bytes of each day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.cursors import CursorText, after_id, cut, decode, decode_uuid, encode, instant_in
from api.keys import Scope, allowed
from api.levels import LevelOut, dbm_field, level_out
from api.limits import PageSize
from api.periods import Period
from api.routes.modems import existing_modem
from api.schemas import Amount, Identifier, Page, Timestamp, amount, duration
from api.services import ServicesNeeded
from api.traffic import DayTrafficOut, TrafficOut, day_out, volume
from metering.calls import CallResult, HungUpBy
from storage.calls import StoredCall
from storage.traffic import DayTraffic

router = APIRouter(tags=["modems"], dependencies=[Depends(allowed(Scope.MODEMS_READ))])


class CallOut(TrafficOut):
    """One attempt to call. `modem_id` is our modem, `line_id` the line that had this number."""

    id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    modem_id: int = Field(examples=[7])
    line_id: int | None = Field(examples=[5])
    number: str = Field(examples=["+77015550001"])
    collector: str = Field(examples=["almaty-1"])
    started_at: Timestamp
    connected_at: Timestamp | None = Field(description="Null when it was not put through.")
    ended_at: Timestamp
    duration: Amount | None = Field(
        examples=[{"value": "42.5", "unit": "s"}], description="While connected; null when it never was."
    )
    result: CallResult = Field(examples=[CallResult.CONNECTED])
    hung_up_by: HungUpBy | None = Field(examples=[HungUpBy.US])
    cause: str = Field(examples=[""], description="The network's or the modem's own words.")
    level: Amount | None = dbm_field("-85", "Our modem's, just before; null when it did not say.")
    raw: str = Field(examples=["CSQ 14,99"], description="The modem's own words.")


@router.get("/modems/{modem_id}/signal")
async def list_levels(
    services: ServicesNeeded,
    modem_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[LevelOut]:
    """A modem's signal levels, oldest first."""
    await existing_modem(services, modem_id)
    after = None if cursor is None else instant_in(decode(cursor, 1)[0])
    levels = await services.signals.series(modem_id, period.start, period.end, after, limit)
    next_cursor = encode(levels[-1].at) if len(levels) == limit else None
    return Page(items=[level_out(level) for level in levels], next_cursor=next_cursor)


@router.get("/modems/{modem_id}/calls")
async def list_calls(
    services: ServicesNeeded, modem_id: Identifier, cursor: CursorText = None, limit: PageSize = 100
) -> Page[CallOut]:
    """The calls that one of our modems made, or by which a meter's was called, newest first."""
    await existing_modem(services, modem_id)
    calls = await services.calls.list(modem_id=modem_id, after=decode_uuid(cursor), limit=limit)
    items = [_call(call) for call in calls]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/modems/{modem_id}/traffic")
async def list_traffic(
    services: ServicesNeeded,
    modem_id: Identifier,
    period: Period,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[DayTrafficOut]:
    """The bytes of each UTC day that the period touches and on which there were any, oldest first."""
    await existing_modem(services, modem_id)
    after = None if cursor is None else (instant_in(decode(cursor, 1)[0]),)
    until = (period.end - timedelta.resolution).date() + timedelta(days=1)
    days = await services.modems.traffic(modem_id, period.start.date(), until)
    found, next_cursor = cut(days, limit, _begin, after)
    return Page(items=[day_out(day) for day in found], next_cursor=next_cursor)


def _begin(traffic: DayTraffic) -> tuple[datetime]:
    return (datetime.combine(traffic.day, time.min, UTC),)


def _call(stored: StoredCall) -> CallOut:
    call = stored.call
    connected = None if call.connected_at is None else call.ended_at - call.connected_at
    return CallOut(
        id=call.id,
        modem_id=call.modem_id,
        line_id=stored.line_id,
        number=call.number,
        collector=call.collector,
        started_at=call.started_at,
        connected_at=call.connected_at,
        ended_at=call.ended_at,
        duration=None if connected is None else duration(connected),
        result=call.result,
        hung_up_by=call.hung_up_by,
        cause=call.cause,
        level=amount(call.signal.level if call.signal else None, "dBm"),
        raw=call.signal.raw if call.signal else "",
        sent=volume(call.sent),
        received=volume(call.received),
    )

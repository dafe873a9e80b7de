"""Modems, ours and those at the meters: where each is, how it hears its network, what it carries."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from api.cursors import CursorText, after_id, decode_id
from api.errors import NotFound
from api.keys import Scope, allowed
from api.levels import level_out
from api.limits import PageSize
from api.links import line_link, modem_link
from api.modems import FailedOut, ModemDetail, ModemLinks, ModemOut, TrendOut
from api.schemas import Identifier, LineText, Page, amount, percent
from api.services import Services, ServicesNeeded
from api.traffic import DayTrafficOut, MonthTrafficOut, day_out, month_out
from metering.signals import SignalLevel
from storage.modem_rows import Modem, ModemKind, ModemState
from storage.signals import Share, SpanTrend
from storage.traffic import DayTraffic

SAME_LEVEL: Final = Decimal(3)
"""Attempts made within so many dB of the present level tell how they go at this level."""

router = APIRouter(tags=["modems"], dependencies=[Depends(allowed(Scope.MODEMS_READ))])


@router.get("/modems")
async def list_modems(
    services: ServicesNeeded,
    kind: Annotated[ModemKind | None, Query(description="Ours, or those at the meters.")] = None,
    search: Annotated[
        LineText, Query(description="Part of an identity, a number, an address or a site, in any case.")
    ] = "",
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ModemOut]:
    """Modems by id, each with what it last said of its signal."""
    modems = await services.modems.list(decode_id(cursor), limit, kind, search)
    levels = await services.signals.latest_of([modem.id for modem in modems])
    now = services.now()
    items = [_modem(modem, levels.get(modem.id), now) for modem in modems]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/modems/{modem_id}")
async def get_modem(services: ServicesNeeded, modem_id: Identifier) -> ModemDetail:
    """One modem: its trend, how attempts go at its present level, its traffic."""
    modem = await existing_modem(services, modem_id)
    now = services.now()
    current = await services.signals.latest(modem_id)
    trend = await services.signals.trend(modem_id, now)
    today, month = await _traffic(services, modem_id, now)
    return ModemDetail(
        **_modem(modem, current, now).model_dump(),
        resting_until=await _resting_until(services, modem),
        last_24_hours=_trend(trend.day),
        last_30_days=_trend(trend.month),
        failed_at_this_level=await _failed(services, modem_id, current),
        traffic_today=today,
        traffic_this_month=month,
        links=_links(modem),
    )


async def existing_modem(services: Services, modem_id: int) -> Modem:
    """The modem; NotFound when there is none."""
    modem = await services.modems.modem(modem_id)
    if modem is None:
        raise NotFound(f"There is no modem {modem_id}.")
    return modem


async def _resting_until(services: Services, modem: Modem) -> datetime | None:
    if modem.state is not ModemState.RESTING or modem.pool is None:
        return None
    resting = {one.url: one.rest_until for one in await services.modems.resting(modem.pool)}
    return resting.get(modem.identity)


async def _failed(services: Services, modem_id: int, current: SignalLevel | None) -> FailedOut | None:
    if current is None or current.report.level is None:
        return None
    share: Share = await services.signals.failed_share(modem_id, current.report.level, SAME_LEVEL)
    return FailedOut(
        attempts=share.attempts, failed=share.failed, share=percent(share.failed, share.attempts)
    )


async def _traffic(services: Services, modem_id: int, now: datetime) -> tuple[DayTrafficOut, MonthTrafficOut]:
    today = now.date()
    days = await services.modems.traffic(modem_id, today, today + timedelta(days=1))
    month = await services.modems.month_traffic(modem_id, today)
    if month is None:
        raise NotFound(f"There is no modem {modem_id} any more.")
    return day_out(days[0] if days else DayTraffic(today, 0, 0)), month_out(month)


def _modem(modem: Modem, current: SignalLevel | None, now: datetime) -> ModemOut:
    connected = modem.state is ModemState.CONNECTED
    return ModemOut(
        id=modem.id,
        kind=modem.kind,
        state=modem.state,
        identity=modem.identity,
        held_by=modem.held_by if connected else None,
        held_since=modem.held_since if connected else None,
        failures=modem.failures,
        fault=modem.fault,
        pool=modem.pool,
        line_id=modem.line_id,
        site=modem.site,
        phone=modem.phone,
        imei=modem.imei,
        iccid=modem.iccid,
        operator=modem.operator,
        maker=modem.maker,
        model=modem.model,
        firmware=modem.firmware,
        address=modem.address,
        last_contact_at=modem.last_contact_at,
        last_contact_age_seconds=_age(modem.last_contact_at, now),
        current=level_out(current) if current else None,
        current_age_seconds=_age(current.at if current else None, now),
        link=modem_link(modem.id),
    )


def _trend(span: SpanTrend) -> TrendOut:
    return TrendOut(mean=amount(span.mean, "dBm"), change=amount(span.change, "dB"), samples=span.samples)


def _links(modem: Modem) -> ModemLinks:
    own = modem_link(modem.id)
    return ModemLinks(
        line=line_link(modem.line_id) if modem.line_id is not None else None,
        signal=f"{own}/signal",
        calls=f"{own}/calls",
        traffic=f"{own}/traffic",
    )


def _age(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else int((now - at).total_seconds())

"""Modems that somebody should look at: falling signal, silence, SIMs over their plan; the worst first."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, decode_id, encode
from api.keys import Scope, allowed
from api.levels import db_field, dbm_field
from api.limits import PageSize
from api.links import modem_link
from api.schemas import Amount, Instant, Page, Timestamp, amount, known, rfc_3339
from api.services import Services, ServicesNeeded
from api.traffic import MonthTrafficOut, month_out
from storage.modem_reports import FallingModem, OverPlanModem, ReportedModem, SilentModem
from storage.modem_rows import ModemKind

SILENT_FOR: Final = timedelta(hours=24)
DROP: Final = "6"

router = APIRouter(tags=["modems"], dependencies=[Depends(allowed(Scope.MODEMS_READ))])


class ReportKind(StrEnum):
    """Why a modem is on the list."""

    FALLING = "falling"
    SILENT = "silent"
    OVER_PLAN = "over_plan"


class FallingOut(BaseModel):
    """Mean levels to a tenth, of the last 24 hours and of the 30 days before them."""

    before: Amount = dbm_field("-71.3")
    level: Amount = dbm_field("-80.4")
    drop: Amount = db_field("9.1")
    samples: int = Field(examples=[24])
    samples_before: int = Field(examples=[720])


class SilentOut(BaseModel):
    """When something was last heard, and the last level that the modem had."""

    last_contact_at: Timestamp | None = Field(description="Null: never.")
    level: Amount | None = dbm_field("-97", "Null: it never told one.")
    level_at: Timestamp | None


class ReportedModemOut(BaseModel):
    """A modem with the figures that put it here: those of the report's kind, the others are null."""

    id: int = Field(examples=[7])
    kind: ModemKind = Field(examples=[ModemKind.REMOTE])
    identity: str = Field(examples=["356938035643809"])
    site: str = Field(examples=["Abai 12, cellar"])
    phone: str = Field(examples=["+77015550001"])
    iccid: str = Field(examples=["8999701560000000001"])
    line_id: int | None = Field(examples=[5])
    falling: FallingOut | None = None
    silent: SilentOut | None = None
    over_plan: MonthTrafficOut | None = None
    sentence: str = Field(examples=["Fell by 9.1 dB to -80.4 dBm."])
    link: str = Field(examples=["/api/v1/modems/7"])


@router.get("/reports/modems")
async def report_modems(
    services: ServicesNeeded,
    kind: Annotated[ReportKind, Query(description="Which modems.")],
    drop: Annotated[
        str, Query(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?$", description="Falling: by so many dB or more.")
    ] = DROP,
    since: Annotated[
        Instant | None, Query(description="Silent: nothing heard since; without it, for 24 hours.")
    ] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ReportedModemOut]:
    """Modems with falling signal, silent ones, or those whose SIM carried more than its plan allows."""
    items = await _report(services, kind, Decimal(drop), since)
    begin = decode_id(cursor)
    end = begin + limit
    return Page(items=items[begin:end], next_cursor=encode(end) if end < len(items) else None)


async def _report(
    services: Services, kind: ReportKind, drop: Decimal, since: datetime | None
) -> list[ReportedModemOut]:
    now = services.now()
    reports = services.modem_reports
    if kind is ReportKind.FALLING:
        return [_falling(one) for one in await reports.falling(now, drop)]
    if kind is ReportKind.SILENT:
        return [_silent(one) for one in await reports.silent(since or now - SILENT_FOR)]
    return [_over_plan(one) for one in await reports.over_plan(now.date())]


def _falling(one: FallingModem) -> ReportedModemOut:
    figures = FallingOut(
        before=known(one.before, "dBm"),
        level=known(one.level, "dBm"),
        drop=known(one.drop, "dB"),
        samples=one.samples,
        samples_before=one.samples_before,
    )
    sentence = (
        f"Fell by {figures.drop.value} dB: {figures.before.value} dBm over the 30 days before "
        f"({one.samples_before} samples), {figures.level.value} dBm over the last 24 hours ({one.samples})."
    )
    return ReportedModemOut(**_modem(one.modem), falling=figures, sentence=sentence)


def _silent(one: SilentModem) -> ReportedModemOut:
    figures = SilentOut(
        last_contact_at=one.last_contact_at, level=amount(one.level, "dBm"), level_at=one.level_at
    )
    heard = "Never heard" if one.last_contact_at is None else f"Silent since {rfc_3339(one.last_contact_at)}"
    level = f"its last level was {figures.level.value} dBm" if figures.level else "it never told a level"
    return ReportedModemOut(**_modem(one.modem), silent=figures, sentence=f"{heard}; {level}.")


def _over_plan(one: OverPlanModem) -> ReportedModemOut:
    figures = month_out(one.month)
    carried = one.month.sent + one.month.received
    sentence = f"Carried {carried} B since {one.month.start}; its SIM's plan allows {one.month.allowance} B."
    return ReportedModemOut(**_modem(one.modem), over_plan=figures, sentence=sentence)


def _modem(modem: ReportedModem) -> dict[str, Any]:
    return {**asdict(modem), "link": modem_link(modem.id)}

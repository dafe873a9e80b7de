"""Consumption of all usage points of a period or month as one CSV file, streamed."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.access import Caller
from api.consumption import billed, plus, points_at_once
from api.file_answers import text_answer
from api.keys import AreaSeen, BillingCaller
from api.periods import Billed
from api.routes.consumption import QuantityAsked
from api.services import Services, ServicesNeeded
from metering.billing_lines import BillingLine
from metering.billing_scope import BillingScope
from metering.calendar import BillingPeriod
from metering.exact import decimal_text
from metering.levels import BoundaryLevel

MEDIA_TYPE: Final = "text/csv"
_CHUNK: Final = 250

COLUMNS: Final = (
    *("usage_point_id", "usage_point_code", "usage_point_name", "contract", "account", "from", "to"),
    *("quantity", "status", "billable", "consumption", "measured", "estimated", "unit", "uncertainty"),
    *("completeness", "factor_set", "opening_step", "opening_level", "closing_step", "closing_level"),
    "reasons",
)
_EXAMPLE: Final = (
    ",".join(COLUMNS) + '\r\n17,UP-0017,"School 12, boiler room",7-112,001234,2025-12-31T19:00:00Z,'
    "2026-01-31T19:00:00Z,energy_heating,measured,yes,12.345,12.345,0,Gcal,0,1,exact,register,100,register,"
    "112.345,\r\n"
)

router = APIRouter(tags=["consumption"])


@router.get(
    "/consumption.csv",
    response_class=StreamingResponse,
    responses=text_answer(MEDIA_TYPE, _EXAMPLE),
)
async def export_consumption(
    services: ServicesNeeded,
    caller: BillingCaller,
    area: AreaSeen,
    billed_for: Billed,
    quantity: QuantityAsked = None,
) -> StreamingResponse:
    """What every usage point consumed: UTF-8, a header row, the figures of the JSON answer.

    An empty cell is an absent value; `reasons` says why.
    """
    chunks = _chunks(services, BillingScope(area), billed_for, quantity)
    # Before the answer begins, an error is still a problem document.
    first: list[BillingLine] = await anext(chunks, [])
    return StreamingResponse(
        _rows(caller, first, chunks),
        media_type=f"{MEDIA_TYPE}; charset=utf-8; header=present",
        headers={"Content-Disposition": 'attachment; filename="consumption.csv"'},
    )


async def _chunks(
    services: Services, scope: BillingScope, billed_for: date | BillingPeriod, quantity: str | None
) -> AsyncIterator[list[BillingLine]]:
    """Chunk by chunk: the memory needed does not grow with the fleet."""
    after, size = 0, points_at_once(billed_for, _CHUNK)
    while chunk := await services.answers.lines(scope, billed_for, after, size, quantity):
        yield chunk
        after = chunk[-1].usage_point_id


async def _rows(
    caller: Caller, first: list[BillingLine], others: AsyncIterator[list[BillingLine]]
) -> AsyncIterator[str]:
    yield _text([COLUMNS])
    lines, total, chunk = 0, None, first
    while chunk:
        yield _text(_row(line) for line in chunk)
        lines, total = lines + len(chunk), plus(total, billed(chunk))
        caller.told(lines, total)
        chunk = await anext(others, [])


def _row(line: BillingLine) -> tuple[str, ...]:
    return (
        *(str(line.usage_point_id), line.usage_point_code, line.usage_point_name),
        *(line.contract, line.account, _time(line.period.start), _time(line.period.end)),
        *(line.quantity, line.status.value, "yes" if line.billable else "no"),
        *(_number(line.value), _number(line.measured), _number(line.estimated), line.unit),
        *(_number(line.uncertainty), _number(line.completeness), line.factor_set),
        *_level(line.opening),
        *_level(line.closing),
        " ".join(one.text() for one in line.reasons),
    )


def _number(value: Decimal | None) -> str:
    return "" if value is None else decimal_text(value)


def _level(level: BoundaryLevel | None) -> tuple[str, str]:
    return ("", "") if level is None else (level.step.value, decimal_text(level.value))


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _text(rows: Iterable[tuple[str, ...]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()

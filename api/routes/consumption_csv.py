"""Consumption of all usage points of a period as one CSV file, streamed."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.bills import Bill, Question, all_bills, billed, log
from api.dependencies import BillingKey, Period, Services, ServicesNeeded
from api.routes.consumption import QuantityAsked
from api.schemas import decimal_text
from metering.consumption import RegisterReading, exact_sum
from storage.keys import ApiKey

MEDIA_TYPE: Final = "text/csv"

COLUMNS: Final = (
    "usage_point_id",
    "usage_point_code",
    "usage_point_name",
    "from",
    "to",
    "quantity",
    "consumption",
    "unit",
    "quality",
    "completeness",
    "factor_set",
    "opening_at",
    "opening_level",
    "closing_at",
    "closing_level",
    "reasons",
)
_EXAMPLE: Final = (
    ",".join(COLUMNS) + '\r\n17,UP-0017,"School 12, boiler room",2025-12-31T19:00:00Z,2026-01-31T19:00:00Z,'
    "energy_heating,12.345,Gcal,measured,1,exact,2025-12-31T19:00:00Z,100,2026-01-31T19:00:00Z,112.345,\r\n"
)

router = APIRouter(tags=["consumption"])


@router.get(
    "/consumption.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
)
async def export_consumption(
    services: ServicesNeeded, key: BillingKey, period: Period, quantity: QuantityAsked = None
) -> StreamingResponse:
    """What every usage point consumed in a period: UTF-8, a header row, the figures of the JSON answer.

    An empty cell is an absent value; `reasons` says why.
    """
    question = Question(period, quantity)
    chunks = all_bills(services, question)
    first: list[Bill] = await anext(
        chunks, []
    )  # before the answer begins: an error is still a problem document here
    return StreamingResponse(
        _rows(services, key, question, first, chunks),
        media_type=f"{MEDIA_TYPE}; charset=utf-8; header=present",
        headers={"Content-Disposition": 'attachment; filename="consumption.csv"'},
    )


async def _rows(
    services: Services, key: ApiKey, question: Question, first: list[Bill], others: AsyncIterator[list[Bill]]
) -> AsyncIterator[str]:
    yield _text([COLUMNS])
    lines, total, chunk = 0, None, first
    while chunk:
        yield _text(_row(bill) for bill in chunk)
        lines, total = lines + len(chunk), _plus(total, billed(chunk))
        chunk = await anext(others, [])
    await log(services, key, question, lines, total)


def _plus(total: Decimal | None, more: Decimal | None) -> Decimal | None:
    known = [value for value in (total, more) if value is not None]
    return exact_sum(known) if known else None


def _row(bill: Bill) -> tuple[str, ...]:
    result = bill.consumption
    return (
        str(bill.point.id),
        bill.point.code,
        bill.point.name,
        _time(result.period.start),
        _time(result.period.end),
        bill.quantity,
        "" if result.value is None else decimal_text(result.value),
        bill.unit,
        result.quality.value,
        decimal_text(result.completeness),
        bill.factor_set,
        *_register(result.opening),
        *_register(result.closing),
        " ".join(result.reasons),
    )


def _register(register: RegisterReading | None) -> tuple[str, str]:
    return ("", "") if register is None else (_time(register.at), decimal_text(register.value))


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _text(rows: Iterable[tuple[str, ...]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()

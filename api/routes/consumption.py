"""The answer for billing: what was consumed in a period, and the registers it rests on."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.bills import Bill, Question, bill, billed, log, page_of_bills
from api.cursors import CursorText, decode_id, encode
from api.dependencies import BillingKey, Period, ServicesNeeded
from api.limits import PageSize
from api.links import usage_point_link
from api.registers import RegisterOut, register_out
from api.routes.registry import existing_usage_point
from api.schemas import Amount, DecimalText, Identifier, Page, RegisterName, Timestamp, amount, decimal_text
from metering.consumption import Quality, Segment

router = APIRouter(tags=["consumption"])

QuantityAsked = Annotated[
    RegisterName | None,
    Query(description="Another register than the one by which the usage point is billed."),
]


_START: Final = "2025-12-31T19:00:00Z"
_END: Final = "2026-01-31T19:00:00Z"


def _example(at: str, raw: str, level: str) -> dict[str, object]:
    """A register in kWh and in Gcal by the factor set `kyivenergo`."""
    poll = "/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8057"
    return {
        "meter_id": 42,
        "circuit": 1,
        "at": at,
        "level": {"value": level, "unit": "Gcal"},
        "raw": {"value": raw, "unit": "kWh"},
        "factor": "0.0008598",
        "factor_set": "kyivenergo",
        "source": "total",
        "flags": [],
        "poll_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "frame": 2,
        "links": {"meter": "/api/v1/meters/42", "poll": poll, "frames": f"{poll}/frames"},
    }


_OPENING: Final = _example(_START, "100000", "85.98")
_CLOSING: Final = _example(_END, "112345", "96.594231")
_DIFFERENCE: Final = {"value": "10.614231", "unit": "Gcal"}


class PeriodOut(BaseModel):
    """The half-open period [from, to)."""

    start: Timestamp = Field(serialization_alias="from", examples=[_START])
    end: Timestamp = Field(serialization_alias="to", examples=[_END])


class SegmentOut(BaseModel):
    """What one installed meter measured of the period."""

    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    installed_at: Timestamp = Field(examples=["2024-09-01T05:00:00Z"])
    removed_at: Timestamp | None = Field(examples=[None])
    opening: RegisterOut | None = Field(examples=[_OPENING])
    closing: RegisterOut | None = Field(examples=[_CLOSING])
    difference: Amount | None = Field(examples=[_DIFFERENCE])


class ConsumptionLinks(BaseModel):
    """Where to go on from a consumption."""

    usage_point: str = Field(examples=["/api/v1/usage-points/17"])


class ConsumptionOut(BaseModel):
    """`consumption` is the sum over the segments; null when absent, and then the reasons say why."""

    usage_point_id: int = Field(examples=[17])
    usage_point_code: str = Field(examples=["UP-0017"])
    usage_point_name: str = Field(examples=["School 12, boiler room"])
    period: PeriodOut
    quantity: str = Field(examples=["energy_heating"])
    consumption: Amount | None = Field(examples=[_DIFFERENCE])
    quality: Quality = Field(examples=[Quality.MEASURED])
    completeness: DecimalText = Field(
        examples=["1"], description="Share of the period between the registers' instants: 0 to 1."
    )
    reasons: list[str] = Field(examples=[[]])
    factor_set: str = Field(examples=["kyivenergo"])
    opening: RegisterOut | None = Field(
        examples=[_OPENING], description="Of the first meter; null also when circuits are added up."
    )
    closing: RegisterOut | None = Field(
        examples=[_CLOSING], description="Of the last meter; null also when circuits are added up."
    )
    segments: list[SegmentOut]
    links: ConsumptionLinks


@router.get("/usage-points/{usage_point_id}/consumption")
async def get_consumption(
    services: ServicesNeeded,
    key: BillingKey,
    usage_point_id: Identifier,
    period: Period,
    quantity: QuantityAsked = None,
) -> ConsumptionOut:
    """What one usage point consumed in a period.

    The register of a boundary is the last valid one at or before it, so adjacent periods add up exactly.
    """
    question = Question(period, quantity)
    answer = await bill(services, question, await existing_usage_point(services, usage_point_id))
    await log(services, key, question, 1, billed([answer]))
    return _consumption(answer)


@router.get("/consumption")
async def list_consumption(
    services: ServicesNeeded,
    key: BillingKey,
    period: Period,
    quantity: QuantityAsked = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ConsumptionOut]:
    """What every usage point consumed in a period, by the usage points' ids."""
    question = Question(period, quantity)
    bills = await page_of_bills(services, question, decode_id(cursor), limit)
    await log(services, key, question, len(bills), billed(bills))
    next_cursor = encode(bills[-1].point.id) if len(bills) == limit else None
    return Page(items=[_consumption(one) for one in bills], next_cursor=next_cursor)


def _consumption(bill: Bill) -> ConsumptionOut:
    result = bill.consumption
    point = bill.point
    return ConsumptionOut(
        usage_point_id=point.id,
        usage_point_code=point.code,
        usage_point_name=point.name,
        period=PeriodOut(start=result.period.start, end=result.period.end),
        quantity=bill.quantity,
        consumption=amount(result.value, bill.unit),
        quality=result.quality,
        completeness=decimal_text(result.completeness),
        reasons=list(result.reasons),
        factor_set=bill.factor_set,
        opening=register_out(result.opening, bill.unit),
        closing=register_out(result.closing, bill.unit),
        segments=[_segment(segment, bill.unit) for segment in result.segments],
        links=ConsumptionLinks(usage_point=usage_point_link(point.id)),
    )


def _segment(segment: Segment, unit: str) -> SegmentOut:
    return SegmentOut(
        meter_id=segment.meter_id,
        circuit=segment.circuit,
        installed_at=segment.installed_at,
        removed_at=segment.removed_at,
        opening=register_out(segment.opening, unit),
        closing=register_out(segment.closing, unit),
        difference=amount(segment.difference, unit),
    )

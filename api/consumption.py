"""What usage points consumed, as it is answered; JSON and CSV tell the same figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, Field

from api.boundaries import (
    CLOSING,
    DIFFERENCE,
    OPENING,
    BoundaryOut,
    SegmentOut,
    boundary_out,
    segment_out,
)
from api.limits import MOST_BILLED
from api.links import usage_point_link
from api.schemas import Amount, DecimalText, Timestamp, amount, known
from metering.billing_lines import BillingLine, Status
from metering.calendar import BillingPeriod
from metering.exact import decimal_text, exact_sum
from metering.reasons import Because

BILLED_UNIT: Final = "Gcal"
_NOTHING: Final = {"value": "0", "unit": "Gcal"}


class PeriodOut(BaseModel):
    """The half-open period [from, to)."""

    start: Timestamp = Field(serialization_alias="from", examples=["2025-12-31T19:00:00Z"])
    end: Timestamp = Field(serialization_alias="to", examples=["2026-01-31T19:00:00Z"])


class ReasonOut(BaseModel):
    """Something to know of a consumption: `word` for programs, `text` for people."""

    word: Because = Field(examples=[Because.NOT_OVER])
    text: str = Field(examples=["The period is not over yet: later readings may change this figure."])
    hinders: bool = Field(examples=[False], description="Whether it alone keeps the value off a bill.")


class ConsumptionLinks(BaseModel):
    """Where to go on from a consumption."""

    usage_point: str = Field(examples=["/api/v1/usage-points/17"])


class ConsumptionOut(BaseModel):
    """What a usage point consumed: consumption = measured + estimated, the sum over the segments.

    `billable`: whether it may stand on a bill. All three amounts are null exactly when the status is
    `absent`, and then the reasons say why. Where a point was admissible for a part of the period alone, each
    part is a consumption of its own.
    """

    usage_point_id: int = Field(examples=[17])
    usage_point_code: str = Field(examples=["UP-0017"])
    usage_point_name: str = Field(examples=["School 12, boiler room"])
    contract: str = Field(examples=["7-112"])
    account: str = Field(examples=["001234"])
    site_code: str = Field(examples=["S-12"])
    district: str = Field(examples=["North"])
    service_centre: str = Field(examples=["East"])
    period: PeriodOut
    quantity: str = Field(examples=["energy_heating"])
    status: Status = Field(examples=[Status.MEASURED])
    billable: bool = Field(examples=[True])
    consumption: Amount | None = Field(examples=[DIFFERENCE])
    measured: Amount | None = Field(examples=[DIFFERENCE])
    estimated: Amount | None = Field(examples=[_NOTHING])
    uncertainty: Amount = Field(
        examples=[_NOTHING], description="How far the value may be off on account of what was not measured."
    )
    completeness: DecimalText = Field(
        examples=["1"], description="Share of the period between the instants its levels belong to: 0 to 1."
    )
    reasons: list[ReasonOut]
    factor_set: str = Field(examples=["kyivenergo"])
    opening: BoundaryOut | None = Field(
        examples=[OPENING], description="Of the first meter; null also when circuits are added up."
    )
    closing: BoundaryOut | None = Field(
        examples=[CLOSING], description="Of the last meter; null also when circuits are added up."
    )
    segments: list[SegmentOut]
    links: ConsumptionLinks


def consumption_out(line: BillingLine) -> ConsumptionOut:
    """A billing line as it is answered."""
    unit = line.unit
    told = {name: getattr(line, name) for name in _AS_THEY_ARE}
    return ConsumptionOut(
        **told,
        period=PeriodOut(start=line.period.start, end=line.period.end),
        consumption=amount(line.value, unit),
        measured=amount(line.measured, unit),
        estimated=amount(line.estimated, unit),
        uncertainty=known(line.uncertainty, unit),
        completeness=decimal_text(line.completeness),
        reasons=[ReasonOut(word=one.word, text=one.text(), hinders=one.hinders) for one in line.reasons],
        opening=boundary_out(line.opening, unit),
        closing=boundary_out(line.closing, unit),
        segments=[segment_out(segment, unit) for segment in line.segments],
        links=ConsumptionLinks(usage_point=usage_point_link(line.usage_point_id)),
    )


_AS_THEY_ARE: Final = (
    *("usage_point_id", "usage_point_code", "usage_point_name", "contract", "account", "site_code"),
    *("district", "service_centre", "quantity", "status", "billable", "factor_set"),
)


def billed(lines: Iterable[BillingLine]) -> Decimal | None:
    """The sum of what may stand on bills, in Gcal; None when nothing may."""
    values = [one.value for one in lines if one.billable and one.value is not None and _is_heat(one)]
    return exact_sum(values) if values else None


def plus(total: Decimal | None, more: Decimal | None) -> Decimal | None:
    """Of two sums of `billed` one; None when nothing may stand on bills."""
    values = [value for value in (total, more) if value is not None]
    return exact_sum(values) if values else None


def _is_heat(line: BillingLine) -> bool:
    return line.unit == BILLED_UNIT


def points_at_once(billed_for: date | BillingPeriod, most: int) -> int:
    """How many usage points are billed together, of `most`: a long period has many hours to check."""
    if not isinstance(billed_for, BillingPeriod):
        return most
    return min(most, MOST_BILLED // (billed_for.end - billed_for.start))

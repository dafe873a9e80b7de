"""Consumption of usage points as billing asks for it; JSON and CSV answer with the same figures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from api.dependencies import Services
from metering.calendar import BillingPeriod
from metering.consumption import Consumption, Segment, consumption, exact_sum
from metering.quantities import QUANTITIES
from storage.keys import ApiKey
from storage.usage_points import UsagePoint

_CHUNK: Final = 500
_BILLED_UNIT: Final = "Gcal"
_NOT_OVER: Final = "The period is not over yet: later readings may change this figure."


@dataclass(frozen=True, slots=True)
class Question:
    """A period, and the quantity asked for; None means the one by which each usage point is billed."""

    period: BillingPeriod
    quantity: str | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What one usage point consumed of one quantity."""

    point: UsagePoint
    quantity: str
    consumption: Consumption

    @property
    def unit(self) -> str:
        """The canonical unit of the quantity."""
        return QUANTITIES[self.quantity].canonical_unit

    @property
    def factor_set(self) -> str:
        """The factor set with which the registers were converted, or would have been."""
        registers = [one for part in self.consumption.segments for one in (part.opening, part.closing) if one]
        return registers[0].factor_set if registers else self.point.factor_set


async def bill(services: Services, question: Question, point: UsagePoint) -> Bill:
    """The bill of one usage point."""
    segments = await services.billing.registers(
        question.period,
        tolerance=services.tolerance,
        usage_point_id=point.id,
        quantity=question.quantity,
    )
    return _bill(services, question, point, segments.get(point.id, ()))


async def page_of_bills(services: Services, question: Question, after: int, limit: int) -> list[Bill]:
    """The bills of at most `limit` usage points whose ids follow `after`."""
    points = await services.registry.usage_points(after, limit)
    segments = await services.billing.registers(
        question.period,
        tolerance=services.tolerance,
        quantity=question.quantity,
        after=after,
        limit=limit,
    )
    return [_bill(services, question, point, segments.get(point.id, ())) for point in points]


async def all_bills(services: Services, question: Question) -> AsyncIterator[list[Bill]]:
    """The bills of all usage points, chunk by chunk: the memory needed does not grow with the fleet."""
    after = 0
    while chunk := await page_of_bills(services, question, after, _CHUNK):
        yield chunk
        after = chunk[-1].point.id


async def log(services: Services, key: ApiKey, question: Question, lines: int, total: Decimal | None) -> None:
    """Keeps who was answered what."""
    await services.billing.log_query(question.period, api_key_id=key.id, lines=lines, total=total)


def billed(bills: Iterable[Bill]) -> Decimal | None:
    """The sum of what could be billed in Gcal; None when nothing could."""
    values = [
        one.consumption.value
        for one in bills
        if one.consumption.value is not None and one.unit == _BILLED_UNIT
    ]
    return exact_sum(values) if values else None


def _bill(services: Services, question: Question, point: UsagePoint, segments: Iterable[Segment]) -> Bill:
    result = consumption(question.period, segments, services.tolerance)
    if question.period.end > services.now():
        result = replace(result, reasons=(_NOT_OVER, *result.reasons))
    return Bill(point, question.quantity or point.billed_quantity, result)

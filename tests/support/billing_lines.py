"""Billing lines made by hand, and somebody who answers with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from metering.billing_lines import BillingLine, Status
from metering.billing_scope import BillingScope
from metering.calendar import BillingPeriod

JANUARY = date(2026, 1, 1)
PERIOD = BillingPeriod(datetime(2025, 12, 31, 19, tzinfo=UTC), datetime(2026, 1, 31, 19, tzinfo=UTC))


def line(point: int = 1, value: str | None = "12.5", **particulars: Any) -> BillingLine:
    """A measured line of a point; with None as its value an absent one."""
    amount = None if value is None else Decimal(value)
    estimated = Decimal(particulars.pop("estimated", "0")) if amount is not None else None
    described: dict[str, Any] = {
        "usage_point_id": point,
        "usage_point_code": f"UP-{point}",
        "usage_point_name": f"House {point}",
        "contract": "7-112",
        "account": f"{point:06}",
        "site_code": "S1",
        "district": "Алмалы",
        "service_centre": "Алматы қаласы",
        "period": PERIOD,
        "quantity": "energy_heating",
        "unit": "Gcal",
        "factor_set": "exact",
        "status": Status.ABSENT if amount is None else Status.MEASURED,
        "billable": amount is not None,
        "value": amount,
        "measured": None if amount is None or estimated is None else amount - estimated,
        "estimated": estimated,
        "uncertainty": Decimal(0),
        "completeness": Decimal(0 if amount is None else 1),
    }
    return BillingLine(**{**described, **particulars})


@dataclass
class Told:
    """Answers with these lines; a test changes them between two runs."""

    known: list[BillingLine] = field(default_factory=list)
    asked: list[tuple[BillingScope, date]] = field(default_factory=list)

    async def lines(self, scope: BillingScope, month: date, after: int, limit: int) -> Sequence[BillingLine]:
        self.asked.append((scope, month))
        points = sorted({one.usage_point_id for one in self.known if one.usage_point_id > after})[:limit]
        return [one for one in _ordered(self.known) if one.usage_point_id in points]


def _ordered(lines: Iterable[BillingLine]) -> list[BillingLine]:
    return sorted(lines, key=lambda one: (one.usage_point_id, one.quantity, one.period.start))

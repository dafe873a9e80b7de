"""A period and its evidence in few words: what consumption is reckoned from in tests, and what came out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from metering.billing_rules import BillingRule, Method, Weights
from metering.consumption import Consumption, consumption
from metering.evidence import Evidence, RegisterSource
from metering.levels import Step
from metering.reasons import Because
from tests.support.register_evidence import period

RULE = BillingRule(
    interpolation=Weights.EVEN, methods=(Method.AVERAGE_OF_VALID_HOURS,), tolerance=timedelta(hours=36)
)
SNAPSHOT, BOUNDARY = RegisterSource.SNAPSHOT, RegisterSource.BOUNDARY


def of(*evidence: Evidence, rule: BillingRule = RULE, start: float = 0, end: float = 744) -> Consumption:
    return consumption(period(start, end), evidence, rule)


def words(result: Consumption) -> list[Because]:
    return [one.word for one in result.reasons]


def steps(result: Consumption) -> list[tuple[Step | None, Step | None]]:
    return [
        (one.opening.step if one.opening else None, one.closing.step if one.closing else None)
        for one in result.segments
    ]


def closing(result: Consumption) -> tuple[Step, Decimal]:
    assert result.closing is not None
    return result.closing.step, result.closing.value

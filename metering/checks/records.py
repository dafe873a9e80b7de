"""What the records themselves say: told twice, missing, of a clock that was wrong, with reported faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from metering.billing_rules import BillingRule
from metering.checks.spans import length_of, shown, spans_of, uncovered
from metering.level_chain import instant
from metering.observations import Observations
from metering.reasons import Because, Reason, reason


def duplicates(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Records of one kind that overlap; it hinders where they do not say the same."""
    for records in (seen.hours, seen.days):
        double = [(one, two) for one, two in pairwise(records) if two.slot.start < one.slot.end]
        if double:
            differ = any(
                one.values.get(seen.quantity) != two.values.get(seen.quantity) for one, two in double
            )
            first = double[0][1].slot.start
            yield reason(Because.RECORDS_OVERLAP, hinders=differ, count=str(len(double)), at=instant(first))


def gaps(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Hours without a record, where there are records of hours at all."""
    missing = list(uncovered(seen.slot, spans_of(seen.hours, seen.quantity)))
    if not seen.hours or not missing:
        return
    yield reason(
        Because.RECORDS_MISSING,
        count=shown(sum(map(length_of, missing), Fraction(0))),
        hours=shown(length_of(seen.slot)),
        at=instant(missing[0].start),
    )


def clock(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """The furthest of the differences seen, beyond what the rule allows."""
    furthest = max(map(abs, seen.clock_differences), default=timedelta())
    if furthest > rule.allowed_drift:
        yield reason(
            Because.CLOCK_DRIFTED,
            seconds=str(furthest // timedelta(seconds=1)),
            allowed=str(rule.allowed_drift // timedelta(seconds=1)),
        )


def device_errors(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Each fault with the number of its hours and the first of them."""
    reported = sorted({condition.name for record in seen.hours for condition in record.conditions})
    for fault in reported:
        hours = [hour for hour in seen.hours if any(one.name is fault for one in hour.conditions)]
        at = instant(hours[0].slot.start)
        yield reason(Because.FAULT_REPORTED, fault=fault.value, count=str(len(hours)), at=at)

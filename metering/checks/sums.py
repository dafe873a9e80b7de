"""Parts against their whole: hours against days, and both against the registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from metering.billing_rules import BillingRule
from metering.calendar import Slot
from metering.checks.spans import Span, shown, spans_of, tiling, total_of
from metering.exact import exact_sum
from metering.level_chain import instant
from metering.observations import Observations
from metering.reasons import Because, Reason, reason


def sums(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Beyond what the last digits can make."""
    yield from _days_against_hours(seen)
    yield from _registers_against_hours(seen)


def _days_against_hours(seen: Observations) -> Iterator[Reason]:
    hours = spans_of(seen.hours, seen.quantity)
    differ = []
    for day in spans_of(seen.days, seen.quantity):
        within = tiling(hours, day.slot)
        if within and _differs(within, day.value, seen.resolution):
            differ.append((day, within))
    if differ:
        day, within = differ[0]
        yield reason(
            Because.DAY_DIFFERS_FROM_HOURS,
            count=str(len(differ)),
            at=instant(day.slot.start),
            hours=shown(total_of(within)),
            day=shown(day.value),
        )


def _registers_against_hours(seen: Observations) -> Iterator[Reason]:
    """Between the first and the last level that stand at the edges of hours."""
    hours = spans_of(seen.hours, seen.quantity)
    edges = {edge for span in hours for edge in (span.slot.start, span.slot.end)}
    levels = [level for level in seen.levels if level.at in edges]
    if len(levels) < 2:
        return
    first, last = levels[0], levels[-1]
    within = tiling(hours, Slot(first.at, last.at))
    gained = exact_sum((last.value, first.value.copy_negate()))
    if within and _differs(within, gained, seen.resolution):
        yield reason(
            Because.REGISTERS_DIFFER_FROM_HOURS,
            hinders=True,
            start=instant(first.at),
            end=instant(last.at),
            hours=shown(total_of(within)),
            registers=shown(gained),
        )


def _differs(parts: Sequence[Span], whole: Decimal, resolution: Decimal) -> bool:
    """By more than the last digits of the parts and of both edges can make."""
    return abs(exact_sum((total_of(parts), whole.copy_negate()))) > resolution * (len(parts) + 2)

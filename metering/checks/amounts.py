"""How much it is: less than nothing, or more than the pipe or the contract admit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from metering.billing_rules import BillingRule
from metering.calendar import Slot
from metering.checks.spans import Span, length_of, rate_of, shown, spans_of
from metering.level_chain import instant
from metering.observations import Observations
from metering.reasons import Because, Reason, reason

FASTEST_WATER: Final = Decimal(5)
"""Metres per second: several times what pipes of buildings are laid out for."""
MOST_COOLED: Final = Decimal(100)
"""Kelvins by which a building may cool its water."""

_PI: Final = Decimal("3.14159265358979323846")


def negative(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """The whole, which hinders, and single hours."""
    if seen.value is not None and seen.value < 0:
        yield reason(Because.NEGATIVE_CONSUMPTION, hinders=True, value=shown(seen.value))
    backwards = [span for span in spans_of(seen.hours, seen.quantity) if span.value < 0]
    if backwards:
        at = instant(backwards[0].slot.start)
        yield reason(Because.NEGATIVE_HOURS, count=str(len(backwards)), at=at)


def spikes(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Of the hours and the period as a whole, the one with the most heat for its length."""
    whole = [Span(seen.slot, seen.value)] if seen.value is not None else []
    spans = [*whole, *spans_of(seen.hours, seen.quantity)]
    if not spans:
        return
    slot, value = max(_most_of_each_length(spans), key=rate_of)
    if seen.nominal_diameter is not None:
        limit = Fraction(carried_by(seen.nominal_diameter)) * length_of(slot)
        if value > limit:
            yield _spike(Because.MORE_THAN_THE_PIPE, slot, value, limit, diameter=seen.nominal_diameter)
    if seen.largest_load is not None:
        limit = Fraction(seen.largest_load) * length_of(slot)
        if value > limit * Fraction(rule.spike_factor):
            yield _spike(Because.MORE_THAN_THE_CONTRACT, slot, value, limit, factor=rule.spike_factor)


def _most_of_each_length(spans: Iterable[Span]) -> Iterable[Span]:
    """Hours are many, and among slots of one length the values alone tell which has the highest rate."""
    most: dict[timedelta, Span] = {}
    for span in spans:
        length = span.slot.end - span.slot.start
        if length not in most or span.value > most[length].value:
            most[length] = span
    return most.values()


def _spike(word: Because, slot: Slot, value: Decimal, limit: Fraction, **also: Decimal) -> Reason:
    particulars = {
        "value": shown(value),
        "start": instant(slot.start),
        "end": instant(slot.end),
        "limit": shown(limit),
        **{name: shown(number) for name, number in also.items()},
    }
    return Reason(word, tuple(particulars.items()), hinders=True)


def carried_by(nominal_diameter: Decimal) -> Decimal:
    """Gcal/h that water in a pipe of so many millimetres can carry at most."""
    metres = nominal_diameter / 1000
    tonnes_per_hour = _PI * metres * metres / 4 * FASTEST_WATER * 3600
    return tonnes_per_hour * MOST_COOLED / 1000

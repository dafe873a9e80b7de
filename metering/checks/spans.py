"""Gcal within slots, as the checks compare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from metering.calendar import Slot
from metering.exact import exact_sum
from metering.observations import Record
from metering.thermal import hours_of


class Span(NamedTuple):
    """Gcal within a slot."""

    slot: Slot
    value: Decimal


def spans_of(records: Iterable[Record], quantity: str) -> Sequence[Span]:
    """Of the records that have the quantity."""
    return [Span(one.slot, one.values[quantity]) for one in records if quantity in one.values]


def uncovered(period: Slot, spans: Iterable[Span]) -> Iterator[Slot]:
    """The stretches of the period that none of the spans, which begin one after another, reaches."""
    reached = period.start
    for span in spans:
        if span.slot.start > reached:
            yield Slot(reached, span.slot.start)
        reached = max(reached, span.slot.end)
    if reached < period.end:
        yield Slot(reached, period.end)


def tiling(spans: Sequence[Span], slot: Slot) -> Sequence[Span]:
    """The spans within the slot; none unless they cover it without a gap."""
    within = [span for span in spans if slot.start <= span.slot.start and span.slot.end <= slot.end]
    return [] if any(uncovered(slot, within)) else within


def total_of(spans: Iterable[Span]) -> Decimal:
    """Gcal, to the last digit."""
    return exact_sum(span.value for span in spans)


def length_of(slot: Slot) -> Fraction:
    """Hours."""
    return hours_of(slot.end - slot.start)


def rate_of(span: Span) -> Fraction:
    """Gcal/h."""
    return Fraction(span.value) / length_of(span.slot)


def shown(value: Decimal | Fraction) -> str:
    """At most three decimals, for people."""
    thousandths = round(Fraction(value) * 1000)
    return f"{Decimal(thousandths).scaleb(-3):f}".rstrip("0").rstrip(".")

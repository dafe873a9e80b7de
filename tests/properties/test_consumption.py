"""Periods that tile add up exactly to the whole, over replacements and whatever the reading instants were.

The registers are chosen here by the rule in the plainest words, from a list; the database does it in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact
from itertools import pairwise
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from metering.calendar import BillingPeriod
from metering.consumption import Consumption, RegisterReading, RegisterSource, Segment, consumption

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(days=400)
WIDE = Context(prec=300, traps=[Inexact])

Levels = Sequence[tuple[int, Decimal]]
"""(minute after EPOCH, level), both rising."""


def instant(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def register(meter_id: int, minute: int, value: Decimal) -> RegisterReading:
    return RegisterReading(
        instant(minute),
        value,
        "energy_heating",
        1,
        meter_id,
        RegisterSource.TOTAL,
        UUID(int=minute),
        1,
        value,
        "Gcal",
        Decimal(1),
        "exact",
    )


def last(meter_id: int, levels: Levels, since: int, boundary: int) -> RegisterReading | None:
    found = [(minute, value) for minute, value in levels if since <= minute <= boundary]
    return register(meter_id, *found[-1]) if found else None


def first(meter_id: int, levels: Levels, since: int) -> RegisterReading | None:
    return next((register(meter_id, *level) for level in levels if level[0] >= since), None)


def segment(meter_id: int, levels: Levels, since: int, until: int, start: int, end: int) -> Segment:
    opening = last(meter_id, levels, since, max(start, since))
    if opening is None and since >= start:
        opening = first(meter_id, levels, since)
    closing = last(meter_id, levels, since, min(end, until))
    return Segment(meter_id, 1, instant(since), instant(until), opening, closing)


@st.composite
def rising(draw: st.DrawFn, since: int, until: int) -> Levels:
    """Levels with as many digits as a factor gives them; first read at the installation or soon after."""
    later = draw(st.lists(st.integers(since, until), unique=True, max_size=12).map(sorted))
    minutes = sorted({since + draw(st.integers(0, 3)), *later})
    steps = draw(
        st.lists(
            st.decimals(0, 10**6, places=25, allow_nan=False),
            min_size=len(minutes),
            max_size=len(minutes),
        )
    )
    level, levels = Decimal(0), []
    for minute, step in zip(minutes, steps, strict=True):
        level = WIDE.add(level, step)
        levels.append((minute, level))
    return levels


@st.composite
def tilings(draw: st.DrawFn) -> tuple[tuple[Levels, Levels], int, list[int]]:
    """Two meters, one after the other, the minute of the replacement, and the edges of adjoining periods."""
    replaced = draw(st.integers(10, 990))
    meters = draw(rising(0, replaced)), draw(rising(replaced, 1000))
    edges = draw(st.lists(st.integers(0, 1000), unique=True, min_size=2, max_size=8).map(sorted))
    return meters, replaced, edges


def bill(meters: tuple[Levels, Levels], replaced: int, start: int, end: int) -> Consumption:
    segments = [
        segment(1, meters[0], 0, replaced, start, end),
        segment(2, meters[1], replaced, 1000, start, end),
    ]
    return consumption(BillingPeriod(instant(start), instant(end)), segments, TOLERANCE)


def registers_known(part: Consumption) -> bool:
    return all(s.opening is not None and s.closing is not None for s in part.segments)


@given(tilings())
def test_adjacent_periods_add_up_exactly_to_the_whole(
    case: tuple[tuple[Levels, Levels], int, list[int]],
) -> None:
    meters, replaced, edges = case
    parts = [bill(meters, replaced, start, end) for start, end in pairwise(edges)]
    assume(all(registers_known(part) for part in parts))
    total = Decimal(0)
    for part in parts:
        total = WIDE.add(total, part.value or Decimal(0))
    assert total == (bill(meters, replaced, edges[0], edges[-1]).value or Decimal(0))


@given(tilings())
def test_the_order_of_the_installations_does_not_matter(
    case: tuple[tuple[Levels, Levels], int, list[int]],
) -> None:
    meters, replaced, edges = case
    forward = bill(meters, replaced, edges[0], edges[-1])
    assert consumption(forward.period, reversed(forward.segments), TOLERANCE) == forward


@given(tilings())
def test_a_value_is_never_negative_and_completeness_is_a_share(
    case: tuple[tuple[Levels, Levels], int, list[int]],
) -> None:
    meters, replaced, edges = case
    result = bill(meters, replaced, edges[0], edges[-1])
    assert result.value is None or result.value >= 0
    assert 0 <= result.completeness <= 1
    assert (result.value is None) == any("register" in reason for reason in result.reasons)

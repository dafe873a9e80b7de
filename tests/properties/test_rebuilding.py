"""Rebuilt hours add up to the difference of the levels, whatever these are and whenever they were read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import Slot
from metering.evidence import RegisterReading, RegisterSource
from metering.exact import MORE_DIGITS, exact_sum
from metering.rebuilding import rebuilt_hours

MIDNIGHT = datetime(2026, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = 8
LONGEST = timedelta(days=2)
EXACT = Context(prec=100)

amounts = st.decimals(min_value=0, max_value=10_000, places=9) | st.decimals(0, 3, places=2)
moments = st.lists(st.integers(1, HOURS * 3_600_000_000 - 1), max_size=12, unique=True)
"""Microseconds after midnight."""


def level(microseconds: int, value: Decimal) -> RegisterReading:
    return RegisterReading(
        MIDNIGHT + timedelta(microseconds=microseconds),
        value,
        *("volume", 1, 7, RegisterSource.SNAPSHOT, UUID(int=1), 2, value, "m3", Decimal(1), "exact"),
    )


@st.composite
def registers(draw: st.DrawFn, *, at_the_ends: bool = True) -> list[RegisterReading]:
    """Levels of a register that never goes back; with some `at_the_ends` of the day's first hours."""
    after = 0 if at_the_ends else draw(st.integers(0, 3_600_000_000))
    places = [-after, *sorted(draw(moments)), HOURS * 3_600_000_000 + after]
    standing, found = draw(amounts), []
    for place in places:
        found.append(level(place, standing))
        standing = EXACT.add(standing, draw(amounts))
    return found


def hours(count: int = HOURS) -> list[Slot]:
    return [Slot(MIDNIGHT + n * HOUR, MIDNIGHT + (n + 1) * HOUR) for n in range(count)]


def values(levels: list[RegisterReading], slots: list[Slot]) -> list[Decimal]:
    found = [one.value for one in rebuilt_hours(slots, levels, LONGEST)]
    assert None not in found
    return [value for value in found if value is not None]


@given(registers())
def test_hours_that_adjoin_add_up_to_the_difference_of_the_levels(levels: list[RegisterReading]) -> None:
    assert exact_sum(values(levels, hours())) == EXACT.subtract(levels[-1].value, levels[0].value)


@given(registers(at_the_ends=False))
def test_hours_add_up_to_longer_slots(levels: list[RegisterReading]) -> None:
    whole = Slot(MIDNIGHT, MIDNIGHT + HOURS * HOUR)
    assert exact_sum(values(levels, hours())) == exact_sum(values(levels, [whole]))


@given(registers(at_the_ends=False))
def test_no_hour_is_negative(levels: list[RegisterReading]) -> None:
    assert min(values(levels, hours())) >= 0


@given(registers(at_the_ends=False))
def test_every_hour_is_the_straight_line_to_its_last_digit(levels: list[RegisterReading]) -> None:
    """Against exact fractions; each border may be rounded by half of its last digit."""
    digits = max(-int(one.value.as_tuple().exponent) for one in levels)
    coarsest = min(max(-int(one.value.as_tuple().exponent), 0) for one in levels) + MORE_DIGITS
    assert digits <= 9
    for slot, value in zip(hours(), values(levels, hours()), strict=True):
        exact = line(slot.end, levels) - line(slot.start, levels)
        assert abs(Fraction(value) - exact) <= Fraction(1, 10**coarsest)


def line(at: datetime, levels: list[RegisterReading]) -> Fraction:
    before = max((one for one in levels if one.at <= at), key=lambda one: one.at)
    after = min((one for one in levels if one.at >= at), key=lambda one: one.at)
    if after.at == before.at:
        return Fraction(before.value)
    share = Fraction((at - before.at) / timedelta.resolution) / Fraction(
        (after.at - before.at) / timedelta.resolution
    )
    return Fraction(before.value) + (Fraction(after.value) - Fraction(before.value)) * share

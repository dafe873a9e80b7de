"""Periods that tile add up exactly to the whole, by whatever steps their boundaries became known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Context, Decimal, Inexact
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from metering.billing_rules import BillingRule, Method, Weights
from metering.consumption import Consumption, consumption
from metering.evidence import (
    EventKind,
    Evidence,
    RecordReading,
    RegisterEvent,
    RegisterReading,
    RegisterSource,
    ThermalLoad,
)
from metering.reported import ReportedReading
from tests.support.register_evidence import HOUR, after, day, known, level, outdoor, period, record, reported

WIDE = Context(prec=300, traps=[Inexact])
LAST = 96
"""Hours of the whole time."""
OF_ALL_STEPS = BillingRule(longest_estimate=timedelta(days=10), estimate_error_hours=True)
ONE_METHOD = st.sampled_from([(method,) for method in Method])
SHARP = settings(max_examples=40, deadline=None)

Reading = RegisterReading | RecordReading | ReportedReading


def total(values: Sequence[Decimal | None]) -> Decimal:
    found = Decimal(0)
    for value in values:
        found = WIDE.add(found, value or Decimal(0))
    return found


amounts = st.decimals(0, 3, places=25, allow_nan=False)


@st.composite
def courses(draw: st.DrawFn) -> list[Decimal]:
    """What a register stood at, hour by hour, with as many digits as a factor gives it."""
    steps = draw(st.lists(amounts, min_size=LAST, max_size=LAST)) if draw(st.booleans()) else None
    each = steps or [draw(amounts)] * LAST
    levels = [Decimal(5)]
    for step in each:
        levels.append(WIDE.add(levels[-1], step))
    return levels


@st.composite
def readings(draw: st.DrawFn, course: Sequence[Decimal]) -> list[Reading]:
    """Some of the registers, hours, error hours, days and reported readings of a course; none lies."""
    some = st.lists(st.integers(0, LAST), unique=True, max_size=6)
    told: list[Reading] = [level(at, course[at]) for at in draw(some)]
    told += [level(at, course[at], RegisterSource.SNAPSHOT) for at in draw(some)]
    told += [reported(at, str(course[at])) for at in draw(st.lists(st.integers(0, LAST), max_size=2))]
    first, last = sorted(draw(st.tuples(st.integers(0, LAST), st.integers(0, LAST))))
    missing = set(draw(st.lists(st.integers(0, LAST), max_size=4)))
    broken = set(draw(st.lists(st.integers(0, LAST), max_size=3)))
    for hour in set(range(first, last)) - missing:
        amount = WIDE.subtract(course[hour + 1], course[hour])
        told.append(record(hour, amount, operating=0.25 if hour in broken else 1))
    for start in draw(st.lists(st.sampled_from(range(0, LAST, 24)), unique=True, max_size=4)):
        told.append(day(start, str(WIDE.subtract(course[start + 24], course[start]))))
    return told


@st.composite
def cases(draw: st.DrawFn) -> tuple[Evidence, BillingRule, list[float]]:
    """Evidence, a rule, and the edges of adjoining periods: whole hours and others."""
    temperatures = outdoor(-200, 2 * LAST, draw(st.sampled_from(["-12.5", "3", "19.5", "25"])))
    load = ThermalLoad(
        Decimal(20), Decimal("0.37"), Decimal(-35), temperatures if draw(st.booleans()) else {}
    )
    rule = replace(
        OF_ALL_STEPS,
        tolerance=draw(st.integers(0, 5)) * HOUR,
        interpolation=draw(st.sampled_from(Weights)),
        methods=draw(ONE_METHOD),
    )
    evidence = known(*draw(readings(draw(courses()))), load=load)
    edges = draw(st.lists(st.integers(0, LAST * 4), unique=True, min_size=3, max_size=6).map(sorted))
    return evidence, rule, [edge / 4 for edge in edges]


def bill(evidence: Evidence, rule: BillingRule, start: float, end: float) -> Consumption:
    return consumption(period(start, end), [evidence], rule)


def levels_known(part: Consumption) -> bool:
    return all(one.difference is not None for one in part.segments)


@SHARP
@given(cases())
def test_periods_that_tile_add_up_exactly(case: tuple[Evidence, BillingRule, list[float]]) -> None:
    """Value, measured and estimated alike, whatever the steps; where all levels are known and rise."""
    evidence, rule, edges = case
    parts = [bill(evidence, rule, start, end) for start, end in pairwise(edges)]
    whole = bill(evidence, rule, edges[0], edges[-1])
    if all(map(levels_known, parts)):
        for name in ("difference", "measured", "estimated"):
            summed = total([getattr(one, name) for part in parts for one in part.segments])
            assert summed == getattr(whole.segments[0], name)


@SHARP
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    case: tuple[Evidence, BillingRule, list[float]], chance: object
) -> None:
    evidence, rule, edges = case
    shuffled = replace(
        evidence,
        levels=evidence.levels[::-1],
        records=tuple(chance.sample(evidence.records, len(evidence.records))),  # type: ignore[attr-defined]
        reported=evidence.reported[::-1],
    )
    assert bill(shuffled, rule, edges[0], edges[-1]) == bill(evidence, rule, edges[0], edges[-1])


@SHARP
@given(cases())
def test_measured_and_estimated_are_the_value(case: tuple[Evidence, BillingRule, list[float]]) -> None:
    evidence, rule, edges = case
    result = bill(evidence, rule, edges[0], edges[-1])
    assert 0 <= result.completeness <= 1 and result.uncertainty >= 0
    if result.value is None:
        assert result.measured is result.estimated is None
        assert any(one.hinders for one in result.reasons)
    else:
        assert result.value == total([result.measured, result.estimated]) >= 0


@SHARP
@given(
    courses().flatmap(lambda course: st.tuples(st.just(course), readings(course))), st.integers(0, LAST - 1)
)
def test_what_is_measured_at_both_boundaries_is_the_truth(
    case: tuple[list[Decimal], list[Reading]], start: int
) -> None:
    """From registers and records alone a value is what the register gained, to the last digit."""
    course, told = case
    registers = [one for one in told if not isinstance(one, ReportedReading)]
    rule = BillingRule(tolerance=timedelta(), methods=())
    result = bill(known(*registers), rule, start, LAST)
    exact = all(
        one is not None and one.step in ("register", "records") for one in (result.opening, result.closing)
    )
    if exact and result.value is not None:
        assert result.value == WIDE.subtract(course[LAST], course[start])


@SHARP
@given(cases(), st.integers(1, LAST - 1))
def test_a_replacement_inside_a_period_changes_nothing_else(
    case: tuple[Evidence, BillingRule, list[float]], moment: int
) -> None:
    """The registers told at the replacement are those of the one meter; what lies outside stays as it is.

    Error hours are left out: they are estimated as the same meter's valid hours were.
    """
    evidence, rule, _ = case
    rule = replace(rule, estimate_error_hours=False)
    bounded = replace(evidence, boundary_registers=(level(moment, "9", RegisterSource.BOUNDARY),))
    old = replace(bounded, removed_at=after(moment))
    new = replace(bounded, meter_id=2, installed_at=after(moment))
    one = consumption(period(0, LAST), [bounded], rule)
    two = consumption(period(0, LAST), [old, new], rule)
    if levels_known(one) and levels_known(two) and one.opening == two.opening and one.closing == two.closing:
        assert (two.measured, two.estimated) == (one.measured, one.estimated)


@SHARP
@given(courses(), st.integers(1, LAST - 1), st.booleans())
def test_a_register_that_fell_counts_as_one_that_did_not(
    course: list[Decimal], moment: int, rolled_over: bool
) -> None:
    """The same course on a register that rolls over, or is reset, at this hour: the same bills."""
    stood = course[moment]
    capacity = stood if rolled_over else None
    kind = EventKind.ROLLOVER if rolled_over else EventKind.RESET
    event = RegisterEvent(after(moment), kind, stood, Decimal(0), capacity)
    shown = [one if hour < moment else WIDE.subtract(one, stood) for hour, one in enumerate(course)]
    fell = known(*(level(hour, one) for hour, one in enumerate(shown)), events=(event,))
    straight = known(*(level(hour, one) for hour, one in enumerate(course)))
    for start, end in ((0, LAST), (0, moment), (moment, LAST)):
        assert bill(fell, BillingRule(), start, end).value == bill(straight, BillingRule(), start, end).value


@SHARP
@given(cases(), st.sampled_from([10, 1000]))
def test_ten_times_the_register_is_ten_times_the_bill(
    case: tuple[Evidence, BillingRule, list[float]], factor: int
) -> None:
    """Up to the rounding of calculated levels, two millionths of the registers' last digit."""
    evidence, rule, edges = case
    grown = replace(
        evidence,
        levels=tuple(replace(one, value=WIDE.multiply(one.value, factor)) for one in evidence.levels),
        records=tuple(replace(one, value=WIDE.multiply(one.value, factor)) for one in evidence.records),
        reported=tuple(replace(one, value=WIDE.multiply(one.value, factor)) for one in evidence.reported),
        load=replace(evidence.load, calculated_load=Decimal("0.37") * factor),
    )
    one, many = bill(evidence, rule, edges[0], edges[-1]), bill(grown, rule, edges[0], edges[-1])
    assert (one.value is None, one.status, one.completeness) == (
        many.value is None,
        many.status,
        many.completeness,
    )
    if one.value is not None and many.value is not None:
        assert abs(one.value * factor - many.value) <= Decimal("0.00001") * factor


@SHARP
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_meters_does_not_matter(
    case: tuple[Evidence, BillingRule, list[float]], chance: object
) -> None:
    evidence, rule, edges = case
    meters = [replace(evidence, circuit=number) for number in (1, 2, 3)]
    shuffled = chance.sample(meters, 3)  # type: ignore[attr-defined]
    asked = period(edges[0], edges[-1])
    assert consumption(asked, shuffled, rule) == consumption(asked, meters, rule)

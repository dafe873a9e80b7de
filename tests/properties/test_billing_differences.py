"""Whatever changed: a correction is exactly what was billed then and what would be billed now, subtracted."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from metering.billing_content import FrozenLine, freeze
from metering.billing_differences import differences
from metering.billing_lines import Status
from metering.billing_totals import Totals, grouped
from metering.exact import exact_sum
from tests.support.billing_lines import line

_VALUES = st.none() | st.decimals("-1e9", "1e9", places=6).map(str)
_STATUSES = st.sampled_from([Status.MEASURED, Status.ESTIMATED, Status.NOT_ADMISSIBLE])


@st.composite
def lines(draw: st.DrawFn) -> list[FrozenLine]:
    """Lines of some of nine points."""
    made = []
    for point in draw(st.sets(st.integers(1, 9))):
        value, status = draw(_VALUES), draw(_STATUSES)
        kept = Status.ABSENT if value is None else status
        billable = value is not None and status is not Status.NOT_ADMISSIBLE
        made.append(freeze(line(point, value, status=kept, billable=billable)))
    return made


def _billed(frozen: list[FrozenLine]) -> Decimal:
    return exact_sum(one.billed for one in frozen)


@given(lines(), lines())
def test_corrections_sum_to_the_difference(before: list[FrozenLine], after: list[FrozenLine]) -> None:
    found = differences(before, after)
    assert exact_sum([_billed(before), *(one.billed for one in found)]) == _billed(after)
    totals = Totals()
    totals.correct(found)
    assert exact_sum(row.sums.billed for row in grouped(totals.rows)) == _billed(after) - _billed(before)


@given(lines())
def test_nothing_differs_from_itself(frozen: list[FrozenLine]) -> None:
    assert differences(frozen, reversed(frozen)) == []


@given(lines(), lines(), lines())
def test_two_corrections_come_to_one(
    first: list[FrozenLine], second: list[FrozenLine], third: list[FrozenLine]
) -> None:
    steps = [*differences(first, second), *differences(second, third)]
    whole = differences(first, third)
    assert exact_sum(one.value for one in steps) == exact_sum(one.value for one in whole)


@given(lines())
def test_totals_of_any_grouping_are_the_same(frozen: list[FrozenLine]) -> None:
    totals = Totals()
    totals.add(frozen)
    for names in ((), ("status",), ("service_centre", "district", "status")):
        assert exact_sum(row.sums.billed for row in grouped(totals.rows, *names)) == _billed(frozen)

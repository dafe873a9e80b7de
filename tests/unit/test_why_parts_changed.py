"""An act or a verification that becomes known later cuts a billed period anew: why is told, and the sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from metering.acts import ActEntry, ActKind
from metering.admission import InstalledComponent, verdicts
from metering.billing_changes import Change
from metering.billing_content import FrozenLine, freeze
from metering.billing_differences import differences
from metering.billing_lines import BillingLine, Status
from metering.calendar import BillingPeriod, MeterZone
from metering.components import Component, ComponentKind
from metering.exact import exact_sum
from tests.support.billing_lines import PERIOD, line

ALMATY = MeterZone("+05:00")
LONG_AGO = PERIOD.start - timedelta(days=900)
DAY = timedelta(days=1)
ADMITTED = ActEntry("ОПУ-АД-1", ActKind.ADMISSION, LONG_AGO)
WITHDRAWN = ActEntry("ОПУ-АИ-1", ActKind.WITHDRAWAL, PERIOD.start + 10 * DAY)
AGAIN = ActEntry("ОПУ-АД-2", ActKind.ADMISSION, PERIOD.start + 20 * DAY)


def sensor(due: date, since: date, until: date | None = None) -> InstalledComponent:
    one = Component(ComponentKind.FLOW_SUPPLY, "ПРЭМ-50", "518", verification_due=due)
    return InstalledComponent(one, since, until, LONG_AGO, None)


VERIFIED = sensor(date(2030, 1, 1), date(2024, 1, 1))
PAST = sensor(date(2026, 1, 10), date(2022, 1, 10))
BEFORE, ANEW = replace(PAST, until=date(2026, 1, 20)), sensor(date(2030, 1, 19), date(2026, 1, 20))


def bill(
    acts: Iterable[ActEntry] = (ADMITTED,),
    components: Iterable[InstalledComponent] = (VERIFIED,),
    period: BillingPeriod = PERIOD,
) -> list[FrozenLine]:
    """The lines of a point that uses 1 Gcal a day."""
    found = verdicts(period, acts, components, True, ALMATY)
    return [freeze(_line(BillingPeriod(one.span.start, one.span.end), one.reasons)) for one in found]


def _line(period: BillingPeriod, reasons: tuple[object, ...]) -> BillingLine:
    status = Status.NOT_ADMISSIBLE if reasons else Status.MEASURED
    days = (period.end - period.start) / DAY
    return line(value=str(days), period=period, status=status, billable=not reasons, reasons=reasons)


@pytest.mark.parametrize(
    ("before", "after", "billed"),
    [
        # 21 of 31 days are not admitted any more, and with the admission on the 21st day 10 of them.
        (bill(), bill([ADMITTED, WITHDRAWN]), -21),
        (bill(), bill([ADMITTED, WITHDRAWN, AGAIN]), -10),
        (bill([ADMITTED, WITHDRAWN]), bill(), 21),
        (bill([ADMITTED, WITHDRAWN, AGAIN]), bill([ADMITTED, WITHDRAWN]), -11),
        (bill([ADMITTED, WITHDRAWN]), bill([]), -10),
        # Valid through the 10th: the last 21 days are not. Verified on the 20th: the last 12 days are again.
        (bill(components=[VERIFIED]), bill(components=[PAST]), -21),
        (bill(components=[PAST]), bill(components=[BEFORE, ANEW]), 12),
    ],
    ids=[
        "withdrawal-entered-late",
        "withdrawal-and-admission-entered-late",
        "withdrawal-annulled",
        "second-admission-annulled",
        "both-annulled",
        "verification-past",
        "verified-anew",
    ],
)
def test_an_admission_that_changed_is_told_as_such(
    before: list[FrozenLine], after: list[FrozenLine], billed: int
) -> None:
    found = differences(before, after)
    assert {one.because for one in found} == {(Change.ADMISSION,)}
    assert exact_sum(one.billed for one in found) == billed
    assert exact_sum(one.value for one in found) == 0


def test_another_act_that_refuses_the_same_days_is_an_admission_too() -> None:
    other = replace(WITHDRAWN, number="ОПУ-АИ-7")
    found = differences(bill([ADMITTED, WITHDRAWN]), bill([ADMITTED, other]))
    assert [one.because for one in found] == [(Change.ADMISSION,)]


def test_a_period_that_moved_is_told_as_such() -> None:
    """It opens a day later: the line of the old opening is gone, though the point is not."""
    moved = BillingPeriod(PERIOD.start + DAY, PERIOD.end)
    found = differences(bill(), bill(period=moved))
    assert [one.because for one in found] == [(Change.PERIOD,), (Change.PERIOD,)]
    assert exact_sum(one.value for one in found) == -1


def test_a_point_that_came_into_the_scope_or_left_it_is_told_as_such() -> None:
    parts = bill([ADMITTED, WITHDRAWN])
    assert {one.because for one in differences([], parts)} == {(Change.ADDED,)}
    gone = differences(parts, [])
    assert {one.because for one in gone} == {(Change.GONE,)}
    assert exact_sum(one.value for one in gone) == Decimal(-31)

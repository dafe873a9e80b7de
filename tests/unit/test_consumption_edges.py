"""Particulars of a consumption that a figure alone does not show."""

from __future__ import annotations

from metering.billing_rules import BillingRule
from metering.consumption import consumption
from metering.reasons import Because
from tests.support.register_evidence import known, level, period

RULE = BillingRule()


def test_a_consumption_belongs_to_its_period_whether_there_is_a_value_or_none() -> None:
    wanted = period(0, 30)
    assert consumption(wanted, [known(level(0, "1"), level(30, "2"))], RULE).period == wanted
    assert consumption(wanted, [], RULE).period == wanted


def test_nothing_read_keeps_the_value_off_a_bill() -> None:
    result = consumption(period(0, 30), [known(level(-1, "5"))], RULE)
    assert [one.hinders for one in result.reasons if one.word is Because.NOTHING_READ] == [True]

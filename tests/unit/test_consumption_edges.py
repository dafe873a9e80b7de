"""Particulars of a consumption that a figure alone does not show."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from metering.billing_rules import BillingRule
from metering.consumption import consumption
from metering.evidence import Evidence
from metering.reasons import Because
from tests.support.register_evidence import after, known, level, period

RULE = BillingRule()


def test_a_consumption_belongs_to_its_period_whether_there_is_a_value_or_none() -> None:
    wanted = period(0, 30)
    assert consumption(wanted, [known(level(0, "1"), level(30, "2"))], RULE).period == wanted
    assert consumption(wanted, [], RULE).period == wanted


def test_nothing_read_keeps_the_value_off_a_bill() -> None:
    result = consumption(period(0, 30), [known(level(-1, "5"))], RULE)
    assert [one.hinders for one in result.reasons if one.word is Because.NOTHING_READ] == [True]


def test_days_in_which_one_of_two_circuits_had_no_meter_are_named() -> None:
    """The calculator of circuit 1 was away for 10 of 30 hours: 50 of 60 hours are covered."""
    before = replace(known(level(0, "1"), level(10, "3")), removed_at=after(10))
    back = replace(known(level(20, "5"), level(30, "6")), meter_id=2, installed_at=after(20))
    beside = replace(known(level(0, "1"), level(30, "8")), meter_id=3, circuit=2)
    result = consumption(period(0, 30), [before, beside, back], RULE)
    assert result.value == Decimal(2 + 1 + 7)
    assert [one.text() for one in result.reasons] == [
        "No meter was installed from 2026-01-01T10:00:00Z to 2026-01-01T20:00:00Z."
    ]
    assert result.completeness == Decimal("0.833333")


def test_two_circuits_without_a_meter_at_the_same_time_are_named_once() -> None:
    before, back = (
        [replace(known(level(at, "1"), level(at + 10, "3")), circuit=circuit) for circuit in (1, 2)]
        for at in (0, 20)
    )
    removed = [replace(one, removed_at=after(10)) for one in before]
    installed = [replace(one, meter_id=2, installed_at=after(20)) for one in back]
    result = consumption(period(0, 30), [*removed, *installed], RULE)
    assert (result.value, len(result.reasons)) == (Decimal(8), 1)


def test_both_circuits_of_a_calculator_run_on_over_its_replacement() -> None:
    """Circuit 1: 10 to 14 MWh, then 3 to 8 GJ; circuit 2: 20 to 21, then 0 to 2; factors of Kyivenergo."""
    mwh, gj = Decimal("0.8598"), Decimal("0.239")

    def served(
        circuit: int, meter: int, opening: Decimal, closing: Decimal, start: int, end: int
    ) -> Evidence:
        evidence = known(
            level(start, opening, factor_set="kyivenergo"), level(end, closing, factor_set="kyivenergo")
        )
        return replace(evidence, circuit=circuit, meter_id=meter)

    old = [served(1, 1, 10 * mwh, 14 * mwh, 0, 15), served(2, 1, 20 * mwh, 21 * mwh, 0, 15)]
    new = [served(1, 2, 3 * gj, 8 * gj, 15, 30), served(2, 2, 0 * gj, 2 * gj, 15, 30)]
    exchanged = [
        *(replace(one, removed_at=after(15)) for one in old),
        *(replace(one, installed_at=after(15)) for one in new),
    ]
    result = consumption(period(0, 30), exchanged, RULE)
    assert result.value == Decimal("4.299") + Decimal("1.673")  # 5 MWh and 7 GJ
    assert (result.reasons, result.completeness) == ((), Decimal(1))

"""Registers at the boundaries of the period; figures are done by hand."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from metering.billing_lines import Status
from metering.evidence import DISQUALIFYING
from metering.levels import Step
from metering.readings import Flag
from tests.support.reckoning import SNAPSHOT, of, steps
from tests.support.register_evidence import known, level


def test_registers_exactly_at_both_boundaries_are_measured() -> None:
    first, last = level(0, "100.000000001"), level(744, "112.5")
    result = of(known(first, last))
    assert (result.value, result.measured, result.estimated) == (Decimal("12.499999999"),) * 2 + (Decimal(0),)
    assert (result.status, result.completeness, result.uncertainty) == (
        Status.MEASURED,
        Decimal(1),
        Decimal(0),
    )
    assert result.reasons == ()
    assert steps(result) == [(Step.REGISTER, Step.REGISTER)]
    assert result.opening is not None and result.opening.sources == (first,)
    assert result.closing is not None and result.closing.sources == (last,)


def test_zero_is_a_value() -> None:
    result = of(known(level(0, "7.10"), level(744, "7.1")))
    assert (result.value, result.status) == (Decimal(0), Status.MEASURED)


def test_a_total_wins_over_a_snapshot_of_the_same_instant() -> None:
    opening = level(0, "1")
    total, snapshot = level(744, "5"), level(744, "6", SNAPSHOT)
    assert of(known(opening, total, snapshot)).value == of(known(opening, snapshot, total)).value == 4


def test_of_two_snapshots_of_one_instant_the_same_one_counts_in_any_order() -> None:
    early, late = (
        level(744, "5", SNAPSHOT, poll_id=UUID(int=1)),
        level(744, "6", SNAPSHOT, poll_id=UUID(int=2)),
    )
    assert of(known(level(0, "1"), early, late)) == of(known(level(0, "1"), late, early))


@pytest.mark.parametrize("flag", sorted(DISQUALIFYING))
def test_no_bill_rests_on_an_invalid_register(flag: Flag) -> None:
    result = of(known(level(0, "1"), level(744, "2", flags=frozenset({flag}))))
    assert (result.value, result.measured, result.estimated, result.status) == (
        None,
        None,
        None,
        Status.ABSENT,
    )


def test_a_doubtful_register_is_billed_with_its_doubt_in_words() -> None:
    result = of(known(level(0, "1"), level(744, "2", flags=frozenset({Flag.CLOCK_DRIFT}))))
    assert (result.value, result.status) == (Decimal(1), Status.MEASURED)
    assert [one.text() for one in result.reasons] == [
        "The register at 2026-02-01T00:00:00Z is doubtful: clock drift."
    ]
    assert not any(one.hinders for one in result.reasons)

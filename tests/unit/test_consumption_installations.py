"""Installations: replacements, days without a meter, several circuits; figures are done by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from metering.billing_lines import Status
from metering.evidence import Evidence
from metering.levels import Step
from metering.reasons import Because
from tests.support.reckoning import BOUNDARY, SNAPSHOT, closing, of, steps, words
from tests.support.register_evidence import after, hours, known, level, record


def meters(
    removed: float, installed: float, *old_and_new: tuple[Evidence, Evidence]
) -> tuple[Evidence, Evidence]:
    [(old, new)] = old_and_new
    return replace(old, removed_at=after(removed)), replace(new, meter_id=2, installed_at=after(installed))


def test_a_replacement_adds_up_over_both_meters() -> None:
    pair = (known(level(0, "990"), level(300, "1000.5")), known(level(300, "0.25"), level(744, "9")))
    old, new = meters(300, 300, pair)
    result = of(new, old)
    assert (result.value, result.status, result.completeness) == (
        Decimal("19.25"),
        Status.MEASURED,
        Decimal(1),
    )
    assert result.opening is not None and result.opening.value == 990
    assert result.closing is not None and result.closing.value == 9
    assert result == of(old, new)


def test_the_registers_of_a_replacement_win_over_what_was_polled_then() -> None:
    """10.5 of the old meter and 8.75 of the new one, whatever the polls of that moment say."""
    old, new = meters(
        300,
        300,
        (
            known(level(0, "990"), level(300, "1000.5", BOUNDARY), level(300, "1000.7")),
            known(level(300, "0.25", BOUNDARY), level(300, "0.3", SNAPSHOT), level(744, "9")),
        ),
    )
    result = of(old, new)
    assert result.value == Decimal("19.25")
    assert steps(result) == [(Step.REGISTER, Step.ACT), (Step.ACT, Step.REGISTER)]
    assert (result.status, result.reasons) == (Status.MEASURED, ())


def test_a_register_that_a_person_read_off_is_reported() -> None:
    by_hand = level(744, "5", BOUNDARY, poll_id=None)
    result = of(replace(known(level(0, "1"), by_hand), removed_at=after(744)))
    assert (result.value, result.status) == (Decimal(4), Status.REPORTED)
    assert words(result) == [Because.READ_BY_A_PERSON]


def test_days_without_a_meter_are_named_and_not_counted() -> None:
    pair = (known(level(0, "1"), level(240, "3")), known(level(480, "0"), level(744, "4")))
    result = of(*meters(240, 480, pair))
    assert (result.value, result.status) == (Decimal(6), Status.MEASURED)
    assert result.completeness == Decimal("0.677419")  # 21 of 31 days, rounded down
    assert [(one.text(), one.hinders) for one in result.reasons] == [
        ("No meter was installed from 2026-01-11T00:00:00Z to 2026-01-21T00:00:00Z.", False)
    ]


def test_days_before_the_first_and_after_the_last_meter_are_named() -> None:
    short = replace(known(level(24, "1"), level(48, "3")), installed_at=after(24), removed_at=after(48))
    assert [one.text() for one in of(short).reasons] == [
        "No meter was installed from 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z.",
        "No meter was installed from 2026-01-03T00:00:00Z to 2026-02-01T00:00:00Z.",
    ]


@pytest.mark.parametrize(("late", "value"), [(36, Decimal(2)), (36.001, None)])
def test_a_meter_installed_within_the_period_opens_with_its_first_register(
    late: float, value: Decimal | None
) -> None:
    new = replace(known(level(480 + late, "12"), level(744, "14")), installed_at=after(480))
    result = of(new)
    assert result.value == value


def test_a_boundary_before_the_first_register_shares_it() -> None:
    """The tolerance counts from the installation; so the bill that closes before it is zero, not absent."""
    new = replace(known(level(30, "12"), level(744, "14")), installed_at=after(0))
    assert of(new, end=20).value is None  # one and the same register: nothing was read
    assert of(new, start=20).value == of(new).value == 2
    assert of(new).completeness == Decimal("0.959677")  # 714 of 744 h


def test_registers_outside_the_installation_do_not_count() -> None:
    early, late = level(-1, "1"), level(745, "99")
    within = replace(known(level(0, "2"), early, late, level(744, "5")), installed_at=after(0))
    assert of(replace(within, removed_at=after(744)), start=-10, end=800).value == 3
    none = replace(known(early, late), installed_at=after(0), removed_at=after(744))
    assert of(none).value is None


def test_records_outside_the_installation_do_not_count() -> None:
    evidence = replace(known(level(0, "2"), level(741, "4"), *hours(741, 744, "1")), removed_at=after(743.5))
    assert closing(of(evidence)) == (Step.NEARBY, Decimal(4))
    evidence = replace(evidence, removed_at=after(744))
    assert closing(of(evidence)) == (Step.RECORDS, Decimal(7))


def test_a_usage_point_without_a_meter_is_absent() -> None:
    result = of()
    assert (result.value, result.status, result.completeness) == (None, Status.ABSENT, Decimal(0))
    assert words(result) == [Because.NO_METER]
    assert (result.opening, result.closing, result.uncertainty) == (None, None, Decimal(0))


def test_an_installation_outside_the_period_does_not_count() -> None:
    earlier = replace(known(), removed_at=after(0))
    later = replace(known(), installed_at=after(744), meter_id=2)
    assert of(earlier, later).segments == ()


def test_two_circuits_add_up_and_the_registers_stay_with_their_segments() -> None:
    second = replace(known(level(0, "5"), level(744, "5.5")), circuit=2)
    result = of(second, known(level(0, "1"), level(744, "3")))
    assert (result.value, result.completeness) == (Decimal("2.5"), Decimal(1))
    assert [one.circuit for one in result.segments] == [1, 2]
    assert (result.opening, result.closing) == (None, None)


def test_one_missing_circuit_makes_the_whole_absent() -> None:
    result = of(known(level(0, "1"), level(744, "3")), replace(known(), circuit=2))
    assert (result.value, result.completeness) == (None, Decimal("0.5"))
    assert words(result) == [Because.NO_LEVEL, Because.NO_LEVEL]
    assert result.reasons[1].text() == (
        "No register of meter 1 is known for 2026-02-01T00:00:00Z, nor anything that leads to it; poll it or "
        "read it on site."
    )


def test_the_worst_part_makes_the_status() -> None:
    calculated = replace(known(level(0, "1"), level(743, "3"), record(743, "1")), circuit=2)
    substituted = replace(known(level(0, "1"), level(644, "3"), level(800, "9")), circuit=3)
    measured = known(level(0, "1"), level(744, "3"))
    assert of(measured, calculated).status is Status.CALCULATED
    assert of(substituted, measured, calculated).status is Status.SUBSTITUTED

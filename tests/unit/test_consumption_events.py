"""Registers that rolled over or were reset; figures are done by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from metering.billing_lines import Status
from metering.evidence import EventKind, RegisterEvent
from metering.readings import Flag
from tests.support.reckoning import of
from tests.support.register_evidence import after, known, level, reported


def test_a_register_that_rolled_over_runs_on() -> None:
    """From 9990 over 10000 to 25: 35."""
    event = RegisterEvent(after(300), EventKind.ROLLOVER, Decimal(9995), Decimal(2), Decimal(10000))
    result = of(known(level(0, "9990"), level(744, "25"), events=(event,)))
    assert (result.value, result.status) == (Decimal(35), Status.MEASURED)


def test_a_register_that_was_reset_runs_on_from_where_it_stood() -> None:
    """From 100 to 110, then from 1 to 6."""
    event = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(1))
    went_back = frozenset({Flag.WENT_BACK})
    result = of(known(level(0, "100"), level(744, "6", flags=went_back), events=(event,)))
    assert result.value == Decimal(15)


def test_two_events_add_up_and_their_order_does_not_matter() -> None:
    first = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(0))
    second = RegisterEvent(after(400), EventKind.RESET, Decimal(5), Decimal(1))
    evidence = known(level(0, "100"), level(744, "6"), events=(first, second))
    assert of(evidence).value == of(replace(evidence, events=(second, first))).value == Decimal(20)


def test_a_level_at_the_instant_of_an_event_stands_after_it() -> None:
    event = RegisterEvent(after(744), EventKind.RESET, Decimal(110), Decimal(1))
    assert of(known(level(0, "100"), level(744, "1"), events=(event,))).value == Decimal(10)
    event = replace(event, at=after(0))
    assert of(known(level(0, "1"), level(744, "3"), events=(event,))).value == Decimal(2)


def test_a_reported_reading_runs_on_as_well() -> None:
    event = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(0))
    assert of(known(level(0, "100"), reported(744, "5"), events=(event,))).value == Decimal(15)


def test_a_register_that_went_back_before_any_event_is_not_valid() -> None:
    event = RegisterEvent(after(745), EventKind.RESET, Decimal(110), Decimal(1))
    bad = level(744, "150", flags=frozenset({Flag.WENT_BACK}))
    assert of(known(level(0, "100"), bad, events=(event,))).value is None


def test_an_event_does_not_excuse_other_flags() -> None:
    event = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(1))
    bad = level(744, "6", flags=frozenset({Flag.WENT_BACK, Flag.IMPLAUSIBLE}))
    assert of(known(level(0, "100"), bad, events=(event,))).value is None


def test_a_register_that_went_back_is_no_negative_bill() -> None:
    result = of(known(level(0, "500"), level(744, "3")))
    assert (result.value, result.status) == (None, Status.ABSENT)
    assert result.reasons[0].hinders
    assert result.reasons[0].text() == (
        "The register of meter 1 went back from 500 at 2026-01-01T00:00:00Z to 3 at 2026-02-01T00:00:00Z: "
        "water ran backwards, or it was reset or replaced; record which."
    )


def test_two_factor_sets_are_not_subtracted() -> None:
    result = of(known(level(0, "1"), level(744, "2", factor_set="kyivenergo")))
    assert (result.value, result.status) == (None, Status.ABSENT)
    assert [(one.text(), one.hinders) for one in result.reasons] == [
        (
            "The registers at 2026-01-01T00:00:00Z and 2026-02-01T00:00:00Z were converted with different "
            "factor sets, exact and kyivenergo.",
            True,
        )
    ]

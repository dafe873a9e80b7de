"""Who is asked first: a person's wish, a bill's deadline, what is about to be lost, and the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from collector.budgets import keeps_by_model
from collector.urgency import Urgency, urgency
from metering.books import BookedMeter, Span
from metering.calendar import ArchiveKind
from metering.plans import Closing, KindPlan, PollPlan
from metering.requests import PollRequest, RequestKind

NOW = datetime(2026, 1, 10, 7, tzinfo=UTC)
MODEL = "kamstrup-multical-603-kmp"
KIND = ArchiveKind.HOUR
DEPTH = keeps_by_model()[MODEL].depths[KIND]
EVERYTHING = {KIND: (Span(NOW - timedelta(days=36500), NOW + timedelta(days=1)),)}
LATER, OPEN = Closing(20, 0, 21), Closing(9, 0, 11)

ROUTINE = BookedMeter(
    *(1, "100", MODEL, "1", "+05:00"),
    registered_at=NOW,
    plan=PollPlan(archives={KIND: KindPlan(DEPTH)}, closing=LATER),
    known=EVERYTHING,
)
LOSING = replace(ROUTINE, known={})
CLOSING = replace(LOSING, plan=replace(LOSING.plan, closing=OPEN))
WANTED = replace(CLOSING, requests=(PollRequest(UUID(int=1), 1, RequestKind.NOW, "anna", NOW),))


def test_the_order_of_a_line() -> None:
    found = sorted((ROUTINE, LOSING, WANTED, CLOSING), key=lambda meter: urgency(meter, NOW))
    assert found == [WANTED, CLOSING, LOSING, ROUTINE]


def test_a_bill_that_has_its_level_does_not_hurry() -> None:
    assert urgency(replace(CLOSING, known=EVERYTHING, level_at=NOW), NOW) is Urgency.ROUTINE


def test_a_model_that_nobody_knows_loses_nothing() -> None:
    assert urgency(replace(LOSING, model="unheard-of"), NOW) is Urgency.ROUTINE


def test_new_records_are_kept_for_long() -> None:
    plan = replace(LOSING.plan, archives={KIND: KindPlan(1)})
    assert urgency(replace(LOSING, plan=plan), NOW) is Urgency.ROUTINE


@dataclass(frozen=True)
class Outline:
    """A meter without its slots."""

    zone: str = "+05:00"
    plan: PollPlan = LOSING.plan
    level_at: datetime | None = None
    waiting_requests: int = 0


def test_an_outline_is_judged_by_wishes_and_bills() -> None:
    assert urgency(Outline(waiting_requests=1), NOW) is Urgency.REQUEST
    assert urgency(Outline(plan=PollPlan(closing=OPEN)), NOW) is Urgency.CLOSING
    assert urgency(Outline(), NOW) is Urgency.ROUTINE

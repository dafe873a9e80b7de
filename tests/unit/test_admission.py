"""A point's readings stand on bills between its admission and withdrawal, and while all is verified.

The rules are those of the metering standard: a point withdrawn or with one component past its verification is
not admitted as a whole.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from metering.acts import ActEntry, ActKind
from metering.admission import InstalledComponent, Verdict, unverified, verdicts
from metering.calendar import BillingPeriod, MeterZone, Slot
from metering.components import Component, ComponentKind
from metering.reasons import Because

ALMATY = MeterZone("+05:00")
JANUARY = BillingPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def day(number: int, month: int = 1, hour: int = 0) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ADMITTED = ActEntry("ОПУ-АД-1", ActKind.ADMISSION, LONG_AGO)


def act(kind: ActKind, at: datetime, number: str = "7") -> ActEntry:
    return ActEntry(number, kind, at)


def installed(
    due: date | None,
    *,
    since: date = date(2020, 1, 1),
    until: date | None = None,
    installed_at: datetime = LONG_AGO,
    removed_at: datetime | None = None,
    kind: ComponentKind = ComponentKind.FLOW_SUPPLY,
) -> InstalledComponent:
    return InstalledComponent(
        Component(kind, "ПРЭМ-50", "518", verification_due=due), since, until, installed_at, removed_at
    )


def judged(
    acts: list[ActEntry], *components: InstalledComponent, acts_required: bool = True
) -> list[Verdict]:
    return verdicts(JANUARY, acts, components, acts_required, ALMATY)


def words(found: list[Verdict]) -> list[tuple[datetime, list[Because]]]:
    return [(one.span.start, [each.word for each in one.reasons]) for one in found]


def test_a_point_without_any_act_was_never_admitted() -> None:
    (only,) = judged([])
    assert (only.span, only.admissible) == (Slot(JANUARY.start, JANUARY.end), False)
    assert [one.word for one in only.reasons] == [Because.NEVER_ADMITTED]
    assert all(one.hinders for one in only.reasons)


def test_where_acts_are_not_required_a_point_without_one_is_admitted() -> None:
    assert words(judged([], acts_required=False)) == [(JANUARY.start, [])]


def test_a_withdrawal_counts_though_acts_are_not_required() -> None:
    found = judged([act(ActKind.WITHDRAWAL, day(10))], acts_required=False)
    assert words(found) == [(JANUARY.start, []), (day(10), [Because.WITHDRAWN])]


def test_before_its_first_admission_a_point_was_not_yet_admitted() -> None:
    found = judged([act(ActKind.ADMISSION, day(10, hour=7), "ОПУ-АД-2")])
    assert words(found) == [(JANUARY.start, [Because.NOT_YET_ADMITTED]), (day(10, hour=7), [])]
    (why,) = found[0].reasons
    assert why.particulars == (("at", "2026-01-10T07:00:00Z"), ("number", "ОПУ-АД-2"))
    assert why.text() == (
        "The point was admitted to commercial use only on 2026-01-10T07:00:00Z, by act ОПУ-АД-2."
    )


def test_withdrawn_and_admitted_again_within_one_period() -> None:
    acts = [ADMITTED, act(ActKind.WITHDRAWAL, day(10), "ОПУ-АИ-3"), act(ActKind.ADMISSION, day(20))]
    found = judged(acts)
    assert words(found) == [(JANUARY.start, []), (day(10), [Because.WITHDRAWN]), (day(20), [])]
    assert dict(found[1].reasons[0].particulars) == {"at": "2026-01-10T00:00:00Z", "number": "ОПУ-АИ-3"}


def test_a_second_withdrawal_does_not_move_the_first() -> None:
    acts = [ADMITTED, act(ActKind.WITHDRAWAL, day(10), "first"), act(ActKind.WITHDRAWAL, day(15), "second")]
    found = judged(acts)
    assert [one.span.start for one in found] == [JANUARY.start, day(10)]
    assert ("number", "first") in found[1].reasons[0].particulars


def test_an_inspection_changes_nothing() -> None:
    assert words(judged([ADMITTED, act(ActKind.INSPECTION, day(9))])) == [(JANUARY.start, [])]


def test_of_two_acts_at_one_instant_the_later_one_counts() -> None:
    acts = [ADMITTED, act(ActKind.WITHDRAWAL, day(10)), act(ActKind.ADMISSION, day(10))]
    assert words(judged(acts)) == [(JANUARY.start, [])]


def test_an_act_at_the_start_of_the_period_is_of_the_period_and_one_at_its_end_is_not() -> None:
    acts = [act(ActKind.ADMISSION, JANUARY.start), act(ActKind.WITHDRAWAL, JANUARY.end)]
    assert words(judged(acts)) == [(JANUARY.start, [])]


def test_a_verification_is_valid_through_its_last_day_in_the_zone_of_the_point() -> None:
    """15 January ends in Almaty at 19:00 UTC."""
    found = judged([ADMITTED], installed(date(2026, 1, 15)))
    assert words(found) == [(JANUARY.start, []), (day(15, hour=19), [Because.VERIFICATION_PAST])]
    assert found[1].reasons[0].text() == (
        "The verification of the flow supply 518 was valid through 2026-01-15 only."
    )


def test_a_component_whose_verification_is_not_known_is_not_verified() -> None:
    assert words(judged([ADMITTED], installed(None))) == [(JANUARY.start, [Because.VERIFICATION_UNKNOWN])]


def test_a_component_verified_anew_goes_on() -> None:
    before = installed(date(2026, 1, 9), until=date(2026, 1, 12))
    after = installed(date(2030, 1, 12), since=date(2026, 1, 12))
    found = judged([ADMITTED], before, after)
    assert words(found) == [
        (JANUARY.start, []),
        (day(9, hour=19), [Because.VERIFICATION_PAST]),
        (day(11, hour=19), []),
    ]


@pytest.mark.parametrize(
    ("installed_at", "removed_at", "starts"),
    [
        (LONG_AGO, day(10), [JANUARY.start, day(10)]),
        (day(10), None, [JANUARY.start, day(10)]),
        (day(10), day(20), [JANUARY.start, day(10), day(20)]),
        (LONG_AGO, JANUARY.start, [JANUARY.start]),
        (JANUARY.end, None, [JANUARY.start]),
    ],
    ids=["removed", "installed", "for a while", "removed before", "installed after"],
)
def test_a_component_counts_while_its_meter_is_installed(
    installed_at: datetime, removed_at: datetime | None, starts: list[datetime]
) -> None:
    past = installed(date(2025, 1, 1), installed_at=installed_at, removed_at=removed_at)
    assert [one.span.start for one in judged([ADMITTED], past)] == starts


def test_a_replacement_of_one_verified_meter_by_another_splits_nothing() -> None:
    old = installed(date(2027, 1, 1), removed_at=day(16))
    new = installed(date(2029, 1, 1), installed_at=day(16))
    assert words(judged([ADMITTED], old, new)) == [(JANUARY.start, [])]


def test_every_reason_is_told_at_once() -> None:
    past = [installed(date(2025, 1, 1), kind=kind) for kind in (ComponentKind.CALCULATOR, *FLOWS)]
    (only,) = judged([], *past)
    assert [one.word for one in only.reasons] == [Because.NEVER_ADMITTED, *[Because.VERIFICATION_PAST] * 3]


FLOWS = (ComponentKind.FLOW_SUPPLY, ComponentKind.FLOW_RETURN)


def test_on_its_last_day_a_component_is_verified_and_at_midnight_not_any_more() -> None:
    one = [Component(ComponentKind.CALCULATOR, "ТВ7", "1", verification_due=date(2026, 1, 15))]
    assert not list(unverified(one, day(15, hour=18), ALMATY))
    assert list(unverified(one, day(15, hour=19), ALMATY))

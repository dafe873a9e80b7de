"""Hours rebuilt from levels: on what they rest, and when there are none. Values by arithmetic in the test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise
from uuid import UUID

import pytest

from metering.calendar import MeterZone, Slot
from metering.evidence import DISQUALIFYING, RegisterReading, RegisterSource
from metering.readings import Flag
from metering.rebuilding import NotRebuilt, RebuiltHour, hours_within, rebuilt_hours

MIDNIGHT = datetime(2026, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LAW = "+06:00;2024-02-29T18:00:00Z=+05:00"
FORWARD = "+05:00;2024-02-29T19:00:00Z=+06:00"


def level(at: timedelta, value: str, *flags: Flag, factor_set: str = "exact") -> RegisterReading:
    """A level so long after midnight."""
    return RegisterReading(
        MIDNIGHT + at,
        Decimal(value),
        *("energy_heating", 1, 7, RegisterSource.SNAPSHOT, UUID(int=1), 2, Decimal(value), "Gcal"),
        *(Decimal(1), factor_set, frozenset(flags)),
    )


def hour(number: int) -> Slot:
    return Slot(MIDNIGHT + number * HOUR, MIDNIGHT + (number + 1) * HOUR)


def rebuilt(number: int, *levels: RegisterReading) -> RebuiltHour:
    (found,) = rebuilt_hours([hour(number)], levels)
    return found


def test_levels_at_the_borders_give_what_the_meter_counted() -> None:
    found = rebuilt(1, level(HOUR, "10.000"), level(2 * HOUR, "10.125"))
    assert (found.value, found.certain, found.span) == (Decimal("0.125"), True, HOUR)


@pytest.mark.parametrize(
    ("late", "certain"), [(MINUTE, True), (MINUTE + timedelta(seconds=1), False)], ids=["a minute", "more"]
)
def test_a_level_next_to_the_border_is_as_good(late: timedelta, certain: bool) -> None:
    assert rebuilt(1, level(HOUR - late, "10"), level(2 * HOUR + late, "11")).certain is certain


def test_an_hour_between_distant_levels_has_its_share() -> None:
    """4 hours, 2 Gcal: half a Gcal in each."""
    found = rebuilt(2, level(HOUR, "10"), level(5 * HOUR, "12"))
    assert (found.value, found.certain, found.span) == (Decimal("0.5"), False, 4 * HOUR)
    assert (found.opening, found.closing) == (level(HOUR, "10"), level(5 * HOUR, "12"))


def test_levels_within_the_hour_are_used() -> None:
    """At 01:00 it stood at 10 + 1/2 and at 02:00 at 14: the second half hour took most."""
    levels = [level(HOUR / 2, "10"), level(3 * HOUR / 2, "11"), level(2 * HOUR, "14")]
    assert rebuilt(1, *levels).value == Decimal("3.5")


def test_a_register_that_stood_still_gained_nothing() -> None:
    levels = [level(HOUR / 3, "10.123456789"), level(7 * HOUR / 3, "10.123456789")]
    assert rebuilt(1, *levels).value == 0


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ([], NotRebuilt.NO_LEVEL_BEFORE),
        ([level(2 * HOUR, "10")], NotRebuilt.NO_LEVEL_BEFORE),
        ([level(HOUR, "10")], NotRebuilt.NO_LEVEL_AFTER),
        ([level(HOUR, "10"), level(3 * HOUR / 2, "11")], NotRebuilt.NO_LEVEL_AFTER),
        ([level(-6 * HOUR, "10"), level(2 * HOUR, "11")], NotRebuilt.NO_LEVEL_BEFORE),
        ([level(HOUR, "10"), level(9 * HOUR, "11")], NotRebuilt.NO_LEVEL_AFTER),
        ([level(-3 * HOUR, "10"), level(5 * HOUR, "11")], NotRebuilt.TOO_FAR_APART),
        ([level(HOUR, "10"), level(2 * HOUR, "9")], NotRebuilt.WENT_BACK),
        ([level(HOUR, "10"), level(3 * HOUR / 2, "9"), level(2 * HOUR, "11")], NotRebuilt.WENT_BACK),
        ([level(HOUR, "10"), level(2 * HOUR, "11", factor_set="kyivenergo")], NotRebuilt.FACTORS_DIFFER),
    ],
)
def test_what_cannot_be_rebuilt_says_why(levels: list[RegisterReading], reason: NotRebuilt) -> None:
    found = rebuilt(1, *levels)
    assert (found.value, found.absence, found.certain) == (None, reason, False)


def test_six_hours_are_the_longest_span() -> None:
    assert rebuilt(1, level(HOUR, "10"), level(7 * HOUR, "16")).value == 1
    assert rebuilt(1, level(HOUR, "10"), level(7 * HOUR + MINUTE, "16")).absence is NotRebuilt.TOO_FAR_APART


@pytest.mark.parametrize("flag", sorted(DISQUALIFYING))
def test_a_level_no_bill_may_rest_on_is_left_out(flag: Flag) -> None:
    between = level(3 * HOUR / 2, "99999", flag)
    assert rebuilt(1, level(HOUR, "10"), between, level(2 * HOUR, "11")).value == 1


def test_a_level_in_lesser_doubt_is_used() -> None:
    assert rebuilt(1, level(HOUR, "10", Flag.CLOCK_DRIFT), level(2 * HOUR, "11")).value == 1


def test_where_a_register_was_reset_only_the_hours_across_it_are_lacking() -> None:
    levels = [level(number * HOUR, value) for number, value in enumerate(["10", "11", "0", "2"])]
    found = rebuilt_hours(map(hour, range(3)), levels)
    assert [one.value for one in found] == [1, None, 2]


def starts(slots: Iterable[Slot]) -> list[str]:
    return [f"{slot.start:%H:%M}" for slot in slots]


def test_the_hours_of_a_zone_with_half_an_hour() -> None:
    """Kolkata is at +05:30."""
    found = list(hours_within(MeterZone("Asia/Kolkata"), MIDNIGHT, MIDNIGHT + 3 * HOUR))
    assert starts(found) == ["00:30", "01:30", "02:30"]
    assert {slot.end - slot.start for slot in found} == {HOUR}


@pytest.mark.parametrize(
    ("zone", "since", "expected", "longest"),
    [
        (LAW, datetime(2024, 2, 29, 16, tzinfo=UTC), ["16:00", "17:00", "19:00", "20:00"], 2 * HOUR),
        (FORWARD, datetime(2024, 2, 29, 17, tzinfo=UTC), ["17:00", "18:00", "19:00", "20:00"], HOUR),
    ],
    ids=["put back: one record of two hours", "put forward: none between"],
)
def test_a_change_of_zone_makes_hours_as_the_archive_has_them(
    zone: str, since: datetime, expected: list[str], longest: timedelta
) -> None:
    found = list(islice(hours_within(MeterZone(zone), since, since + 48 * HOUR), 4))
    assert starts(found) == expected
    assert max(slot.end - slot.start for slot in found) == longest
    assert all(earlier.end == later.start for earlier, later in pairwise(found))


def test_an_hour_that_began_before_is_left_out() -> None:
    second_half = datetime(2024, 2, 29, 18, 30, tzinfo=UTC)
    assert starts(hours_within(MeterZone(LAW), second_half, second_half + HOUR)) == ["19:00"]


def test_levels_are_told_by_what_they_were_read_from() -> None:
    record = replace(level(HOUR, "10"), source=RegisterSource.TOTAL)
    assert rebuilt(1, record, level(2 * HOUR, "11")).opening == record

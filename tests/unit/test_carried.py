"""Books carried on by reports: every rule by a report of its own, spans by properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.books import BookedMeter, LineBook, SimMonth, Span, Spent
from metering.calendar import ArchiveKind, Slot, slot_start
from metering.carried import carried_on, contains, merged
from metering.meters import MeterConfiguration
from metering.polls import Budget, Direction, Frame, HoldReason, Outcome, PollHistory, PollReport
from metering.quantities import quantity
from metering.readings import (
    ArchiveReadings,
    Flag,
    GapReason,
    MeterValue,
    MissingSlot,
    Reading,
    SnapshotReadings,
)
from metering.requests import PollRequest, RequestKind

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
VOLUME = quantity("volume")
METER = BookedMeter(1, "77", "tem-104", "1", "+05:00", AT - 100 * HOUR)
BOOK = LineBook(4, "tcp://10.0.0.5:4001", None, None, None, (METER, replace(METER, id=2)), AT - 10 * HOUR)


def report(outcome: Outcome = Outcome.OK) -> PollReport:
    return PollReport(UUID(int=9), 1, "almaty", AT - timedelta(minutes=1), AT, outcome)


def reading(value: str, *flags: Flag) -> Reading:
    return Reading(
        VOLUME,
        1,
        Decimal(value),
        Decimal(value) * 1000,
        "l",
        Decimal("0.001"),
        "exact",
        None,
        frozenset(flags),
    )


def hour(number: int) -> Slot:
    return Slot(MIDNIGHT + number * HOUR, MIDNIGHT + (number + 1) * HOUR)


def record(kind: ArchiveKind, slot: Slot) -> ArchiveReadings:
    return ArchiveReadings(kind, slot, slot.start.replace(tzinfo=None), (reading("5"),), 1)


def snapshot(value: str, at: datetime = AT, *flags: Flag) -> SnapshotReadings:
    return SnapshotReadings(at, None, (reading(value, *flags),), 1)


def carried(brought: PollReport, meter: BookedMeter = METER) -> BookedMeter:
    return carried_on(replace(BOOK, meters=(meter,)), brought).meters[0]


def test_other_meters_stay_as_they_are() -> None:
    book = carried_on(BOOK, report())
    assert book.meters[1] == BOOK.meters[1]
    assert (book.as_of, book.last_poll) == (BOOK.as_of, UUID(int=9))


@pytest.mark.parametrize(
    ("outcome", "failures"),
    [
        (Outcome.OK, 0),
        (Outcome.PARTLY_READ, 5),
        (Outcome.METER_SILENT, 5),
        (Outcome.NO_LINK, 5),
        (Outcome.ARCHIVE_ABSENT, 5),
    ],
)
def test_failures_in_a_row(outcome: Outcome, failures: int) -> None:
    history = PollHistory(AT - HOUR, 4, Outcome.NO_LINK, AT - 9 * HOUR)
    after = carried(report(outcome), replace(METER, history=history)).history
    assert after == PollHistory(AT, failures, outcome, AT - 9 * HOUR)


def test_a_part_of_an_archive_makes_one_failure_of_any_number() -> None:
    brought = replace(report(Outcome.PARTLY_READ), archive=(record(ArchiveKind.HOUR, hour(3)),))
    history = PollHistory(AT - HOUR, 4, Outcome.NO_LINK)
    assert carried(brought, replace(METER, history=history)).history.failures == 1


def test_a_battery_that_gave_its_polls_is_spared_without_the_database_too() -> None:
    meter = replace(METER, spent=Spent(polls=(AT - 23 * HOUR, AT - 2 * HOUR), polls_allowed=3))
    free = carried(report(Outcome.NO_LINK), meter).history
    assert (free.spared_until, free.budget) == (None, None)
    spared = carried(report(Outcome.METER_SILENT), meter).history
    assert (spared.spared_until, spared.budget) == (AT + HOUR, Budget.BATTERY)


@pytest.mark.parametrize(
    ("last_at", "expected"),
    [
        (AT, (slot_start(ArchiveKind.MONTH, AT + timedelta(days=32)), Budget.AIR_TIME)),
        (AT - timedelta(days=32), (None, None)),
    ],
    ids=["this month", "what was talked last month is past"],
)
def test_air_time_that_is_used_up_spares_the_meter_until_the_month_ends(
    last_at: datetime, expected: tuple[datetime | None, Budget | None]
) -> None:
    plan = replace(METER.plan, air_time=timedelta(minutes=60))
    meter = replace(METER, plan=plan, history=PollHistory(last_at), spent=Spent(talked=timedelta(minutes=59)))
    brought = replace(report(), started_at=AT - timedelta(minutes=1), finished_at=AT)
    history = carried(brought, meter).history
    assert (history.spared_until, history.budget) == expected


def exchange(sent: int, received: int) -> tuple[Frame, ...]:
    return (
        Frame(1, AT, Direction.SENT, bytes(sent)),
        Frame(2, AT, Direction.RECEIVED, bytes(received)),
    )


@pytest.mark.parametrize(
    ("left", "until", "after"),
    [
        (31, AT + HOUR, SimMonth(1000, 1, AT + HOUR)),
        (30, AT + HOUR, SimMonth(1000, 0, AT + HOUR)),
        (30, AT, SimMonth(1000, 970, AT + timedelta(days=31))),
        (0, AT - timedelta(days=28), SimMonth(1000, 970, AT + timedelta(days=31))),
    ],
    ids=["a byte is left", "spent", "March has begun", "February and March have begun"],
)
def test_the_traffic_of_a_line_is_counted_without_the_database(
    left: int, until: datetime, after: SimMonth
) -> None:
    book = replace(BOOK, sim=SimMonth(1000, left, until))
    carried = carried_on(book, replace(report(), frames=exchange(10, 20)))
    assert carried.sim == after
    spared = (until, Budget.TRAFFIC) if after.left == 0 else (None, None)
    assert {(one.history.spared_until, one.history.budget) for one in carried.meters} == {spared}


def test_a_budget_that_spares_a_meter_for_longer_than_the_sim_stays() -> None:
    history = PollHistory(AT, spared_until=AT + 9 * HOUR, budget=Budget.AIR_TIME)
    meters = (METER, replace(METER, id=2, history=history))
    book = replace(BOOK, meters=meters, sim=SimMonth(1000, 5, AT + HOUR))
    first, second = carried_on(book, replace(report(), frames=exchange(2, 3))).meters
    assert (first.history.spared_until, first.history.budget) == (AT + HOUR, Budget.TRAFFIC)
    assert second.history == history


@pytest.mark.parametrize("outcome", [Outcome.OVER_BUDGET, Outcome.STORAGE_AWAY])
def test_a_poll_that_asked_nobody_for_our_reasons_is_no_failure(outcome: Outcome) -> None:
    history = PollHistory(AT - HOUR, 4, Outcome.NO_LINK)
    assert carried(report(outcome), replace(METER, history=history)).history == history


def test_anything_read_makes_it_read() -> None:
    brought = replace(report(Outcome.PARTLY_READ), archive=(record(ArchiveKind.HOUR, hour(3)),))
    assert carried(brought).history.read_at == AT


def test_stored_and_held_slots_are_known_and_neighbours_become_one_span() -> None:
    known = {ArchiveKind.HOUR: (Span(hour(1).start, hour(2).start),)}
    slots = [hour(2), hour(5)]
    for held in (None, HoldReason.CLOCK_WRONG):
        brought = replace(
            report(), archive=tuple(record(ArchiveKind.HOUR, slot) for slot in slots), held=held
        )
        assert carried(brought, replace(METER, known=known)).known == {
            ArchiveKind.HOUR: (Span(hour(1).start, hour(3).start), Span(hour(5).start, hour(6).start))
        }


def test_a_slot_the_meter_lacks_is_known_after_so_many_answers() -> None:
    meter = METER
    gap = MissingSlot(ArchiveKind.HOUR, hour(2), GapReason.NO_RECORD)
    for asked in (1, 2, 3):
        assert meter.known == {}
        meter = carried(replace(report(), gaps=(gap, gap)), meter)
        assert meter.asked == {ArchiveKind.HOUR: {hour(2).start: asked}}
    assert meter.known == {ArchiveKind.HOUR: (Span(hour(2).start, hour(3).start),)}


@pytest.mark.parametrize(
    ("reason", "slot"),
    [(GapReason.NO_RECORD, hour(10)), (GapReason.NOT_YET_CLOSED, hour(2))],
    ids=["asked an hour after its end", "not yet closed"],
)
def test_what_may_still_come_never_becomes_known(reason: GapReason, slot: Slot) -> None:
    meter = METER
    for _ in range(5):
        meter = carried(replace(report(), gaps=(MissingSlot(ArchiveKind.HOUR, slot, reason),)), meter)
    assert meter.known == {}


def test_a_record_that_came_after_all_is_no_gap() -> None:
    meter = replace(METER, asked={ArchiveKind.HOUR: {hour(2).start: 2, hour(3).start: 1}})
    brought = replace(report(), archive=(record(ArchiveKind.HOUR, hour(2)),))
    assert carried(brought, meter).asked == {ArchiveKind.HOUR: {hour(3).start: 1}}


def test_levels_are_the_last_valid_ones_in_the_meters_units() -> None:
    meter = replace(METER, levels=(MeterValue(VOLUME, "l", Decimal(9000)),))
    assert carried(replace(report(), snapshots=(snapshot("10"),)), meter).levels == (
        MeterValue(VOLUME, "l", Decimal(10_000)),
    )
    doubtful = replace(report(), snapshots=(snapshot("1", AT, Flag.WENT_BACK),))
    assert carried(doubtful, meter).levels == meter.levels
    assert carried(doubtful, meter).level_at is None


def test_the_newest_level_is_a_snapshots_or_a_totals() -> None:
    total = replace(report(), archive=(record(ArchiveKind.TOTAL, hour(0)), record(ArchiveKind.HOUR, hour(5))))
    assert carried(total).level_at == MIDNIGHT
    assert carried(replace(total, snapshots=(snapshot("1"),))).level_at == AT
    assert carried(total, replace(METER, level_at=AT)).level_at == AT


def test_what_is_held_teaches_neither_levels_nor_settings() -> None:
    settings = MeterConfiguration({"scheme": "2"})
    brought = replace(report(), snapshots=(snapshot("10"),), configuration=settings)
    assert carried(brought).configuration == settings
    after = carried(replace(brought, held=HoldReason.REGISTER_RESET))
    assert (after.levels, after.level_at, after.configuration) == ((), None, None)


def test_a_wish_that_was_fulfilled_is_gone() -> None:
    wishes = tuple(PollRequest(UUID(int=number), 1, RequestKind.NOW, "aigul", AT - HOUR) for number in (1, 2))
    meter = replace(METER, requests=wishes)
    assert carried(replace(report(), request_id=UUID(int=1)), meter).requests == wishes[1:]
    assert carried(report(), meter).requests == wishes


HOURS = st.integers(0, 60)
SPANS = st.lists(
    st.builds(lambda first, end: Span(MIDNIGHT + first * HOUR, MIDNIGHT + end * HOUR), HOURS, HOURS),
    max_size=12,
)


@given(SPANS)
def test_merged_spans_hold_the_same_starts_sorted_and_apart(spans: list[Span]) -> None:
    after = merged(spans)
    assert all(span.first < span.end for span in after)
    assert all(before.end < later.first for before, later in pairwise(after))
    for number in range(62):
        start = MIDNIGHT + number * HOUR
        assert contains(after, start) == any(span.first <= start < span.end for span in spans)


@given(SPANS)
def test_merging_again_changes_nothing(spans: list[Span]) -> None:
    assert merged(merged(spans)) == merged(spans)

"""Which slots should be stored, when a memory loses them, when a bill closes: counted from the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slot_at
from metering.plans import Closing, Keeps, PollPlan
from metering.readings import GapReason
from metering.wanted import (
    ClosingTimes,
    is_settled,
    lost_at,
    open_closing,
    wanted_between,
    wanted_slots,
)

NOON = datetime(2026, 3, 15, 12, 34, 56)
ALMATY = MeterZone("Asia/Almaty")


def keeps(totals_every: ArchiveKind = ArchiveKind.DAY, **depths: int) -> Keeps:
    return Keeps({ArchiveKind(kind): depth for kind, depth in depths.items()}, totals_every)


def starts(slots: list[MeterSlot]) -> list[str]:
    return [f"{slot.start:%m-%d %H}" for slot in slots]


@pytest.mark.parametrize(
    ("kind", "count", "expected"),
    [
        (ArchiveKind.HOUR, 3, ["03-15 09", "03-15 10", "03-15 11"]),
        (ArchiveKind.DAY, 2, ["03-13 00", "03-14 00"]),
        (ArchiveKind.MONTH, 2, ["01-01 00", "02-01 00"]),
        (ArchiveKind.TOTAL, 2, ["03-14 00", "03-15 00"]),
    ],
)
def test_only_closed_slots_are_wanted(kind: ArchiveKind, count: int, expected: list[str]) -> None:
    assert starts(wanted_slots(kind, count, keeps(**{kind.value: 100}), NOON)) == expected


def test_totals_by_the_month_are_wanted_at_the_first_days() -> None:
    found = wanted_slots(ArchiveKind.TOTAL, 40, keeps(ArchiveKind.MONTH, total=3), NOON)
    assert starts(found) == ["01-01 00", "02-01 00", "03-01 00"]


def test_the_depth_of_the_memory_cuts_the_plan() -> None:
    assert len(wanted_slots(ArchiveKind.HOUR, 72, keeps(hour=5), NOON)) == 5
    assert len(wanted_slots(ArchiveKind.MONTH, 120, keeps(month=84), NOON)) == 84
    assert wanted_slots(ArchiveKind.HOUR, 72, keeps(day=5), NOON) == []
    assert wanted_slots(ArchiveKind.HOUR, 0, keeps(hour=5), NOON) == []


def test_a_day_wants_24_hours_of_a_meter_that_keeps_them() -> None:
    day = slot_at(ArchiveKind.DAY, datetime(2026, 3, 14))
    assert len(wanted_between(ArchiveKind.HOUR, keeps(hour=1), day.start, day.end)) == 24
    assert wanted_between(ArchiveKind.HOUR, keeps(day=1), day.start, day.end) == []
    monthly = keeps(ArchiveKind.MONTH, total=1)
    assert wanted_between(ArchiveKind.TOTAL, monthly, day.start, day.end) == []


@pytest.mark.parametrize(
    ("kind", "totals_every", "depth", "start", "expected"),
    [
        ("hour", ArchiveKind.DAY, 3, datetime(2026, 3, 15, 9), datetime(2026, 3, 15, 13)),
        ("day", ArchiveKind.DAY, 62, datetime(2026, 3, 14), datetime(2026, 5, 16)),
        ("month", ArchiveKind.DAY, 12, datetime(2026, 3, 1), datetime(2027, 4, 1)),
        ("total", ArchiveKind.DAY, 2, datetime(2026, 3, 14), datetime(2026, 3, 16)),
        ("total", ArchiveKind.MONTH, 24, datetime(2026, 12, 1), datetime(2028, 12, 1)),
    ],
)
def test_a_new_record_takes_the_place_of_the_oldest(
    kind: str, totals_every: ArchiveKind, depth: int, start: datetime, expected: datetime
) -> None:
    slot = slot_at(ArchiveKind(kind), start)
    assert lost_at(ArchiveKind(kind), slot, keeps(totals_every, **{kind: depth})) == expected


@pytest.mark.parametrize("kind", list(ArchiveKind))
@pytest.mark.parametrize("totals_every", [ArchiveKind.DAY, ArchiveKind.MONTH])
def test_what_is_wanted_is_what_is_not_lost(kind: ArchiveKind, totals_every: ArchiveKind) -> None:
    """Two ways to say what a full memory holds: the newest records, and those whose place is not taken."""
    memory = keeps(totals_every, **{kind.value: 5})
    for hours in range(0, 24 * 70, 7):
        now = NOON + timedelta(hours=hours)
        oldest, *_ = wanted_slots(kind, 5, memory, now)
        assert lost_at(kind, oldest, memory) > now
        before = wanted_between(kind, memory, oldest.start - timedelta(days=62), oldest.start)[-1]
        assert lost_at(kind, before, memory) <= now


@pytest.mark.parametrize(
    ("closing", "closes", "due"),
    [
        (Closing(24, 0, 25), (1, 23, 19), (1, 25, 19)),
        (Closing(24, 10, 26), (1, 24, 5), (1, 26, 19)),
        (Closing(28, 0, 2), (1, 27, 19), (2, 2, 19)),
        (Closing(1, 0, 3), (1, 31, 19), (2, 3, 19)),
        (Closing(31, 6, 5), (1, 31, 1), (2, 5, 19)),
        (Closing(31, 6, 5), (2, 28, 1), (3, 5, 19)),
        (Closing(31, 6, 5), (4, 30, 1), (5, 5, 19)),
    ],
    ids=["usual", "at ten", "due in the next month", "first of the next", "last day", "February", "30 days"],
)
def test_a_bill_closes_by_the_meter_s_zone(
    closing: Closing, closes: tuple[int, int, int], due: tuple[int, int, int]
) -> None:
    """Almaty is at UTC+5: its midnight is 19:00 UTC of the day before."""
    plan, at = PollPlan(closing=closing), datetime(2026, *closes, tzinfo=UTC)
    assert open_closing(plan, at, ALMATY) == ClosingTimes(at, datetime(2026, *due, tzinfo=UTC))
    assert open_closing(plan, at - timedelta(seconds=1), ALMATY).closes_at < at


def test_the_open_closing_is_never_ahead() -> None:
    plan = PollPlan(closing=Closing(24, 0, 25))
    before = open_closing(plan, datetime(2026, 3, 10, tzinfo=UTC), ALMATY)
    since = open_closing(plan, datetime(2026, 3, 24, tzinfo=UTC), ALMATY)
    assert (before.closes_at.month, since.closes_at.month) == (2, 3)


CLOSES, DUE = datetime(2026, 1, 23, 19, tzinfo=UTC), datetime(2026, 1, 25, 19, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("level_at", "now", "lacking"),
    [
        (None, CLOSES, True),
        (CLOSES - SECOND, CLOSES, True),
        (CLOSES, CLOSES, False),
        (None, CLOSES - SECOND, False),
        (None, DUE - SECOND, True),
        (None, DUE, False),
    ],
)
def test_a_bill_waits_from_its_closing_to_its_deadline(
    level_at: datetime | None, now: datetime, lacking: bool
) -> None:
    assert ClosingTimes(CLOSES, DUE).lacking(level_at, now) is lacking


@pytest.mark.parametrize(("day", "hours"), [(datetime(2026, 3, 29), 23), (datetime(2026, 10, 25), 25)])
def test_days_of_changed_clocks_have_their_hours(day: datetime, hours: int) -> None:
    """EU rule: summer time from 29 March to 25 October 2026."""
    slot = MeterZone("Europe/Kyiv").slot(slot_at(ArchiveKind.DAY, day))
    assert slot.end - slot.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("reason", "hours", "asked", "settled"),
    [
        (None, None, 0, True),
        (GapReason.NO_RECORD, 0.1, 9, False),
        (GapReason.NO_RECORD, 24, 2, False),
        (GapReason.NO_RECORD, 24, 3, True),
        (GapReason.OUT_OF_DEPTH, 1000, 3, True),
        (GapReason.NOT_YET_CLOSED, -0.5, 9, False),
        (GapReason.NOT_YET_CLOSED, 24, 9, False),
        (GapReason.UNREADABLE, 24, 2, False),
        (GapReason.UNREADABLE, 24, 3, True),
    ],
)
def test_a_slot_is_asked_again_while_its_record_may_still_come(
    reason: GapReason | None, hours: float | None, asked: int, settled: bool
) -> None:
    heard_after = None if hours is None else timedelta(hours=hours)
    assert is_settled(reason, heard_after, asked, most_asked=3) is settled

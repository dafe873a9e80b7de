"""Which slots a poll asks for: counted by hand from the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.gaps import ArchivePlan, ArchiveRange, is_settled, missing_slots
from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slot_at
from metering.readings import GapReason
from protocols.driver import DriverInfo, Verification

NOON = datetime(2026, 3, 15, 12, 34, 56)


def info(totals_every: ArchiveKind = ArchiveKind.DAY, **depths: int) -> DriverInfo:
    return DriverInfo(
        model="m",
        protocol="p",
        maker="k",
        title="t",
        manual="d",
        verification=Verification.NOT_ON_HARDWARE,
        depths={ArchiveKind(kind): depth for kind, depth in depths.items()},
        totals_every=totals_every,
    )


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
    plan = ArchivePlan({kind: count})
    assert starts(plan.slots(kind, info(**{kind.value: 100}), NOON)) == expected


def test_totals_by_the_month_are_wanted_at_the_first_days() -> None:
    plan = ArchivePlan({ArchiveKind.TOTAL: 40})
    found = plan.slots(ArchiveKind.TOTAL, info(ArchiveKind.MONTH, total=3), NOON)
    assert starts(found) == ["01-01 00", "02-01 00", "03-01 00"]


def test_the_depth_of_the_memory_cuts_the_plan() -> None:
    plan = ArchivePlan({ArchiveKind.HOUR: 72})
    assert len(plan.slots(ArchiveKind.HOUR, info(hour=5), NOON)) == 5
    assert plan.slots(ArchiveKind.HOUR, info(day=5), NOON) == []


def test_a_range_holds_the_closed_slots_of_its_kind() -> None:
    wanted = ArchiveRange(ArchiveKind.HOUR, datetime(2026, 3, 15, 10), datetime(2026, 3, 15, 14))
    assert starts(wanted.slots(ArchiveKind.HOUR, info(hour=9), NOON)) == ["03-15 10", "03-15 11"]
    assert wanted.slots(ArchiveKind.DAY, info(day=9), NOON) == []


def test_missing_slots_come_newest_first() -> None:
    wanted = [slot_at(ArchiveKind.HOUR, datetime(2026, 3, 15, hour)) for hour in (8, 9, 10)]
    known = [datetime(2026, 3, 15, 4, tzinfo=UTC)]
    assert starts(missing_slots(wanted, known, MeterZone("+05:00"))) == ["03-15 10", "03-15 08"]


@pytest.mark.parametrize(("day", "hours"), [(datetime(2026, 3, 29), 23), (datetime(2026, 10, 25), 25)])
def test_days_of_changed_clocks_have_their_hours(day: datetime, hours: int) -> None:
    """EU rule: summer time from 29 March to 25 October 2026."""
    slot = MeterZone("Europe/Kyiv").slot(slot_at(ArchiveKind.DAY, day))
    assert slot.end - slot.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("reason", "hours", "settled"),
    [
        (None, None, True),
        (GapReason.NO_RECORD, 0.1, False),
        (GapReason.NO_RECORD, 24, True),
        (GapReason.OUT_OF_DEPTH, 1000, True),
        (GapReason.NOT_YET_CLOSED, -0.5, False),
        (GapReason.NOT_YET_CLOSED, 24, False),
        (GapReason.UNREADABLE, 24, False),
    ],
)
def test_a_slot_is_asked_again_while_its_record_may_still_come(
    reason: GapReason | None, hours: float | None, settled: bool
) -> None:
    heard_after = None if hours is None else timedelta(hours=hours)
    assert is_settled(reason, heard_after) is settled

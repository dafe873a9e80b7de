"""Which slots a poll asks for, and in which order: counted by hand from the calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from collector.gaps import ArchivePlan, ArchiveRange, ArchiveRequest, missing_slots, requests_for
from metering.books import BookedMeter, Span
from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slot_at
from metering.plans import Closing, KindPlan, PollPlan
from metering.polls import Outcome, PollHistory
from protocols.driver import DriverInfo, Verification

NOON = datetime(2026, 3, 15, 12, 34, 56)
NOW = datetime(2026, 3, 15, 7, 34, 56, tzinfo=UTC)
"""The same moment: the meters here are at +05:00."""
ZONE = MeterZone("+05:00")
KYIV = MeterZone("Europe/Kyiv")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def info(**depths: int) -> DriverInfo:
    return DriverInfo(
        model="m",
        protocol="p",
        maker="k",
        title="t",
        manual="d",
        verification=Verification.NOT_ON_HARDWARE,
        depths={ArchiveKind(kind): depth for kind, depth in depths.items()},
    )


DEEP = info(hour=1000, day=100, total=100)


def starts(slots: Iterable[MeterSlot]) -> list[str]:
    return [f"{slot.start:%m-%d %H}" for slot in slots]


def shown(requests: Sequence[ArchiveRequest]) -> list[tuple[str, list[str]]]:
    return [(request.kind.value, starts(request.slots)) for request in requests]


def booked(
    known: Mapping[ArchiveKind, tuple[Span, ...]] | None = None,
    *,
    closing: Closing = Closing(20),
    **depths: int | KindPlan,
) -> BookedMeter:
    """A meter whose bill closes on another day unless a test says so, read an hour ago."""
    archives = {
        ArchiveKind(kind): depth if isinstance(depth, KindPlan) else KindPlan(depth)
        for kind, depth in depths.items()
    }
    return BookedMeter(
        *(1, "100", "m", "1", "+05:00"),
        registered_at=NOW - 30 * DAY,
        plan=PollPlan(archives=archives, closing=closing),
        history=PollHistory(NOW - HOUR, 0, Outcome.OK, NOW - HOUR),
        known=known or {},
    )


def test_a_plan_without_a_book_asks_the_newest_slots() -> None:
    plan = ArchivePlan({ArchiveKind.HOUR: 2, ArchiveKind.DAY: 1, ArchiveKind.MONTH: 5})
    assert shown(plan.requests(DEEP, NOON)) == [("hour", ["03-15 11", "03-15 10"]), ("day", ["03-14 00"])]


def test_a_range_holds_the_closed_slots_of_its_kind() -> None:
    wanted = ArchiveRange(ArchiveKind.HOUR, datetime(2026, 3, 15, 10), datetime(2026, 3, 15, 14))
    assert shown(wanted.requests(DEEP, NOON)) == [("hour", ["03-15 11", "03-15 10"])]
    assert wanted.requests(info(day=9), NOON) == []
    assert ArchiveRange(ArchiveKind.HOUR, NOON, NOON).requests(DEEP, NOON) == []


def test_a_range_of_totals_has_the_level_of_this_midnight() -> None:
    wanted = ArchiveRange(ArchiveKind.TOTAL, datetime(2026, 3, 14), datetime(2026, 3, 17))
    assert shown(wanted.requests(DEEP, NOON)) == [("total", ["03-15 00", "03-14 00"])]


def test_missing_slots_come_newest_first() -> None:
    wanted = [slot_at(ArchiveKind.HOUR, datetime(2026, 3, 15, hour)) for hour in (8, 9, 10)]
    known = [Span(datetime(2026, 3, 15, 4, tzinfo=UTC), datetime(2026, 3, 15, 5, tzinfo=UTC))]
    assert starts(missing_slots(wanted, known, ZONE)) == ["03-15 10", "03-15 08"]


def test_an_hour_that_the_clock_leaves_out_is_not_missing() -> None:
    """Kyiv, 29 March 2026: after 02:59 comes 04:00."""
    wanted = [slot_at(ArchiveKind.HOUR, datetime(2026, 3, 29, hour)) for hour in range(6)]
    assert starts(missing_slots(wanted, [], KYIV)) == [f"03-29 0{hour}" for hour in (5, 4, 2, 1, 0)]


def test_an_hour_that_comes_twice_is_wanted_once() -> None:
    wanted = [slot_at(ArchiveKind.HOUR, datetime(2026, 10, 25, hour)) for hour in range(24)]
    assert len(missing_slots(wanted, [], KYIV)) == 24


def test_what_is_known_is_not_asked() -> None:
    """The hours 09 and 10 of the meter's time are 04 and 05 UTC."""
    known = {
        ArchiveKind.HOUR: (Span(datetime(2026, 3, 15, 4, tzinfo=UTC), datetime(2026, 3, 15, 6, tzinfo=UTC)),)
    }
    meter = booked(known, hour=4)
    assert shown(requests_for(meter, DEEP, NOON, ZONE, NOW)) == [("hour", ["03-15 11", "03-15 08"])]


def test_few_records_that_bills_need_come_before_the_many() -> None:
    meter = booked(hour=1, day=1, total=1)
    assert [kind for kind, _ in shown(requests_for(meter, DEEP, NOON, ZONE, NOW))] == ["total", "day", "hour"]


def test_what_the_memory_is_about_to_lose_goes_first() -> None:
    """A ring of 26 hours: the hour 10 of yesterday is overwritten at 13:00, 11 at 14:00; by the plan's beat
    of an hour that leaves those of the next 24 hours, all but the two newest."""
    meter = booked(hour=26, day=1)
    (first, slots), *rest = shown(requests_for(meter, info(hour=26, day=100), NOON, ZONE, NOW))
    assert (first, slots[:2], len(slots)) == ("hour", ["03-14 10", "03-14 11"], 24)
    assert rest == [("day", ["03-14 00"]), ("hour", ["03-15 11", "03-15 10"])]


def test_a_plan_that_wants_less_than_the_memory_holds_loses_nothing() -> None:
    meter = booked(hour=2)
    assert shown(requests_for(meter, info(hour=26), NOON, ZONE, NOW)) == [("hour", ["03-15 11", "03-15 10"])]


def test_totals_go_first_while_a_bill_waits_for_them() -> None:
    """Closed on the 15th at midnight: a total is asked even though its own beat has not come."""
    meter = booked(closing=Closing(15, 0, 17), hour=26, total=KindPlan(2, 31 * DAY))
    kinds = [request.kind.value for request in requests_for(meter, info(hour=26, total=9), NOON, ZONE, NOW)]
    assert kinds == ["total", "hour", "hour"]


def test_an_archive_waits_for_its_own_beat() -> None:
    meter = booked(hour=KindPlan(3, DAY), day=1)
    assert shown(requests_for(meter, DEEP, NOON, ZONE, NOW)) == [("day", ["03-14 00"])]

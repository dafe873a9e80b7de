"""Logs behind an application reset: stepping back, stamps, gaps, and logs that break off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, slot_at
from metering.errors import NoResponse, TeploError
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason
from protocols.mbus import profile
from protocols.mbus.driver import MbusDriver
from protocols.mbus.stamps import slot_end
from tests.mbus_bus import Bus, Meter, bus_of
from tests.support.back_to_back import Bench

MIDNIGHT = datetime(2024, 3, 15)
LEVELS = (1000, 900, 850, 850)
"""kWh at the ends of 14, 13, 12 and 11 March: newest first."""


def type_f(moment: datetime) -> bytes:
    year = moment.year % 100
    day = bytes((moment.day | (year & 7) << 5, moment.month | year >> 3 << 4))
    return bytes((moment.minute, moment.hour | 1 << 5)) + day


def log_telegram(end: datetime, level: int, extra: str = "") -> bytes:
    stamp = type_f(end - timedelta(minutes=1))
    energy = bytes.fromhex("84 08 86 3B") + level.to_bytes(4, "little")
    return bytes.fromhex("84 08 6D") + stamp + energy + bytes.fromhex(extra)


DAYS = tuple(log_telegram(MIDNIGHT - timedelta(days=back), level) for back, level in enumerate(LEVELS))


def ask(
    kind: ArchiveKind, starts: Sequence[datetime], telegrams: tuple[bytes, ...], bus: Bench[Bus] | None = None
) -> list[object]:
    driver = MbusDriver(profile.load("danfoss-sonometer-30"))
    slots = [slot_at(kind, start) for start in starts]
    bus = bus or bus_of([Meter(5, "12345678", telegrams)])
    bus.run(driver.read_archive("5", MeterConfiguration(), kind, slots))
    return list(bus.delivered)


def amounts(delivered: list[object]) -> dict[int, Decimal | None]:
    return {
        record.slot.start.day: record.values[0].value
        for record in delivered
        if isinstance(record, ArchiveRecord)
    }


def gaps(delivered: list[object]) -> list[tuple[datetime, GapReason]]:
    return [(one.slot.start, one.reason) for one in delivered if isinstance(one, Gap)]


def test_a_days_amount_is_the_difference_of_two_neighbours() -> None:
    days = [MIDNIGHT - timedelta(days=back) for back in (1, 2, 3)]
    delivered = ask(ArchiveKind.DAY, days, DAYS)
    assert amounts(delivered) == {14: 100_000, 13: 50_000, 12: 0}
    assert gaps(delivered) == []


def test_stepping_ends_as_soon_as_nothing_is_wanted_any_more() -> None:
    bus = bus_of([Meter(5, "12345678", DAYS)])
    ask(ArchiveKind.DAY, [MIDNIGHT - timedelta(days=1)], (), bus)
    requests = [asked for asked in bus.asked if asked[0] == 0x10 and asked[1] in (0x5B, 0x7B)]
    assert [asked[1] for asked in requests] == [0x7B, 0x5B]
    assert bus.asked[-1] == bytes.fromhex("68 04 04 68 53 05 50 00 A8 16")


def test_a_day_whose_neighbour_is_missing_is_a_gap() -> None:
    delivered = ask(ArchiveKind.DAY, [datetime(2024, 3, 13), datetime(2024, 3, 11)], (DAYS[0], DAYS[2]))
    assert amounts(delivered) == {}
    assert gaps(delivered) == [
        (datetime(2024, 3, 13), GapReason.NO_RECORD),
        (datetime(2024, 3, 11), GapReason.NO_RECORD),
    ]


def test_a_day_after_the_newest_record_is_not_closed_yet() -> None:
    delivered = ask(ArchiveKind.DAY, [MIDNIGHT, MIDNIGHT - timedelta(days=1)], DAYS)
    assert amounts(delivered) == {14: 100_000}
    assert gaps(delivered) == [(MIDNIGHT, GapReason.NOT_YET_CLOSED)]


def test_totals_of_the_month_log_stand_at_its_stamps() -> None:
    months = (log_telegram(datetime(2024, 3, 1), 70), log_telegram(datetime(2024, 2, 1), 30))
    delivered = ask(ArchiveKind.TOTAL, [datetime(2024, 3, 1), datetime(2024, 2, 1)], months)
    assert [record.values[0].value for record in delivered if isinstance(record, ArchiveRecord)] == [
        70_000,
        30_000,
    ]


def test_nothing_asked_is_nothing_said() -> None:
    bus = bus_of([Meter(5, "12345678", DAYS)])
    assert ask(ArchiveKind.DAY, [], (), bus) == []
    assert bus.asked == []


@pytest.mark.parametrize(
    "telegram",
    [
        pytest.param(bytes.fromhex("84 08 86 3B 01 00 00 00"), id="no stamp"),
        pytest.param(bytes.fromhex("84 08 6D 00 00 00 00 84 08 86 3B 01 00 00 00"), id="no date"),
        pytest.param(bytes.fromhex("04 06 01 00 00 00"), id="the ordinary telegram"),
    ],
)
def test_a_record_without_its_stamp_is_never_taken_for_the_asked_slot(telegram: bytes) -> None:
    delivered = ask(ArchiveKind.DAY, [datetime(2024, 3, 14)], (telegram,))
    assert gaps(delivered) == [(datetime(2024, 3, 14), GapReason.NO_RECORD)]


def test_a_log_that_breaks_off_gives_what_it_brought_and_no_gap() -> None:
    count = 0

    def third_is_silent(asked: bytes, reply: bytes) -> bytes | TeploError:
        nonlocal count
        count += asked[1] in (0x5B, 0x7B) and asked[0] == 0x10
        return NoResponse() if count > 2 and asked[0] == 0x10 else reply

    bus = bus_of([Meter(5, "12345678", DAYS)], third_is_silent)
    slots = [slot_at(ArchiveKind.DAY, MIDNIGHT - timedelta(days=back)) for back in (1, 3)]
    conversation = MbusDriver(profile.load("danfoss-sonometer-30")).read_archive(
        "5", MeterConfiguration(), ArchiveKind.DAY, slots
    )
    with pytest.raises(NoResponse):
        bus.run(conversation)
    assert amounts(list(bus.delivered)) == {14: 100_000}
    assert len(bus.delivered) == 1


def test_a_level_that_the_meter_does_not_know_leaves_the_amount_unknown() -> None:
    unknown = log_telegram(MIDNIGHT - timedelta(days=1), 0x80000000)
    (record,) = ask(ArchiveKind.DAY, [datetime(2024, 3, 14)], (DAYS[0], unknown))
    assert isinstance(record, ArchiveRecord)
    assert [(value.value, value.absence) for value in record.values] == [(None, Absence.INVALID_MARK)]


def test_means_are_those_of_the_slots_own_record() -> None:
    telegrams = (
        log_telegram(MIDNIGHT, 1000, "82 08 59 8C 1B"),
        log_telegram(MIDNIGHT - timedelta(days=1), 900, "82 08 59 28 1B"),
    )
    (record,) = ask(ArchiveKind.DAY, [datetime(2024, 3, 14)], telegrams)
    assert isinstance(record, ArchiveRecord)
    assert [value.value for value in record.values] == [100_000, Decimal("70.52")]


@pytest.mark.parametrize(
    ("stamp", "kind", "end"),
    [
        (datetime(2024, 3, 14, 13, 59), ArchiveKind.HOUR, datetime(2024, 3, 14, 14)),
        (datetime(2024, 3, 14, 14, 0), ArchiveKind.HOUR, datetime(2024, 3, 14, 14)),
        (datetime(2024, 3, 14, 23, 59), ArchiveKind.HOUR, datetime(2024, 3, 15)),
        (datetime(2024, 3, 14, 14, 30), ArchiveKind.HOUR, None),
        (datetime(2024, 3, 14, 23, 59), ArchiveKind.DAY, datetime(2024, 3, 15)),
        (datetime(2024, 3, 14, 12, 0), ArchiveKind.DAY, None),
        (datetime(2024, 3, 31, 23, 59), ArchiveKind.MONTH, datetime(2024, 4, 1)),
        (datetime(2024, 3, 30, 23, 59), ArchiveKind.MONTH, None),
    ],
)
def test_a_stamp_closes_a_slot_or_none(stamp: datetime, kind: ArchiveKind, end: datetime | None) -> None:
    assert slot_end(stamp, kind) == end

"""The M-Bus driver where real telegrams do not reach: dates of stored levels, archives, missing values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, slot_at
from metering.errors import FrameError, NoResponse, NotSupported, TeploError
from metering.meters import MeterConfiguration
from metering.quantities import quantity
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, MeterValue, Snapshot
from protocols.mbus import profile
from protocols.mbus.driver import MbusDriver
from tests.mbus_bus import Meter, bus_of

SETTINGS = MeterConfiguration()
ENERGY = bytes.fromhex("04 06 01 00 00 00")
ENERGY_STORED = bytes.fromhex("44 06 07 00 00 00")
DRIVER = """
maker = "Example"
title = "A meter for a test"
manual = "none"
verification = "not_verified_on_hardware"
polls_per_day = 24
[application_reset]
total = 0x20
[[stored]]
first = 1
last = 2
date = "{date}"
convention = "{convention}"
"""


def driver(of_date: str = "recorded", convention: str = "end_of_day", reset: bool = False) -> MbusDriver:
    text = DRIVER.format(date=of_date, convention=convention)
    if not reset:
        text = text.replace("total = 0x20", "")
    return MbusDriver(profile.read(text, "example-meter").over(profile.load("generic-heat-meter")))


def type_g(day: date) -> bytes:
    """Section 8: day and the year's low bits, month and its high bits."""
    year = day.year % 100
    return bytes((day.day | (year & 7) << 5, day.month | year >> 3 << 4))


def type_f(moment: datetime) -> bytes:
    return bytes((moment.minute, moment.hour | 1 << 5)) + type_g(moment.date())


def clock_record(moment: datetime) -> bytes:
    return b"\x04\x6d" + type_f(moment)


def read_current(driver: MbusDriver, *telegrams: bytes) -> tuple[Snapshot, list[ArchiveRecord]]:
    bus = bus_of([Meter(5, "12345678", telegrams)])
    snapshot = bus.run(driver.read_current("5", SETTINGS))
    return snapshot, bus.records


def starts(driver: MbusDriver, *records: bytes) -> list[datetime]:
    return [record.slot.start for record in read_current(driver, b"".join(records))[1]]


DAY = date(2024, 3, 31)


@pytest.mark.parametrize(
    ("convention", "stamp", "start"),
    [
        pytest.param("end_of_day", b"\x42\x6c" + type_g(DAY), datetime(2024, 4, 1), id="G, end of day"),
        pytest.param("start_of_day", b"\x42\x6c" + type_g(DAY), datetime(2024, 3, 31), id="G, start of day"),
        pytest.param(
            "end_of_day",
            b"\x44\x6d" + type_f(datetime(2024, 3, 31, 23, 59)),
            datetime(2024, 4, 1),
            id="F 23:59",
        ),
        pytest.param(
            "end_of_day", b"\x44\x6d" + type_f(datetime(2024, 4, 1)), datetime(2024, 4, 1), id="F 00:00"
        ),
    ],
)
def test_stored_levels_stand_at_the_midnight_that_their_stamp_means(
    convention: str, stamp: bytes, start: datetime
) -> None:
    _, (record,) = read_current(driver(convention=convention), ENERGY + ENERGY_STORED + stamp)
    assert record.kind is ArchiveKind.TOTAL
    assert record.slot == slot_at(ArchiveKind.TOTAL, start)
    assert record.values == (MeterValue(quantity("energy_heating"), "Wh", Decimal(7000)),)


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param(b"\x42\x6c\xff\xff", id="FFFF, not reached"),
        pytest.param(b"\x42\x6c\x00\x00", id="0000, not reached"),
        pytest.param(b"\x44\x6d" + type_f(datetime(2024, 3, 31, 10, 30)), id="within a day"),
        pytest.param(b"", id="no date"),
    ],
)
def test_levels_without_a_closing_midnight_are_not_delivered(stamp: bytes) -> None:
    assert starts(driver(), ENERGY, ENERGY_STORED, stamp) == []


def test_a_date_ahead_of_the_clock_is_the_next_one_and_holds_nothing_yet() -> None:
    stamp = b"\x42\x6c" + type_g(date(2024, 12, 31))
    assert starts(driver(), ENERGY, ENERGY_STORED, stamp, clock_record(datetime(2024, 12, 31, 23, 0))) == []
    assert starts(driver(), ENERGY, ENERGY_STORED, stamp, clock_record(datetime(2025, 1, 1, 0, 0))) == [
        datetime(2025, 1, 1)
    ]


@pytest.mark.parametrize(
    ("day", "now", "start"),
    [
        ((1, 1), datetime(2022, 1, 10), datetime(2022, 1, 1)),
        ((7, 1), datetime(2022, 6, 30, 23, 59), datetime(2021, 7, 1)),
        ((7, 1), datetime(2022, 7, 1), datetime(2022, 7, 1)),
        ((2, 29), datetime(2024, 3, 1), datetime(2024, 2, 29)),
        ((2, 29), datetime(2025, 3, 1), datetime(2024, 2, 29)),
    ],
)
def test_a_set_day_without_year_is_the_last_such_day(
    day: tuple[int, int], now: datetime, start: datetime
) -> None:
    stamp = b"\x42\x6c" + type_g(date(2000, *day))
    annual = driver("annual", "start_of_day")
    assert starts(annual, ENERGY, ENERGY_STORED, stamp, clock_record(now)) == [start]


@pytest.mark.parametrize("of_date", ["annual", "month_start"])
def test_without_a_clock_a_date_that_needs_it_means_nothing(of_date: str) -> None:
    stamp = b"\x42\x6c" + type_g(date(2000, 1, 1))
    assert starts(driver(of_date), ENERGY, ENERGY_STORED, stamp) == []


def test_levels_of_the_month_before_stand_at_the_start_of_the_clocks_month() -> None:
    month = driver("month_start", "start_of_day")
    assert starts(month, ENERGY, ENERGY_STORED, clock_record(datetime(2024, 3, 15, 14, 30))) == [
        datetime(2024, 3, 1)
    ]


def test_maxima_and_instants_of_a_storage_are_no_levels() -> None:
    stamp = b"\x42\x6c" + type_g(DAY)
    maximum, power = bytes.fromhex("54 06 09 00 00 00"), bytes.fromhex("44 2B 09 00 00 00")
    assert starts(driver(), ENERGY, maximum, power, stamp) == []


def test_a_level_that_the_meter_does_not_know_is_absent_and_not_zero() -> None:
    stored = bytes.fromhex("44 06 00 00 00 80 44 13 05 00 00 00")
    _, (record,) = read_current(driver(), ENERGY + stored + b"\x42\x6c" + type_g(DAY))
    assert record.values == (
        MeterValue(quantity("energy_heating"), "Wh", None, Absence.INVALID_MARK),
        MeterValue(quantity("volume"), "m3", Decimal("0.005")),
    )


def test_records_with_other_meaning_are_not_taken_for_the_plain_quantity() -> None:
    """Pulse weight (VIFE 28), tariff 1, subunit 1 and a maximum are no plain energy or volume (7.3)."""
    others = bytes.fromhex("04 90 28 01 00 00 00 84 10 06 02 00 00 00 84 40 13 03 00 00 00 14 06 04 00 00 00")
    snapshot, _ = read_current(driver(), others)
    assert snapshot.values == ()


def test_a_number_in_a_later_telegram_replaces_an_absence() -> None:
    snapshot, _ = read_current(driver(), bytes.fromhex("04 06 00 00 00 80 1F"), ENERGY)
    assert snapshot.values == (MeterValue(quantity("energy_heating"), "Wh", Decimal(1000)),)


ASKED = tuple(slot_at(ArchiveKind.TOTAL, start) for start in (datetime(2024, 3, 1), datetime(2024, 4, 1)))
KEPT = ENERGY + ENERGY_STORED + b"\x42\x6c" + type_g(DAY)


def test_slots_that_the_meter_does_not_keep_are_gaps() -> None:
    bus = bus_of([Meter(5, "12345678", (KEPT,))])
    bus.run(driver().read_archive("5", SETTINGS, ArchiveKind.TOTAL, ASKED))
    gap, record = bus.delivered
    assert gap == Gap(ArchiveKind.TOTAL, ASKED[0], GapReason.NO_RECORD)
    assert isinstance(record, ArchiveRecord)
    assert record.slot == ASKED[1]


def test_a_chain_that_broke_off_gives_what_it_brought_and_no_gap() -> None:
    bus = bus_of(
        [Meter(5, "12345678", (KEPT + b"\x1f", ENERGY))],
        lambda asked, reply: NoResponse() if asked[1] == 0x5B else reply,
    )
    with pytest.raises(NoResponse):
        bus.run(driver().read_archive("5", SETTINGS, ArchiveKind.TOTAL, ASKED))
    assert [record.slot for record in bus.records] == [ASKED[1]]
    assert len(bus.delivered) == 1
    bus.run(driver().read_archive("5", SETTINGS, ArchiveKind.TOTAL, ASKED[1:]))


@pytest.mark.parametrize("damage", [NoResponse(), FrameError()], ids=["silence", "a damaged telegram"])
def test_current_values_of_a_chain_that_broke_off_are_an_error_and_no_snapshot(damage: TeploError) -> None:
    bus = bus_of(
        [Meter(5, "12345678", (KEPT + b"\x1f", ENERGY))],
        lambda asked, reply: damage if asked[1] == 0x5B else reply,
    )
    with pytest.raises(type(damage)):
        bus.run(driver().read_current("5", SETTINGS))
    assert bus.delivered == []


def test_the_archive_is_chosen_by_application_reset_where_the_model_needs_it() -> None:
    bus = bus_of([Meter(5, "12345678", (KEPT,))])
    bus.run(driver(reset=True).read_archive("5", SETTINGS, ArchiveKind.TOTAL, ASKED))
    assert bytes.fromhex("68 04 04 68 53 05 50 20 C8 16") in bus.asked


@pytest.mark.parametrize("kind", [ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH])
def test_an_archive_that_m_bus_does_not_reach_is_refused_without_asking(kind: ArchiveKind) -> None:
    bus = bus_of([Meter(5, "12345678")])
    assert kind not in driver().info.depths
    with pytest.raises(NotSupported, match=f"no {kind} archive"):
        bus.run(driver().read_archive("5", SETTINGS, kind, ()))
    assert bus.asked == []


def test_the_clock_and_the_configuration() -> None:
    now = datetime(2024, 3, 15, 14, 30)
    bus = bus_of([Meter(5, "12345678", (ENERGY + clock_record(now),))])
    assert bus.run(driver().read_configuration("5")) == SETTINGS
    assert bus.asked == []
    assert bus.run(driver().read_clock("5", SETTINGS)) == now
    assert bus_of([Meter(5, "12345678")]).run(driver().read_clock("5", SETTINGS)) is None

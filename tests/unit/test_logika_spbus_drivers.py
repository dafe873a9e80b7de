"""Logika SPbus: driver and device back to back, where worked frames do not reach (logika-spbus.md)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.errors import (
    ConfigurationChanged,
    ConfigurationError,
    DecodeError,
    FrameError,
    MeterError,
    NoResponse,
    NotSupported,
    WrongMeter,
)
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols.driver import Driver
from protocols.modbus.messages import Framing
from protocols.vendor.logika_spbus import FAMILY, ask
from protocols.vendor.logika_spbus.columns import MEANINGS, Column, quantity_of, values
from protocols.vendor.logika_spbus.dialogue import route_of
from protocols.vendor.logika_spbus.driver import fields_of
from protocols.vendor.logika_spbus.frames import SpbusFrame, decode, find
from protocols.vendor.logika_spbus.records import clock, full_year, number, parse, with_units
from simulators.families import DevicePlan
from simulators.vendor.logika_spbus import SIMULATED, SpbusDevice
from tests.support.back_to_back import Bench
from tests.support.plant import memory

NOON = datetime(2026, 2, 10, 12)
BEGAN = datetime(2025, 11, 1)
DARK = MeterSlot(datetime(2026, 2, 9, 3), datetime(2026, 2, 9, 6))
SPT961 = "logika-spt961"
NO_SETTINGS = MeterConfiguration()


def line(
    model: str = SPT961, circuits: int = 2, address: str = "direct", **choices: str
) -> Bench[SpbusDevice]:
    of_circuits = memory(BEGAN, power_failures=[DARK], circuits=circuits)
    return Bench(SpbusDevice(DevicePlan(model, address, "12345", of_circuits, lambda: 0.0, choices)))


def driver(model: str = SPT961, **choices: str) -> Driver:
    return FAMILY.build(model, Framing.RTU, choices)


def read_archive(
    on: Bench[SpbusDevice], by: Driver, kind: ArchiveKind, *starts: datetime
) -> dict[datetime, Record]:
    settings = on.run(by.read_configuration(on.device.address))
    slots = [slot_at(kind, start) for start in starts]
    on.run(by.read_archive(on.device.address, settings, kind, slots))
    return {one.slot.start: one for one in on.delivered if isinstance(one, ArchiveRecord | Gap)}


@pytest.mark.parametrize("model", FAMILY.models)
def test_the_search_finds_model_and_identifier(model: str) -> None:
    found = line(model).run(ask("direct"))
    assert (found.model, found.identity.serial) == (model, "12345")


def test_another_model_is_refused() -> None:
    with pytest.raises(WrongMeter, match="762"):
        line("logika-spt762").run(driver().identify("direct"))


def test_a_bus_address_is_obeyed() -> None:
    on = line(address="3")
    assert on.run(driver().identify("3")).serial == "12345"
    assert on.run(driver().identify("3/5")).serial == "12345"
    with pytest.raises(NoResponse):
        on.run(driver().identify("4"))


@pytest.mark.parametrize(
    ("address", "route"), [("direct", None), ("3", (3, 0x80)), ("3/5", (3, 0x85)), ("16/16", (16, 0x90))]
)
def test_an_address_is_a_way(address: str, route: tuple[int, int] | None) -> None:
    assert route_of(address) == route


@pytest.mark.parametrize("address", ["", "128", "-1", "x", "/3x", "3/200", "٣", "0" * 5000 + "1"])
def test_an_address_that_is_no_way_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="SPbus"):
        route_of(address)


@pytest.mark.parametrize("label", ["end", "start"])
@pytest.mark.parametrize("pipes", ["pairs", "triples"])
def test_what_the_reference_leaves_open_is_the_lines_choice(label: str, pipes: str) -> None:
    on, by = line(label=label, pipes=pipes), driver(label=label, pipes=pipes, year="two")
    record = read_archive(on, by, ArchiveKind.HOUR, NOON)[NOON]
    truths = on.device.truth_archive(ArchiveKind.HOUR, NOON)
    assert isinstance(record, ArchiveRecord)
    assert truths
    masses = {(v.quantity.name, v.circuit): v.value for v in record.values if v.quantity.name[:4] == "mass"}
    assert masses
    for key, mass in masses.items():
        assert truths[key].admits(mass or Decimal(0))


def test_hours_without_power_and_hours_to_come_are_gaps() -> None:
    dark, old, to_come = datetime(2026, 2, 9, 4), datetime(2020, 1, 1), datetime(2026, 2, 10, 14)
    records = read_archive(line(), driver(), ArchiveKind.HOUR, to_come, NOON, dark, old)
    assert {start: one.reason for start, one in records.items() if isinstance(one, Gap)} == {
        dark: GapReason.NO_RECORD,
        old: GapReason.OUT_OF_DEPTH,
        to_come: GapReason.NOT_YET_CLOSED,
    }


def test_other_columns_than_were_read_are_a_change() -> None:
    on, by = line(circuits=2), driver()
    settings = line(circuits=1).run(by.read_configuration("direct"))
    with pytest.raises(ConfigurationChanged):
        on.run(by.read_archive("direct", settings, ArchiveKind.HOUR, [slot_at(ArchiveKind.HOUR, NOON)]))


def test_days_that_close_by_another_calendar_are_gaps() -> None:
    on, day = line(), slot_at(ArchiveKind.DAY, datetime(2026, 2, 8))
    settings = MeterConfiguration({"settlement_hour": "6"})
    on.run(driver().read_archive("direct", settings, ArchiveKind.DAY, [day]))
    assert on.delivered == [Gap(ArchiveKind.DAY, day, GapReason.NO_RECORD)]


def test_totals_by_the_day_are_not_kept() -> None:
    with pytest.raises(NotSupported):
        line().run(driver().read_archive("direct", NO_SETTINGS, ArchiveKind.TOTAL, []))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12.5", Decimal("12.5")),
        ("-0,25", Decimal("-0.25")),
        ("Нет данных?", Absence.NO_DATA),
        ("Обрыв?", Absence.ERROR_STATE),
        ("NaN", Absence.INVALID_MARK),
        ("Inf", Absence.INVALID_MARK),
        ("", Absence.NOT_DECODED),
        ("12-30", Absence.NOT_DECODED),
    ],
)
def test_a_field_is_a_number_or_says_why_not(written: str, read: Decimal | Absence) -> None:
    assert number(written) == read


def test_a_unit_that_is_left_out_is_the_one_before() -> None:
    assert with_units([("1", "т"), ("2",), ("3", ""), ("4", "ГДж")]) == [
        ("1", "т"),
        ("2", "т"),
        ("3", "т"),
        ("4", "ГДж"),
    ]


@pytest.mark.parametrize(("written", "year"), [(15, 2015), (94, 2094), (95, 1995), (2015, 2015), (0, 2000)])
def test_two_digits_of_a_year_mean_this_century_but_for_the_last_five(written: int, year: int) -> None:
    assert full_year(written) == year


@pytest.mark.parametrize(
    ("date", "time"), [("31-02-15", "10:00:00"), ("", ""), ("1-1", "1:1:1"), ("x-1-1", "1:1:1")]
)
def test_a_clock_that_no_calendar_has_is_refused(date: str, time: str) -> None:
    with pytest.raises(DecodeError):
        clock(date, time)


def test_records_may_end_with_a_new_line() -> None:
    assert parse(b"\t1\t2\r\n\t3\x0c") == (("1", "2"), ("3",))
    with pytest.raises(DecodeError):
        parse(b"1\t2\x0c")


@pytest.mark.parametrize(
    ("ordinal", "channel", "pipes", "place"),
    [
        (200, 1, "pairs", ("temperature_supply", 1)),
        (200, 4, "pairs", ("temperature_return", 2)),
        (200, 3, "triples", ("temperature_make_up", 1)),
        (200, 5, "triples", ("temperature_return", 2)),
        (405, 2, "pairs", ("temperature", 2)),
        (82, 0, "pairs", ("temperature", 1)),
    ],
)
def test_pipes_are_shared_out_over_heat_inputs(
    ordinal: int, channel: int, pipes: str, place: tuple[str, int]
) -> None:
    assert quantity_of("temperature", ordinal, channel, pipes) == place


def test_a_unit_that_nobody_knows_costs_one_value() -> None:
    columns = (Column(1, 200, "'C"), Column(1, 405, "ГДжЩ"))
    kept, lost = values(columns, ("84.5", "1.5"), MEANINGS, 0, "pairs")
    assert (kept.value, kept.unit) == (Decimal("84.5"), "°C")
    assert (lost.value, lost.absence, lost.unit) == (None, Absence.NOT_DECODED, "Gcal")


def test_an_address_of_16_is_sent_twice() -> None:
    frame = SpbusFrame(0x1D, b"\t0\t99\x0c", b"1", (0x10, 0x90))
    assert frame.encode()[2:5] == b"\x10\x10\x90"
    assert decode(frame.encode()) == frame


def test_noise_and_another_answer_are_stepped_over() -> None:
    late, own = SpbusFrame(0x03, b"\t1\x0c", b"1"), SpbusFrame(0x03, b"\t2\x0c", b"2")
    heard = b"\x10\x01\x10" + late.encode() + b"\x10\x03" + own.encode()
    assert [frame for frame, _ in find(heard)] == [late, own]


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param("", id="nothing"),
        pytest.param("10 02 10 1f 1d 10 02 10 03 00 00", id="another start"),
        pytest.param("10 01 10 1f 1d 10 02 09 30 09 39 39 0c 10 03 6b 51", id="wrong CRC"),
    ],
)
def test_what_is_no_frame_is_refused(octets: str) -> None:
    with pytest.raises(FrameError):
        decode(bytes.fromhex(octets))


def test_the_device_keeps_silent_at_what_it_does_not_know() -> None:
    assert line().device.hear(SpbusFrame(0x82, b"", b"1").encode()) is None
    assert SIMULATED.split(b"\x10\x01\x10\x1f") is None


def test_a_device_that_does_not_grasp_the_date_is_no_change_of_columns() -> None:
    """logika-spbus.md section 3: a text that ends with a question mark is a diagnostic message."""
    label = datetime(2026, 2, 10, 13)
    times = [("10", "02", "2026", "13", "00", "00"), ("10", "2", "26", "13", "0", "0"), ("0",) * 6]
    with pytest.raises(MeterError, match=r"Дата/время\?.*logika-spbus\.year"):
        fields_of([*times, ("Дата/время?",)], label)

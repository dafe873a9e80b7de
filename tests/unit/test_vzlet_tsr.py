"""Vzlet's ASCII protocol: replies that count when they came twice, rings addressed by time, the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.conditions import Condition, ConditionName
from metering.errors import ConfigurationError, DecodeError, FrameError, MeterError, NotSupported
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols import catalogue
from protocols.driver import ClockSetter
from protocols.vendor.vzlet_tsr import FAMILY
from protocols.vendor.vzlet_tsr.archives import BANKS, days, stamp
from protocols.vendor.vzlet_tsr.current import bits
from protocols.vendor.vzlet_tsr.dialogue import Dialogue, moment, number
from protocols.vendor.vzlet_tsr.driver import ask
from protocols.vendor.vzlet_tsr.frames import Line, Question, parse_address
from protocols.vendor.vzlet_tsr.functions import Function
from simulators.families import DevicePlan
from simulators.vendor.vzlet_tsr import split
from simulators.vendor.vzlet_tsr.meter import VzletTsrMeter
from tests.support.back_to_back import Bench
from tests.support.plant import TODAY, memory

OLD, NEW, MT = "vzlet-tsrv-010", "vzlet-tsrv-010m", "vzlet-mt200ds"
SETTINGS = MeterConfiguration({"pipe 1": "m3", "pipe 2": "m3", "system 1": "Gcal"})
HOUR, DAY, MONTH, TOTAL = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH, ArchiveKind.TOTAL
RS_232 = Line(0)


def line(model: str = OLD, address: str = "0", **settings: Any) -> Bench:
    return Bench(VzletTsrMeter(DevicePlan(model, address, "1234567", memory(**settings), lambda: 0.0)))


def archive(on: Bench, kind: ArchiveKind, *starts: datetime) -> list[Record]:
    slots = [slot_at(kind, start) for start in starts]
    on.run(catalogue.driver(OLD).read_archive("0", SETTINGS, kind, slots))
    return on.delivered


@pytest.mark.parametrize(
    ("kind", "at", "address"),
    [
        pytest.param(
            HOUR, datetime(2024, 3, 15, 14), 0xB984, id="vzlet-tsr-legacy.md section 4.4: hour 2024"
        ),
        pytest.param(DAY, datetime(2024, 3, 15), 0xF4B8, id="vzlet-tsr-legacy.md section 4.4: day 2024"),
        pytest.param(HOUR, datetime(2017, 3, 1), 0x8600, id="vzlet-tsr-legacy.md section 4.4: hour 2017"),
        pytest.param(DAY, datetime(2017, 3, 1), 0xF620, id="vzlet-tsr-legacy.md section 4.4: day 2017"),
    ],
)
def test_a_record_stands_where_its_time_says(kind: ArchiveKind, at: datetime, address: int) -> None:
    index = days(at) * 24 + at.hour if kind is HOUR else days(at)
    assert BANKS[kind].address(index) == address


def test_requests_are_those_of_the_reference_with_and_without_preamble_and_address() -> None:
    """vzlet-tsr-legacy.md section 3: the date."""
    packet = bytes.fromhex("04 42 00 BA")
    assert Line(0).request(0x42, b"\x00") == packet
    assert Line(0, b"\x00\x00").request(0x42, b"\x00") == b"\x00\x00" + packet
    assert Line(31, b"\x00\x00").request(0x42, b"\x00") == b"\x1f" + packet


@pytest.mark.parametrize("text", ["", "32", "-1", "a", "100"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_address(text)


def test_a_text_is_found_behind_noise() -> None:
    question = Question(RS_232, Function.DATE, b"\x00")
    assert question.complete(b"\x07\x00\x00") is None
    assert question.content(b"\x07\x00\x0015.03.24\x00") == b"15.03.24"


def test_an_rs_485_reply_is_told_from_requests_and_from_others() -> None:
    question = Question(Line(5), Function.DATE, b"\x00")
    own = Line(5).reply(b"15.03.24")
    buffer = question.frame() + Line(6).reply(b"14.03.24") + own[:-1] + b"\x00" + own
    assert question.complete(buffer[:-1]) is None
    assert question.complete(buffer) == len(buffer)
    assert question.content(buffer) == b"15.03.24"


def test_a_damaged_reply_is_outvoted_on_rs_232() -> None:
    answers = iter((b"12345.6", b"12945.6", b"12345.6"))
    on = line()
    on.disturb = lambda asked, reply: b"\x00" + next(answers) + b"\x00"
    snapshot = on.run(Dialogue(RS_232).number(Function.TOTAL, 1))
    assert snapshot == Decimal("12345.6")


def test_what_moves_between_five_readings_is_their_median() -> None:
    answers = iter((b"10.1", b"10.3", b"99.9", b"10.4", b"10.2"))
    on = line()
    on.disturb = lambda asked, reply: b"\x00" + next(answers) + b"\x00"
    assert on.run(Dialogue(RS_232).number(Function.TOTAL, 1)) == Decimal("10.3")


def test_a_serial_number_that_never_comes_twice_is_no_serial_number() -> None:
    counter = iter(range(100))
    on = line()
    on.disturb = lambda asked, reply: b"\x00" + str(next(counter)).encode() + b"\x00"
    with pytest.raises(FrameError):
        on.run(catalogue.driver(OLD).identify("0"))


def test_a_clock_that_ticks_between_two_readings_is_one_clock() -> None:
    times = iter((b"14:17:59", b"14:18:00"))
    on = line()
    on.disturb = lambda asked, reply: b"\x00" + next(times) + b"\x00" if asked[1] == Function.TIME else reply
    clock = on.run(catalogue.driver(OLD).read_clock("0", SETTINGS))
    assert clock == datetime(2026, 2, 10, 14, 18)


def test_an_mt200ds_tells_its_name_by_another_function() -> None:
    identity = line(MT).run(catalogue.driver(MT).identify("0"))
    assert identity.firmware.startswith("MT-200DS")


@pytest.mark.parametrize(("model", "address"), [(OLD, "0"), (NEW, "0"), (MT, "0"), (NEW, "7")])
def test_a_search_finds_the_model_by_its_own_name(model: str, address: str) -> None:
    assert line(model, address).run(ask(address)).model == model


def test_a_meter_that_does_not_tell_its_serial_number_is_not_supported() -> None:
    on = line()
    on.disturb = lambda asked, reply: b"\x00Not implemented\x00" if asked[1] == Function.SERIAL else reply
    with pytest.raises(NotSupported):
        on.run(catalogue.driver(OLD).identify("0"))


def test_a_value_that_is_no_number_is_absent_and_the_others_are_read() -> None:
    on = line()
    on.disturb = lambda asked, reply: b"\x00?.??\x00" if asked[1] == Function.FLOW else reply
    snapshot = on.run(catalogue.driver(OLD).read_current("0", SETTINGS))
    read = {value.quantity.name: value for value in snapshot.values}
    assert read["volume_flow_supply"].absence is Absence.NOT_DECODED
    assert read["energy_heating"].value is not None


def test_a_record_with_an_old_date_is_none() -> None:
    """Nothing was written on the 9th from 8 to 11 h: a record of 59.5 days before still stands there."""
    failure = MeterSlot(datetime(2026, 2, 9, 8), datetime(2026, 2, 9, 11))
    on = line(power_failures=[failure])
    gap, after = archive(on, HOUR, datetime(2026, 2, 9, 9), datetime(2026, 2, 9, 11))
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.NO_RECORD
    assert isinstance(after, ArchiveRecord)
    heat = next(value for value in after.values if value.quantity.name == "energy_heating")
    assert heat.absence is Absence.NO_DATA, "the hour before has no level to count from"


def test_slots_outside_the_ring_are_not_asked_for() -> None:
    on = line()
    gaps = archive(on, DAY, datetime(2026, 2, 10), datetime(2025, 12, 1))
    assert [gap.reason for gap in gaps if isinstance(gap, Gap)] == [
        GapReason.NOT_YET_CLOSED,
        GapReason.OUT_OF_DEPTH,
    ]
    assert {asked[1] for asked in on.asked} == {Function.DATE, Function.TIME}


def moved_by_five(on: Bench) -> Callable[[bytes, bytes], bytes]:
    """The device's month records are moved by five places, as another numbering would."""
    device = on.device

    def moved(asked: bytes, reply: bytes) -> bytes:
        if asked[1] not in (Function.ARCHIVE, Function.ADDITIONAL_ARCHIVE):
            return reply
        place = (int.from_bytes(asked[2:4], "big") - 0xFBC0) // 40
        other = (0xFBC0 + (place + 5) % 24 * 40).to_bytes(2, "big")
        there = device.hear(RS_232.request(asked[1], other + asked[4:-1])) or b""
        return b"\x00" + asked[2:4] + there[3:]

    return moved


def test_months_are_found_by_their_dates_wherever_they_stand() -> None:
    on = line()
    on.disturb = moved_by_five(on)
    (record,) = archive(on, MONTH, datetime(2026, 1, 1))
    assert isinstance(record, ArchiveRecord)
    assert (record.meter_time.year, record.meter_time.month) == (2026, 1)
    assert all(value.value is not None for value in record.values)


@pytest.mark.parametrize("data", ["00 00 00 00", "1F 02 18 00", "0F 03 18 18", "FF FF FF FF"])
def test_a_date_of_no_calendar_is_no_record(data: str) -> None:
    assert stamp(bytes.fromhex(data)) is None


def test_bits_stand_from_the_lowest_on() -> None:
    assert bits("1000000000001000") == 0x1001
    for text in ("", "10", "2" * 16, "0" * 33):
        with pytest.raises(DecodeError):
            bits(text)


@pytest.mark.parametrize("text", ["", "1,5", "NaN", "Infinity", "1E99", "12:00"])
def test_what_is_no_number_of_a_meter_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        number(text)


@pytest.mark.parametrize(("date", "time"), [("30.02.24", "12:00:00"), ("15.03.24", "24:00:00"), ("x", "y")])
def test_a_clock_of_no_calendar_is_refused(date: str, time: str) -> None:
    with pytest.raises(DecodeError):
        moment(date, time)


@pytest.mark.parametrize(
    ("word", "zero"), [("binary", 0), ("ascii", 0x30)], ids=["digits as numbers", "digits as characters"]
)
def test_setting_the_clock_sends_units_before_tens_once(word: str, zero: int) -> None:
    """vzlet-tsr-legacy.md section 3, function 41: 14:30:05 15.03.24."""
    driver = catalogue.driver(OLD, choices={"vzlet-tsr.clock_digits": word})
    on = line()
    on.disturb = lambda asked, reply: b"\x0015.03.24\x00"
    assert isinstance(driver, ClockSetter)
    on.run(driver.set_clock("0", SETTINGS, datetime(2024, 3, 15, 14, 30, 5)))
    digits = bytes(zero + digit for digit in (5, 0, 0, 3, 4, 1, 5, 1, 3, 0, 4, 2))
    assert [asked[1:-1] for asked in on.asked] == [b"\x41" + digits + b"\x00\x00"]


@pytest.mark.parametrize("word", ["binary", "ascii"])
def test_a_clock_that_was_set_shows_the_new_time(word: str) -> None:
    plan = DevicePlan(OLD, "0", "1234567", memory(), lambda: 0.0, {"clock_digits": word})
    driver = catalogue.driver(OLD, choices={"vzlet-tsr.clock_digits": word})
    on, moment_set = Bench(VzletTsrMeter(plan)), datetime(2026, 2, 10, 14, 30, 5)
    assert isinstance(driver, ClockSetter)
    on.run(driver.set_clock("0", SETTINGS, moment_set))
    assert on.run(driver.read_clock("0", SETTINGS)) == moment_set


def test_a_meter_that_answers_another_date_did_not_take_the_clock() -> None:
    driver, on = catalogue.driver(OLD), line()
    on.disturb = lambda asked, reply: b"\x0001.01.00\x00"
    assert isinstance(driver, ClockSetter)
    with pytest.raises(MeterError, match="clock_digits"):
        on.run(driver.set_clock("0", SETTINGS, datetime(2024, 3, 15)))


def test_situations_of_the_m_are_its_own() -> None:
    situations = "0" * 13 + "1" + "0" * 2 + "1" + "0" * 15
    on = line(NEW, "7")
    on.disturb = lambda asked, reply: (
        Line(7).reply(situations.encode()) if asked[2] == Function.SITUATIONS else reply
    )
    snapshot = on.run(catalogue.driver(NEW).read_current("7", SETTINGS))
    assert snapshot.conditions == {Condition(ConditionName.MASS_IMBALANCE, 1)}


def test_the_device_is_silent_at_what_is_not_meant_for_it() -> None:
    device = line(NEW, "7").device
    assert device.hear(bytes.fromhex("07 04 42 00 BA")) is not None
    assert device.hear(bytes.fromhex("08 04 42 00 BA")) is None
    assert device.hear(bytes.fromhex("07 04 42 00 BB")) is None
    assert split(bytes.fromhex("07 04 42 00 BB")) is None


def test_an_archive_reply_is_explained() -> None:
    reply = line().device.hear(Question(RS_232, 8, b"\xf4\xb8" + b" " * 40 + b"\x00\x00").frame()) or b""
    assert "day record 15" in " ".join(one.meaning for one in FAMILY.explain(reply))


def test_a_date_that_was_read_before_midnight_is_not_yesterdays_midnight() -> None:
    dates = iter((b"09.02.26", b"09.02.26", b"10.02.26", b"10.02.26"))
    on = line()
    on.disturb = lambda asked, reply: (
        b"\x00" + (next(dates) if asked[1] == Function.DATE else b"00:00:02") + b"\x00"
    )
    clock = on.run(catalogue.driver(OLD).read_clock("0", SETTINGS))
    assert clock == datetime(2026, 2, 10, 0, 0, 2)


def test_one_record_tells_how_months_are_numbered() -> None:
    on = line(installed=TODAY - timedelta(days=900))
    on.disturb = moved_by_five(on)
    archive(on, MONTH, datetime(2026, 1, 1))
    addresses = {asked[2:4] for asked in on.asked if asked[1] == Function.ARCHIVE}
    assert len(addresses) == 3, "the likely place, the right one, and that of the month before"


def with_word(kind: int, at: int, word: bytes) -> Callable[[bytes, bytes], bytes]:
    """Replies of RS-485 in which a record of this function has this word at this place."""

    def disturb(asked: bytes, reply: bytes) -> bytes:
        if asked[2] != kind:
            return reply
        content = bytearray(reply[3:-2])
        content[2 + at : 2 + at + len(word)] = word
        return Line(7).reply(bytes(content))

    return disturb


@pytest.mark.parametrize(
    ("model", "kind", "at", "bit", "condition"),
    [
        pytest.param(
            OLD, 0x08, 0x24, 13, Condition(ConditionName.MEMORY_FAULT), id="section 4.3: EEPROM in archives"
        ),
        pytest.param(
            NEW,
            0x18,
            0x28,
            1,
            Condition(ConditionName.SENSOR_FAULT, 1, "volume_flow_return"),
            id="section 4.3: sensor word, flow 2",
        ),
        pytest.param(
            NEW,
            0x18,
            0x28,
            6,
            Condition(ConditionName.SENSOR_FAULT, 2, "temperature_supply"),
            id="section 4.3: sensor word, temperature 4",
        ),
        pytest.param(
            NEW,
            0x18,
            0x28,
            11,
            Condition(ConditionName.SENSOR_FAULT, 2, "pressure_return"),
            id="section 4.3: sensor word, pressure 5",
        ),
    ],
)
def test_what_a_record_reports(model: str, kind: int, at: int, bit: int, condition: Condition) -> None:
    on = line(model, "7")
    on.disturb = with_word(kind, at, (1 << bit).to_bytes(2, "big"))
    slot = slot_at(HOUR, datetime(2026, 2, 10, 12))
    on.run(catalogue.driver(model).read_archive("7", SETTINGS, HOUR, [slot]))
    (record,) = on.delivered
    assert isinstance(record, ArchiveRecord)
    assert record.conditions == {condition}

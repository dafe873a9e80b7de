"""KM-5: refusals, absent lines, rings that wrap, cleared totals; the driver and the device back to back."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.conditions import Condition, ConditionName
from metering.errors import ConfigurationError, DecodeError, MeterError
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols import catalogue
from protocols.vendor.km5 import stamps
from protocols.vendor.km5.driver import MODEL
from protocols.vendor.km5.frames import Command, Question, answer, is_sealed, parse_address, sealed
from simulators.families import DevicePlan
from simulators.vendor.km5 import Km5Meter, split
from tests.support.back_to_back import Bench
from tests.support.plant import TODAY, memory

ADDRESS = "00026053"
WIRE = bytes.fromhex("53 60 02 00")
SETTINGS = MeterConfiguration()
HOUR, DAY, TOTAL = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.TOTAL
NOON = datetime(2026, 2, 10, 12)


def line(**settings: Any) -> Bench:
    return Bench(Km5Meter(DevicePlan(MODEL, ADDRESS, ADDRESS, memory(**settings), lambda: 0.0)))


def archive(on: Bench, kind: ArchiveKind, *starts: datetime) -> list[Record]:
    slots = [slot_at(kind, start) for start in starts]
    on.run(catalogue.driver(MODEL).read_archive(ADDRESS, SETTINGS, kind, slots))
    return on.delivered


def test_an_address_stands_with_its_last_digits_first() -> None:
    assert parse_address("26053") == WIRE


@pytest.mark.parametrize("text", ["", "0", "123456789", "12a", "-1", "FFFFFFFF"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_address(text)


def test_hour_24_is_midnight_of_the_next_day() -> None:
    block = bytes.fromhex("EE 31 12 24 01 24 00 00")
    assert stamps.decode(block) == stamps.Stamp(datetime(2025, 1, 1), 1)
    assert stamps.encode(stamps.decode(block), midnight_is_24=True) == block


@pytest.mark.parametrize(
    "block",
    [
        "00 15 03 24 01 14 00 00",
        "EE 1A 03 24 01 14 00 00",
        "EE 30 02 24 01 14 00 00",
        "EE 15 03 24 01 25 00 00",
        "EE 15 03",
    ],
    ids=["no mark", "no digit", "30 February", "hour 25", "too short"],
)
def test_a_stamp_of_no_calendar_is_refused(block: str) -> None:
    with pytest.raises(DecodeError):
        stamps.decode(bytes.fromhex(block))


def test_an_answer_is_found_behind_noise_echo_and_other_answers() -> None:
    question = Question(WIRE, Command.CURRENT, b"\x01")
    own = answer(WIRE, Command.CURRENT, struct.pack("<f", 15.75))
    noise = (
        b"\x53\x60"
        + question.frame()
        + answer(b"\x54\x60\x02\x00", Command.CURRENT, b"")
        + own[:-1]
        + b"\x00"
    )
    buffer = noise + answer(WIRE, Command.VERSION, b"02.29") + own
    assert question.complete(buffer[:-1]) is None
    assert question.complete(buffer) == len(buffer)
    assert question.answer(buffer) == own


@pytest.mark.parametrize("code", [0xFB, 0xFC, 0xFD, 0xFE, 0xFF, 0xF1])
def test_a_refusal_is_the_meters_own_error(code: int) -> None:
    on = line()
    on.disturb = lambda asked, reply: answer(WIRE, code, b"")
    with pytest.raises(MeterError, match=f"{code:02X}h"):
        on.run(catalogue.driver(MODEL).read_clock(ADDRESS, SETTINGS))


@pytest.mark.parametrize("code", [0xEF, 0xF0])
def test_a_line_without_data_is_no_record(code: int) -> None:
    def disturb(asked: bytes, reply: bytes) -> bytes:
        return answer(WIRE, code, b"") if asked[4] in (Command.RECORD, Command.FIND) else reply

    on = line()
    on.disturb = disturb
    (gap,) = archive(on, HOUR, NOON)
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.NO_RECORD


def test_an_archive_that_never_began_is_not_searched() -> None:
    on = line(installed=TODAY - timedelta(days=0))
    assert archive(on, DAY, datetime(2026, 2, 9)) == [
        Gap(DAY, slot_at(DAY, datetime(2026, 2, 9)), GapReason.NO_RECORD)
    ]
    assert [asked[4] for asked in on.asked] == [Command.CURRENT, Command.HEADER]


def test_hours_without_power_are_gaps_and_the_hour_after_them_counts_from_the_last_before() -> None:
    failure = MeterSlot(datetime(2026, 2, 10, 8), datetime(2026, 2, 10, 11))
    on = line(power_failures=[failure])
    after, during, before = archive(on, HOUR, *(NOON.replace(hour=hour) for hour in (11, 9, 7)))
    assert isinstance(during, Gap)
    assert during.reason is GapReason.NO_RECORD
    for record, start in ((after, 11), (before, 7)):
        assert isinstance(record, ArchiveRecord)
        hours = {value.quantity.name: value.value for value in record.values}["operating_time"]
        assert hours is not None
        assert abs(hours - 1) < Decimal("0.001"), start


def test_a_ring_that_wrapped_is_followed_over_its_end() -> None:
    """1440 lines: 70 days of hours have gone round once, so that line 0 lies within."""
    on = line(installed=TODAY - timedelta(days=70))
    written = 70 * 24 + 14
    newest = datetime(2026, 2, 10, 13)
    first_of_round = newest - timedelta(hours=written - 1 - 1440)
    starts = [first_of_round + timedelta(hours=shift) for shift in (1, 0, -1)]
    records = archive(on, HOUR, *starts)
    for record, start in zip(records, starts, strict=True):
        assert isinstance(record, ArchiveRecord)
        assert record.meter_time == start + timedelta(hours=1)
        assert all(value.value is not None for value in record.values)


def test_what_the_ring_has_lost_is_out_of_depth() -> None:
    (gap,) = archive(line(), HOUR, datetime(2025, 11, 1))
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.OUT_OF_DEPTH


def test_cleared_totals_are_no_negative_consumption() -> None:
    """The totals of every record but the one asked for are larger: event 102 came between."""

    def disturb(asked: bytes, reply: bytes) -> bytes:
        cleared = asked[4] == Command.RECORD and reply[10:11] == b"\x13"
        totals = struct.pack("<ff", 0.5, 0.25)
        return sealed(reply[:41] + totals + reply[49:-2]) if cleared else reply

    on = line()
    on.disturb = disturb
    (record,) = archive(on, HOUR, NOON)
    assert isinstance(record, ArchiveRecord)
    amounts = {value.quantity.name: value for value in record.values}
    assert amounts["mass_supply"].absence is Absence.NO_DATA
    assert amounts["energy_heating"].value is not None


def test_a_stamp_of_another_hour_is_never_taken_for_the_one_asked_for() -> None:
    def disturb(asked: bytes, reply: bytes) -> bytes:
        return sealed(reply[:6] + b"\x01\x01\x20" + reply[9:-2]) if asked[4] == Command.RECORD else reply

    on = line()
    on.disturb = disturb
    (gap,) = archive(on, HOUR, NOON)
    assert isinstance(gap, Gap)


def test_status_bytes_that_nobody_explained_are_reported_with_their_codes() -> None:
    on = line()
    on.disturb = lambda asked, reply: (
        answer(WIRE, Command.STATUS, bytes((1, 2, 0, 0, 9, 0, 0, 0))) if asked[4] == Command.STATUS else reply
    )
    snapshot = on.run(catalogue.driver(MODEL).read_current(ADDRESS, SETTINGS))
    assert snapshot.conditions == {Condition(ConditionName.UNKNOWN, code="empty pipe 02")}


@pytest.mark.parametrize(("word", "unit"), [("kgf_cm2", "kgf/cm2"), ("bar", "bar"), ("MPa", "MPa")])
def test_the_unit_of_pressures_is_the_lines_choice(word: str, unit: str) -> None:
    driver = catalogue.driver(MODEL, choices={"km5.pressure_unit": word})
    snapshot = line().run(driver.read_current(ADDRESS, SETTINGS))
    units = {value.quantity.name: value.unit for value in snapshot.values}
    assert units["pressure_supply"] == units["pressure_return"] == unit


def test_the_device_is_silent_at_what_is_not_meant_for_it() -> None:
    device = line().device
    request = Question(WIRE, Command.ADDRESS).frame()
    assert device.hear(request) is not None
    assert device.hear(request[:-1] + b"\x00") is None
    assert device.hear(Question(b"\x54\x60\x02\x00", Command.ADDRESS).frame()) is None
    assert device.hear(sealed((WIRE + b"\x05\x01").ljust(14, b"\x00"))) is None, "a key is never pressed"


def test_zeros_that_flush_the_line_are_a_request_to_nobody() -> None:
    request = Question(WIRE, Command.ADDRESS).frame()
    frame, end = split(bytes(16) + request) or (b"", 0)
    assert (frame, end) == (bytes(16), 16)
    assert is_sealed(frame)
    assert split(b"\x00\x00" + request) == (request, 18)


def test_a_search_asks_one_question_for_clock_and_type() -> None:
    on = line()
    (search,) = catalogue.families()["km5"].search
    found = on.run(search.ask("26053"))
    assert (found.model, found.identity.serial, found.identity.model) == (MODEL, ADDRESS, "KM-5-2")
    assert not search.addresses


def test_a_third_flow_that_nobody_explained_is_left_out() -> None:
    snapshot = line().run(catalogue.driver(MODEL).read_current(ADDRESS, SETTINGS))
    assert not {value.quantity.name for value in snapshot.values} & {
        "volume_flow_make_up",
        "mass_flow_make_up",
    }


def test_a_record_with_an_impossible_stamp_is_unreadable() -> None:
    def disturb(asked: bytes, reply: bytes) -> bytes:
        return sealed(reply[:6] + b"\x31\x02\x26" + reply[9:-2]) if asked[4] == Command.RECORD else reply

    on = line()
    on.disturb = disturb
    (gap,) = archive(on, HOUR, NOON)
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.UNREADABLE

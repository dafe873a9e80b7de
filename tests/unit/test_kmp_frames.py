"""Framing and value coding of KMP, by the tables and examples of its references."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from metering.errors import DecodeError, FrameError
from protocols.checksums import crc_ccitt
from protocols.vendor.kmp.frames import REPLY, REQUEST, Frame, decode, find, stuffed, unstuffed
from protocols.vendor.kmp.replies import log_of, logger_of, registers_of, series_of, type_of
from protocols.vendor.kmp.requests import (
    log_moment,
    read_log_from,
    read_logger_from,
    read_logger_newest,
    set_clock,
)
from protocols.vendor.kmp.units import UNITS
from protocols.vendor.kmp.values import decimal_date, scaled

TYPE = bytes.fromhex("40 3F 01 00 04 1B F9 01 26 99 0D")
SERIAL = bytes.fromhex("40 3F 02 01 23 45 67 E9 56 0D")
LOG = bytes.fromhex(
    "40 BF A0 01 02 10 F3 00 3C 08 04 00 FF 1B F9 86 62 00 44 27 04 00 E9 93 DC 05 10 F4 B5 0A 5C 5E 93 E0 "
    "50 47 10 F5 CF 1B F9 53 96 F2 58 4C 96 10 F5 11 02 00 67 1C 0D"
)


def anything(frame: Frame) -> bool:
    return True


def test_stuffing_as_in_section_1() -> None:
    assert stuffed(bytes.fromhex("04 0D 00 06")) == bytes.fromhex("04 1B F2 00 1B F9")
    pairs = {"80": "1B 7F", "40": "1B BF", "0D": "1B F2", "06": "1B F9", "1B": "1B E4"}
    for raw, sent in pairs.items():
        assert stuffed(bytes.fromhex(raw)) == bytes.fromhex(sent)
        assert unstuffed(bytes.fromhex(sent)) == bytes.fromhex(raw)


@pytest.mark.parametrize("body", ["1B", "1B 00", "40", "06", "3F 80"])
def test_a_byte_that_cannot_stand_within_a_frame_is_refused(body: str) -> None:
    with pytest.raises(FrameError):
        unstuffed(bytes.fromhex(body))


@pytest.mark.parametrize(("body", "crc"), [("3F 01", 0x058A), ("3F 02", 0x35E9), ("3F 10 01 00 80", 0xD408)])
def test_crc_as_in_section_1(body: str, crc: int) -> None:
    assert crc_ccitt(bytes.fromhex(body)) == crc


def test_the_printed_crc_of_the_clock_example_is_wrong_and_ours_is_that_of_the_reference() -> None:
    request = Frame(REQUEST, 0x3F, *set_clock(datetime.fromisoformat("2007-07-30T16:15:57")))
    assert request.encode() == bytes.fromhex("80 3F 09 00 01 14 4A 00 02 77 15 77 4E 0D")
    with pytest.raises(FrameError, match="CRC"):
        decode(bytes.fromhex("80 3F 09 00 01 14 4A 00 02 77 15 C3 4A 0D"))


@pytest.mark.parametrize(
    "before", ["", "00", "80 3F 01 05 8A 0D", "40 3F 01 00 04", "40 3F 01 00 0D", "FF 0D 0D"]
)
def test_a_reply_is_found_behind_echo_noise_and_damage(before: str) -> None:
    noise = bytes.fromhex(before)
    assert find(noise + TYPE, anything) == (decode(TYPE), len(noise + TYPE))


def test_another_reply_is_stepped_over() -> None:
    found = find(TYPE + SERIAL, lambda frame: frame.command == 2)
    assert found == (Frame(REPLY, 0x3F, 2, bytes.fromhex("01 23 45 67")), len(TYPE + SERIAL))
    assert find(TYPE, lambda frame: frame.command == 2) is None


@pytest.mark.parametrize(
    ("integer", "scale", "value"),
    [
        (0x3039, 0xC2, "-123.45"),
        (0x05397FB1, 0x03, "87654321000"),
        (0xFF, 0x03, "255000"),
        (0x3039, 0x42, "123.45"),
        (0, 0xC2, "0.00"),
        (0, 0x00, "0"),
    ],
)
def test_sign_and_exponent_as_in_section_4(integer: int, scale: int, value: str) -> None:
    number = scaled(integer, scale)
    assert number == Decimal(value)
    assert not number.is_signed() or integer


def test_dates_as_in_section_4() -> None:
    assert decimal_date(0x03AABB, 0x022E9D) == datetime.fromisoformat("2024-03-15T14:30:05")


@pytest.mark.parametrize(
    ("date", "time"), [(0, 0), (240230, 0), (240315, 240000), (1_000_101, 0), (2**32 - 1, 0)]
)
def test_a_date_in_no_calendar_is_refused(date: int, time: int) -> None:
    with pytest.raises(DecodeError):
        decimal_date(date, time)


def test_codes_of_ten_units_add_a_power_of_ten() -> None:
    assert UNITS[57] == ("GJ", 1)
    assert UNITS[8] == ("GJ", 0)


def test_type_without_software_revision() -> None:
    assert type_of(bytes.fromhex("03 21 00 00")).software == ""


def test_a_log_of_a_module_as_in_section_6() -> None:
    reply = log_of(decode(LOG).data)
    assert list(reply.records) == [0x10F3, 0x10F4, 0x10F5]
    assert reply.newest == 0x1102
    assert reply.records[0x10F3][60].number == 0xFF068662
    assert {value.header.unit for value in reply.records[0x10F5].values()} == {8, 39}


def test_an_empty_log_has_no_records() -> None:
    assert log_of(bytes.fromhex("01 02 01")).records == {}
    assert log_of(b"").records == {}


def test_requests_of_logs_as_in_sections_6_and_7() -> None:
    from_record = Frame(REQUEST, 0xBF, *read_log_from(1, (60, 68), 3, 0x10F3, 0x80))
    assert from_record.encode() == bytes.fromhex("80 BF A2 01 02 00 3C 00 44 03 1B 7F 10 F3 25 F2 0D")
    hours = Frame(REQUEST, 0x3F, *read_logger_newest(5, 0, 24, (348, 60, 68, 99)))
    assert hours.encode() == bytes.fromhex("80 3F B8 07 05 00 00 00 18 04 01 5C 00 3C 00 44 00 63 F2 74 0D")
    years = Frame(REQUEST, 0x3F, *read_logger_from(2, 2, 2, (1003,)))
    assert years.encode() == bytes.fromhex("80 3F B8 1B F9 02 00 00 00 02 00 02 01 03 EB 75 07 0D")


def test_both_orders_of_a_time_as_the_makers_document_prints_them() -> None:
    moment = datetime.fromisoformat("2007-05-24T10:30:00")
    assert log_moment(moment, seconds_first=False) == bytes.fromhex("07 05 18 0A 1E 00 00 00")
    assert log_moment(moment, seconds_first=True) == bytes.fromhex("00 00 00 1E 0A 18 05 07")


def test_entries_of_a_logger_count_down() -> None:
    captured = bytes.fromhex(
        "40 3F B8 1B F9 02 00 02 01 00 00 00 02 00 00 00 02 00 C0 03 EB 30 04 00 00 03 F8 05 00 03 D0 F5 "
        "AA 3A 0D"
    )
    reply = logger_of(decode(captured).data)
    assert {number: row[1003].integer for number, row in reply.records.items()} == {2: 260101, 1: 250101}


def test_values_cut_short_are_refused() -> None:
    with pytest.raises(DecodeError):
        registers_of(bytes.fromhex("00 3C 03 04 42 00 00"))
    with pytest.raises(DecodeError):
        series_of(bytes.fromhex("00 3C 0C 02 43 01"))
    with pytest.raises(DecodeError):
        logger_of(bytes.fromhex("06 04 00 05 01 00 00 00 01 00 00 00 01 00 00"))


def test_what_a_log_does_not_keep_is_told_from_values() -> None:
    assert series_of(b"\xff\xff") is None

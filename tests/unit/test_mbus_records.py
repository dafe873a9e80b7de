"""Payloads (m-bus.md sections 4, 5, 8 and 9): data types, header forms, refusals, fixed structure, tails."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from metering.errors import DecodeError, MeterBusy, MeterError, NotSupported
from metering.readings import Absence
from protocols.mbus import frames, headers, records
from protocols.mbus.dif import Function
from protocols.mbus.records import DataRecord, Header, Telegram


def telegram(hexadecimal: str) -> Telegram:
    """A payload in hex, CI first."""
    return records.decode(bytes.fromhex(hexadecimal))


def record(hexadecimal: str) -> DataRecord:
    """The one record of a telegram without header (CI 78)."""
    (only,) = telegram("78" + hexadecimal).records
    return only


VALUES = [
    ("type A", "0C 13 76 34 70 00", Decimal("703.476")),
    ("type A, negative (10.7)", "0B 62 02 00 F0", Decimal("-0.2")),
    ("type A, negative (10.7)", "0B 61 18 00 F0", Decimal("-0.18")),
    ("type A, 12 digits", "0E 03 12 90 78 56 34 12", Decimal(123456789012)),
    ("type B", "02 5A FF FF", Decimal("-0.1")),
    ("type B, 24 bits", "03 13 15 31 00", Decimal("12.565")),
    ("type B, 48 bits", "06 03 FF FF FF FF FF 7F", Decimal(2**47 - 1)),
    ("type B, 64 bits", "07 03 FF FF FF FF FF FF FF 7F", Decimal(2**63 - 1)),
    ("type C", "02 FD 0E FE FF", Decimal(65534)),
    ("type D", "02 FD 17 00 80", Decimal(0x8000)),
    ("type D, all ones", "01 FD 17 FF", Decimal(255)),
    ("type G", "42 6C FF 0C", date(2007, 12, 31)),
    ("type G", "42 6C 0F 33", date(2024, 3, 15)),
    ("type G, a day of any year", "42 6C 01 01", date(2000, 1, 1)),
    ("type F", "04 6D 1E 0E 0F 33", datetime(2024, 3, 15, 14, 30)),
    ("type F, century bit", "04 6D 30 37 E2 14", datetime(2015, 4, 2, 23, 48)),
    ("type F, year 96 without century", "04 6D 10 09 05 C5", datetime(1996, 5, 5, 9, 16)),
    ("type I", "06 6D 1E 1E 0E 0F 33 00", datetime(2024, 3, 15, 14, 30, 30)),
    ("type J", "03 6D 05 3B 17", time(23, 59, 5)),
    ("type H", "05 5B 00 00 A0 41", Decimal(20)),
    ("type H scaled", "05 2E 00 00 00 C0", Decimal(-2000)),
    ("LVAR text, last character first", "0D FD 10 03 43 42 41", "ABC"),
    ("LVAR positive BCD", "0D 13 C2 34 12", Decimal("1.234")),
    ("LVAR negative BCD", "0D 13 D2 34 12", Decimal("-1.234")),
    ("LVAR binary", "0D 13 E2 E8 03", Decimal(1)),
    ("LVAR large binary", "0D 78 F0" + "01" * 16, b"\x01" * 16),
    ("container", "0D FD 3B 03 01 02 03", b"\x01\x02\x03"),
]


@pytest.mark.parametrize(("octets", "value"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_value_of_each_data_type(octets: str, value: object) -> None:
    found = record(octets)
    assert found.value == value
    assert type(found.value) is type(value)
    assert (found.absence, found.why) == (None, "")


ABSENCES = [
    ("8-bit mark", "01 5B 80", Absence.INVALID_MARK),
    ("16-bit mark", "02 5A 00 80", Absence.INVALID_MARK),
    ("32-bit mark (10.4)", "C4 84 00 06 00 00 00 80", Absence.INVALID_MARK),
    ("64-bit mark", "07 03 00 00 00 00 00 00 00 80", Absence.INVALID_MARK),
    ("type C mark", "02 FD 0E FF FF", Absence.INVALID_MARK),
    ("NaN", "05 5B 00 00 C0 7F", Absence.INVALID_MARK),
    ("infinity", "05 5B 00 00 80 7F", Absence.INVALID_MARK),
    ("date FFFF (10.4)", "C2 84 00 6C FF FF", Absence.INVALID_MARK),
    ("date 0000", "42 6C 00 00", Absence.INVALID_MARK),
    ("date of every year", "42 6C E1 F1", Absence.INVALID_MARK),
    ("30 February", "42 6C 1E 32", Absence.INVALID_MARK),
    ("time marked invalid", "04 6D 9E 0E 0F 33", Absence.INVALID_MARK),
    ("hour 31", "04 6D 1E 1F 0F 33", Absence.INVALID_MARK),
    ("type I marked invalid", "06 6D 1E 9E 0E 0F 33 00", Absence.INVALID_MARK),
    ("nines in the error state", "3B 2D 99 99 99", Absence.INVALID_MARK),
    ("display text DDEBBD", "3B 3B BD EB DD", Absence.NOT_BCD),
    ("display text", "3C 2B BD EB DD DD", Absence.NOT_BCD),
    ("digit A in front", "0A 5A 00 A0", Absence.NOT_BCD),
    ("digit F inside", "0A 5A F0 00", Absence.NOT_BCD),
    ("DIF without data", "00 13", Absence.NO_DATA),
    ("selection for read-out", "08 06", Absence.NO_DATA),
    ("empty LVAR number", "0D 13 E0", Absence.NO_DATA),
    ("type K", "04 FD 72 00 00 00 00", Absence.NOT_DECODED),
    ("type L", "04 FD 73 00 00 00 00", Absence.NOT_DECODED),
    ("type M", "0D 6D E5 00 00 00 00 00", Absence.NOT_DECODED),
    ("date in one byte", "01 6C 01", Absence.NOT_DECODED),
    ("date in BCD", "0C 6D 01 02 03 04", Absence.NOT_DECODED),
]


@pytest.mark.parametrize(
    ("octets", "absence"), [row[1:] for row in ABSENCES], ids=[row[0] for row in ABSENCES]
)
def test_absence_is_named_and_never_zero(octets: str, absence: Absence) -> None:
    found = record(octets)
    assert (found.value, found.absence) == (None, absence)
    assert found.why


def test_nines_of_a_running_counter_are_a_number() -> None:
    assert record("0A 3B 99 99").value == Decimal("9.999")


def test_record_of_the_error_state_keeps_its_number() -> None:
    hours = record("3C 22 15 00 00 00")
    assert (hours.function, hours.value) == (Function.ERROR, Decimal(15 * 3600))


@pytest.mark.parametrize(
    ("octets", "shortest"),
    [
        ("CD CC CC 3D", "0.1"),
        ("B4 E3 D7 42", "107.94473"),
        ("00 00 80 4B", "16777216"),
        ("FF FF 7F 7F", "3.4028235E+38"),
    ],
)
def test_float_is_the_shortest_decimal_that_means_the_same_float(octets: str, shortest: str) -> None:
    """Shortest forms as IEEE 754 demands of a round trip: float32 has 24 bits of mantissa."""
    assert record("05 3E" + octets).value == Decimal(shortest)


def test_bad_record_is_stepped_over_and_reported() -> None:
    found = telegram("78 01 6C 01 0B 3B BD EB DD 02 DA 18 00 00 04 06 0A 00 00 00")
    assert [row.value for row in found.records] == [None, None, None, Decimal(10_000)]
    assert [words.split(":")[0] for words in found.problems] == [
        "record 0 (016C)",
        "record 1 (0B3B)",
        "record 2 (02DA18)",
    ]


def test_manufacturer_data_end_the_records() -> None:
    found = telegram("78 01 13 05 0F 04 13 FF")
    assert (len(found.records), found.manufacturer_data, found.more_follows) == (1, b"\x04\x13\xff", False)


@pytest.mark.parametrize("tail", ["", "01 02"])
def test_more_follows(tail: str) -> None:
    found = telegram("78 01 13 05 1F" + tail)
    assert (found.manufacturer_data, found.more_follows) == (bytes.fromhex(tail), True)


def test_idle_fillers_are_no_records() -> None:
    found = telegram("78 2F 2F 01 13 05 2F 01 13 06 2F")
    assert [row.value for row in found.records] == [Decimal("0.005"), Decimal("0.006")]


IDENTITY = "78 56 34 12 24 23 2A 04"
HEADER = Header("12345678", "HYD", 0x2A, 0x04, 0x26, 0x10, 0x1234)


def test_long_header_in_both_directions() -> None:
    octets = bytes.fromhex(IDENTITY + "26 10 34 12")
    assert telegram("72" + octets.hex()).header == HEADER
    assert headers.encode(HEADER) == octets


def test_long_header_most_significant_byte_first() -> None:
    found = telegram("76 12 34 56 78 23 24 2A 04 26 10 12 34 02 5A 01 00 0D FD 10 02 41 42")
    assert found.header == HEADER
    assert [row.value for row in found.records] == [Decimal("25.6"), "AB"]


def test_short_header() -> None:
    found = telegram("7A 26 10 34 12 01 13 05")
    assert found.header == Header(access=0x26, status=0x10, signature=0x1234)
    assert len(found.records) == 1


def test_identification_that_is_no_bcd_keeps_its_letters() -> None:
    assert telegram("72 EF CD AB 12 24 23 2A 04 26 00 00 00").header.identification == "12ABCDEF"


@pytest.mark.parametrize(
    ("letters", "wire"),
    [
        ("ACW", "77 04"),
        ("KAM", "2D 2C"),
        ("LUG", "A7 32"),
        ("HYD", "24 23"),
        ("SEN", "AE 4C"),
        ("ZRI", "49 6A"),
    ],
)
def test_manufacturer_letters_of_section_5_1(letters: str, wire: str) -> None:
    code = int.from_bytes(bytes.fromhex(wire), "little")
    assert headers.manufacturer_letters(code) == letters
    assert headers.manufacturer_code(letters) == code


@pytest.mark.parametrize(
    ("payload", "error", "words"),
    [
        ("70", NotSupported, "unspecified"),
        ("70 00", NotSupported, "unspecified"),
        ("70 01", NotSupported, "CI field"),
        ("70 03", NotSupported, "too many records"),
        ("70 08", MeterBusy, "too busy"),
        ("70 09", MeterBusy, "battery"),
        ("70 55", NotSupported, "reserved"),
        ("6E 26 10 00 00 08", MeterBusy, "too busy"),
        ("6F " + IDENTITY + "26 10 00 00 04", NotSupported, "premature"),
    ],
)
def test_application_error_says_what_may_be_asked_next(
    payload: str, error: type[MeterError], words: str
) -> None:
    with pytest.raises(error, match=words):
        telegram(payload)


def test_alarm_telegram() -> None:
    """Section 4: 71 04."""
    (alarm,) = telegram("71 04").records
    assert (alarm.quantity, alarm.value) == ("alarm_flags", Decimal(4))


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("", "no payload"),
        ("71", "alarm"),
        ("71 01 02", "alarm"),
        ("72 01 02", "header has 12 bytes"),
        ("78 04", "ends where a VIF"),
        ("78 04 06 01 02 03", "1 missing"),
        ("78 84", "inside the DIF"),
        ("78 04 86", "inside the VIF"),
        ("78 0D 13", "length of variable data"),
        ("78 0D 13 F7 00", "LVAR F7"),
        ("78 0D 13 03 00", "2 missing"),
        ("78 3F 00", "DIF 3F"),
        ("78 8F 00", "DIF 8F"),
        ("78 02 FC", "plain-text"),
        ("78 02 FC 09 41", "plain-text"),
        ("B7 01", "dialect"),
        ("73 01 02", "fixed data structure has 16"),
    ],
)
def test_payload_that_cannot_be_delimited_is_refused_whole(payload: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        telegram(payload)


def test_fixed_data_structure() -> None:
    """Section 10.6: counter 1 is 1 l, counter 2 is 135 l at the fixed date; medium 7 is water."""
    frame = frames.decode(
        bytes.fromhex("68 13 13 68 08 05 73 78 56 34 12 0A 00 E9 7E 01 00 00 00 35 01 00 00 3C 16")
    )
    assert isinstance(frame, frames.LongFrame)
    found = records.decode(frame.payload)
    assert found.header == Header(identification="12345678", medium=7, access=10, fixed=True)
    assert [(row.storage, row.unit, row.value) for row in found.records] == [
        (0, "m3", Decimal("0.001")),
        (1, "m3", Decimal("0.135")),
    ]


FIXED = "73 78 56 34 12 0A {status} {units} 10 00 00 00 20 00 00 00"


@pytest.mark.parametrize(
    ("status", "storage", "value"), [("00", 0, 10), ("01", 0, 16), ("02", 1, 10), ("03", 1, 16)]
)
def test_fixed_status_says_coding_and_date(status: str, storage: int, value: int) -> None:
    first = telegram(FIXED.format(status=status, units="05 29")).records[0]
    assert (first.storage, first.value) == (storage, value * 1000)


@pytest.mark.parametrize(
    ("code", "unit", "step"),
    [
        ("02", "Wh", "1"),
        ("08", "Wh", "1000000"),
        ("0B", "J", "1000"),
        ("11", "J", "1000000000"),
        ("17", "W", "1000"),
        ("20", "J/h", "1000000"),
        ("2C", "m3", "1"),
        ("35", "m3/h", "1"),
        ("38", "°C", "0.001"),
    ],
)
def test_fixed_unit_codes(code: str, unit: str, step: str) -> None:
    """Section 9."""
    first = telegram(FIXED.format(status="00", units=code + "3F")).records[0]
    assert (first.unit, first.value) == (unit, 10 * Decimal(step))


def test_fixed_structure_most_significant_byte_first() -> None:
    found = telegram("77 12 34 56 78 0A 00 05 29 00 00 00 10 00 00 00 20")
    assert found.header.identification == "12345678"
    assert found.records[0].value == Decimal(10_000)

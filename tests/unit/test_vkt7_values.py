"""What a VKT-7's values, qualities, marks and properties mean (vkt7.md section 4)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.errors import DecodeError, NotSupported
from metering.readings import Absence, MeterValue
from protocols.vendor.vkt7.elements import MOST_ITEMS, PIPE_3, in_lists, wanted
from protocols.vendor.vkt7.information import (
    ArchiveRange,
    Service,
    moment,
    scheme_of,
    server_version,
    subscriber_of,
)
from protocols.vendor.vkt7.properties import PROPERTIES, settings_of
from protocols.vendor.vkt7.questions import Item, ValueType
from protocols.vendor.vkt7.report_months import record_slot, stamp_of
from protocols.vendor.vkt7.values import Reader

SETTINGS = {
    "unit_temperature": "°C",
    "unit_volume": "м3",
    "unit_flow": "м3/ч",
    "unit_pressure": "кг/см2",
    "unit_heat": "Гкал",
    "unit_time": "ч",
    "decimals_temperature": "2",
    "decimals_volume_1": "2",
    "decimals_pressure_1": "2",
    "decimals_heat_1": "3",
}
T1, V1, P2, Q1, TIME, G1, MARK, DURATIONS = 0, 3, 10, 12, 17, 19, 77, 79


def read(code: int, sent: str, keeps_abnormal: bool = False) -> tuple[MeterValue | None, set[str]]:
    octets = bytes.fromhex(sent)
    reader = Reader(SETTINGS, keeps_abnormal)
    understood = reader.understood((Item(code, len(octets) - 2),), octets)
    value = understood.values[0] if understood.values else None
    return value, {str(condition) for condition in understood.conditions}


NUMBERS = {
    "section 6, t1": (T1, "e8 1f c0 00", "81.68"),
    "section 6, V1": (V1, "68 06 00 00 c0 00", "16.40"),
    "section 6, live V1": (V1, "2d 05 00 00 c0 00", "13.25"),
    "section 6, P": (P2, "c2 01 c0 00", "4.50"),
    "section 6, Qo": (Q1, "71 01 00 00 c0 00", "0.369"),
    "section 6, day of operating time": (TIME, "18 00 00 00 c0 00", "24"),
    "section 6, total V1": (V1, "d1 e9 9a 00 c0 00", "101524.01"),
    "section 6, total Qo": (Q1, "d1 90 28 00 c0 00", "2658.513"),
    "a frosty day": (T1, "18 fc c0 00", "-10.00"),
    "another element's situation": (T1, "e8 1f c0 ff", "81.68"),
}


@pytest.mark.parametrize(("code", "sent", "number"), NUMBERS.values(), ids=NUMBERS.keys())
def test_a_good_value_is_a_number_with_its_decimals(code: int, sent: str, number: str) -> None:
    value, conditions = read(code, sent)
    assert value is not None
    assert value.value == Decimal(number)
    assert not conditions


ABSENT = {
    "garbage of an inactive element, section 6": (V1, "b5 9a 04 40 04 00", Absence.NO_DATA, set()),
    "out of range": (
        P2,
        "30 75 0c ff",
        Absence.INVALID_MARK,
        {"pressure_out_of_range:1:pressure_return"},
    ),
    "temperature out of range": (
        T1,
        "30 75 0c 00",
        Absence.INVALID_MARK,
        {"temperature_out_of_range:1:temperature_supply"},
    ),
    "volume out of range": (
        V1,
        "00 00 00 00 0c 00",
        Absence.INVALID_MARK,
        {"unknown:1:volume_supply:out of range"},
    ),
    "30000 of good quality": (P2, "30 75 c0 00", Absence.INVALID_MARK, set()),
    "not a number": (G1, "00 00 c0 7f c0 00", Absence.INVALID_MARK, set()),
    "abnormal": (T1, "e8 1f 50 00", Absence.ERROR_STATE, {"unknown:1:temperature_supply:abnormal situation"}),
    "situation 7": (T1, "e8 1f 50 07", Absence.ERROR_STATE, {"unknown:1:temperature_supply:situation 7"}),
    "unknown quality": (T1, "e8 1f 18 00", Absence.ERROR_STATE, {"unknown:1:temperature_supply:quality 18"}),
    "a size that no number has": (V1, "00 00 00 c0 00", Absence.NOT_DECODED, set()),
}


@pytest.mark.parametrize(("code", "sent", "absence", "said"), ABSENT.values(), ids=ABSENT.keys())
def test_what_is_no_number_is_absent_and_says_why(
    code: int, sent: str, absence: Absence, said: set[str]
) -> None:
    value, conditions = read(code, sent)
    assert value is not None
    assert (value.value, value.absence) == (None, absence)
    assert conditions == said


def test_a_line_may_keep_values_of_abnormal_situations() -> None:
    value, conditions = read(T1, "e8 1f 50 07", keeps_abnormal=True)
    assert value is not None
    assert value.value == Decimal("81.68")
    assert conditions == {"unknown:1:temperature_supply:situation 7"}


MARKS = {
    "the mark of the log, section 6": (MARK, "2a 50 ff", {"unknown:1::abnormal situation"}),
    "no mark": (MARK, "20 c0 00", set()),
    "durations": (
        DURATIONS,
        "01 00 00 00 03 00 00 00 05 00 c0 00",
        {"power_failure:1", "flow_above_maximum:1", "temperature_difference_below_limit:1"},
    ),
    "no durations": (DURATIONS, "00 00 00 00 00 00 00 00 00 00 c0 00", set()),
    "durations that this firmware lacks": (DURATIONS, "01 00 02 00 03 00 04 00 05 00 04 00", set()),
}


@pytest.mark.parametrize(("code", "sent", "said"), MARKS.values(), ids=MARKS.keys())
def test_marks_and_durations_are_conditions(code: int, sent: str, said: set[str]) -> None:
    assert read(code, sent) == (None, said)


def test_a_cut_list_is_not_understood() -> None:
    with pytest.raises(DecodeError, match="element 3"):
        Reader(SETTINGS).understood((Item(T1, 2), Item(V1, 4)), bytes.fromhex("e8 1f c0 00 68 06 00 00 c0"))


def test_values_without_configuration_mean_nothing() -> None:
    with pytest.raises(DecodeError, match="unit_temperature"):
        Reader({}).understood((Item(T1, 2),), bytes.fromhex("e8 1f c0 00"))


FIXED = bytes.fromhex("f8 43 20 20 20 20 20 c0 00") + bytes.fromhex("02 c0 00")
LENGTHS = bytes.fromhex("02 00 f8 43 c0 00 02 c0 00")
ASKED = (PROPERTIES[0][0], PROPERTIES[0][8])


@pytest.mark.parametrize(("server", "data"), [(0, FIXED), (1, LENGTHS)])
def test_a_unit_is_written_as_the_server_version_says(server: int, data: bytes) -> None:
    """Section 4: a fixed 7 characters, or a length before them."""
    assert settings_of(ASKED, data, server) == {"unit_temperature": "°C", "decimals_temperature": "2"}
    with pytest.raises(DecodeError):
        settings_of(ASKED, data, 1 - server)


@pytest.mark.parametrize("data", [LENGTHS[:-1], LENGTHS + b"\x00", LENGTHS[:6] + b"\x0a\xc0\x00"])
def test_damaged_properties_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        settings_of(ASKED, data, 1)


ACTIVE = tuple(Item(code, 4) for code in range(60))


@pytest.mark.parametrize("value_type", [kind for kind in ValueType if kind is not ValueType.PROPERTIES])
def test_only_what_makes_sense_for_a_type_is_read(value_type: ValueType) -> None:
    codes = {item.code for item in wanted(ACTIVE, value_type, with_pipe_3=True)}
    current = value_type is ValueType.CURRENT
    assert (19 in codes) is current
    assert (3 in codes) is not current
    assert (0 in codes) is (value_type not in (ValueType.TOTAL, ValueType.CURRENT_TOTALS))
    assert not codes & {11, 33, 37, 38, 44}


def test_pipe_3_is_read_only_where_the_line_says_so() -> None:
    without = {item.code for item in wanted(ACTIVE, ValueType.HOUR, with_pipe_3=False)}
    assert not without & PIPE_3.keys()


def test_lists_are_cut_where_the_meter_cannot_answer_more() -> None:
    """Section 5: an answer has at most 264 bytes; a list of 34 would look like a start of session."""
    assert [len(items) for items in in_lists(Item(code, 1) for code in range(70))] == [
        MOST_ITEMS,
        MOST_ITEMS,
        4,
    ]
    lists = in_lists(Item(code, 10) for code in range(50))
    assert all(sum(item.size + 2 for item in items) + 5 <= 256 for items in lists)
    assert [item.code for items in lists for item in items] == list(range(50))
    assert in_lists(()) == []


def test_the_service_information_of_the_reference() -> None:
    """Section 6: firmware 2.5, scheme 1/0, 00123456, address 7, report day 25, model 1."""
    data = bytes.fromhex("25 00 02 00 00 30 30 31 32 33 34 35 36 07 19 01")
    assert Service.decode(data) == Service((2, 5), (1, 0), "00123456", 7, 25, 1)
    with pytest.raises(NotSupported, match=r"before firmware 1\.5"):
        Service.decode(b"\x19")


def test_the_number_of_the_scheme_is_in_bits_9_to_12() -> None:
    assert scheme_of((0b1111 << 9).to_bytes(2, "little")) == 15
    assert scheme_of((~(0b1111 << 9) & 0xFFFF).to_bytes(2, "little")) == 0


def test_the_range_of_the_reference_and_of_older_firmware() -> None:
    data = bytes.fromhex("01 03 0f 00 09 04 0f 0f 01 01 0f 17")
    whole = ArchiveRange.decode(data)
    assert (whole.hours_from, whole.now) == (datetime(2015, 3, 1), datetime(2015, 4, 9, 15))
    assert whole.days_from == datetime(2015, 1, 1, 23)
    assert ArchiveRange.decode(data[:8]).days_from is None
    with pytest.raises(DecodeError):
        ArchiveRange.decode(data[:7])


def test_a_time_that_is_in_no_calendar_is_not_understood() -> None:
    with pytest.raises(DecodeError):
        moment(bytes.fromhex("1f 02 0f 00"))


@pytest.mark.parametrize(
    ("size", "version", "expected"), [(62, 1, 1), (204, 0, 0), (61, 1, None), (204, 7, None)]
)
def test_the_server_version_is_byte_64_of_the_frame(size: int, version: int, expected: int | None) -> None:
    block = bytearray(max(size, 62))
    block[61] = version
    assert server_version(bytes(block[:size])) == expected


def test_a_subscriber_identifier_has_its_length() -> None:
    assert subscriber_of(bytes.fromhex("03 00 20 31 32 c0 00")) == "12"
    with pytest.raises(DecodeError):
        subscriber_of(bytes.fromhex("04 00 20 31 32 c0 00"))


def month(year: int, number: int) -> MeterSlot:
    return slot_at(ArchiveKind.MONTH, datetime(year, number, 1))


MONTHS = {
    "the month's last day": (31, month(2015, 2), datetime(2015, 2, 1), datetime(2015, 3, 1)),
    "25th": (25, month(2015, 3), datetime(2015, 2, 26), datetime(2015, 3, 26)),
    "30th in February": (30, month(2015, 2), datetime(2015, 1, 31), datetime(2015, 3, 1)),
    "30th in March": (30, month(2015, 3), datetime(2015, 3, 1), datetime(2015, 3, 31)),
    "no report day": (0, month(2015, 3), datetime(2015, 2, 2), datetime(2015, 3, 2)),
}


@pytest.mark.parametrize(("day", "slot", "start", "end"), MONTHS.values(), ids=MONTHS.keys())
def test_a_report_month_ends_with_the_report_day(
    day: int, slot: MeterSlot, start: datetime, end: datetime
) -> None:
    own = MeterSlot(start, end)
    assert record_slot(ArchiveKind.MONTH, slot, day) == own
    assert record_slot(ArchiveKind.MONTH, own, day) == own


TOTALS = [
    (31, datetime(2015, 3, 1), datetime(2015, 3, 1)),
    (31, datetime(2015, 3, 10), datetime(2015, 3, 1)),
    (25, datetime(2015, 4, 1), datetime(2015, 3, 26)),
    (25, datetime(2015, 3, 26), datetime(2015, 3, 26)),
    (25, datetime(2015, 3, 25), datetime(2015, 2, 26)),
    (30, datetime(2015, 3, 31), datetime(2015, 3, 31)),
    (30, datetime(2015, 3, 5), datetime(2015, 3, 1)),
]


@pytest.mark.parametrize(("day", "asked", "stands"), TOTALS)
def test_a_total_stands_at_the_last_end_of_a_report_month(
    day: int, asked: datetime, stands: datetime
) -> None:
    own = record_slot(ArchiveKind.TOTAL, slot_at(ArchiveKind.TOTAL, asked), day)
    assert own == slot_at(ArchiveKind.TOTAL, stands)


def test_dates_are_written_as_section_5_says() -> None:
    assert stamp_of(ArchiveKind.HOUR, slot_at(ArchiveKind.HOUR, datetime(2015, 3, 25, 18))) == datetime(
        2015, 3, 25, 18
    )
    assert stamp_of(ArchiveKind.DAY, slot_at(ArchiveKind.DAY, datetime(2015, 3, 25))) == datetime(
        2015, 3, 25, 23
    )
    assert stamp_of(ArchiveKind.MONTH, month(2015, 2)) == datetime(2015, 2, 28, 23)
    total = slot_at(ArchiveKind.TOTAL, datetime(2015, 3, 26))
    assert stamp_of(ArchiveKind.TOTAL, total) == datetime(2015, 3, 25, 23)

"""Compact profiles (m-bus.md section 8.3)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from metering.errors import DecodeError
from metering.readings import Absence
from protocols.mbus import compact, records
from protocols.mbus.compact import ProfileValue

DATE = "84 04 6D 00 20 41 11"
BASE = "8B 04 15 00 30 12"
STARTED = datetime(2010, 1, 1)


def expand(*octets: str) -> list[ProfileValue]:
    payload = bytes.fromhex("78" + "".join(octets))
    telegram = records.decode(payload)
    return [value for record in telegram.records for value in compact.expand(record, telegram)]


def test_hourly_increments_of_the_standards_example() -> None:
    """Annex F as printed in section 8.3: 123000 steps of 0.1 m3, then 3, 2 and 11 more."""
    values = expand(DATE, BASE, "8D 04 95 1F 05 69 01 03 02 11")
    assert [value.value for value in values] == [Decimal("12300.3"), Decimal("12300.5"), Decimal("12301.6")]
    assert [value.meter_time for value in values] == [STARTED.replace(hour=hour) for hour in (1, 2, 3)]
    assert {value.storage for value in values} == {8}


def test_storage_numbers_count_on() -> None:
    values = expand(DATE, BASE, "8D 04 95 1E 04 69 01 03 02")
    assert [value.storage for value in values] == [9, 10]


def test_inverse_profile_goes_back() -> None:
    values = expand(DATE, BASE, "8D 04 95 13 04 69 01 03 02")
    assert [value.value for value in values] == [Decimal("12299.7"), Decimal("12299.5")]
    assert [value.meter_time for value in values] == [datetime(2009, 12, 31, hour) for hour in (23, 22)]


@pytest.mark.parametrize(
    ("control", "elements", "values"),
    [
        ("2A", "00 10 00 11", ["100.0", "110.0"]),
        ("AA", "01 00 02 00", ["12299.9", "12299.7"]),
        ("E1", "FF 03", ["12299.9", "12300.2"]),
    ],
    ids=["absolute", "decrements", "signed differences"],
)
def test_increment_modes(control: str, elements: str, values: list[str]) -> None:
    block = bytes.fromhex(control + "01" + elements)
    found = expand(DATE, BASE, f"8D 04 95 1F {len(block):02X}", block.hex())
    assert [value.value for value in found] == [Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("control", "count", "times"),
    [
        ("41", 30, [datetime(2010, 1, 1, 0, 0, 30), datetime(2010, 1, 1, 0, 1)]),
        ("51", 15, [datetime(2010, 1, 1, 0, 15), datetime(2010, 1, 1, 0, 30)]),
        ("71", 1, [datetime(2010, 1, 2), datetime(2010, 1, 3)]),
        ("71", 253, [datetime(2010, 1, 16), datetime(2010, 2, 1)]),
        ("71", 254, [datetime(2010, 2, 1), datetime(2010, 3, 1)]),
        ("61", 254, [datetime(2010, 4, 1), datetime(2010, 7, 1)]),
        ("51", 254, [datetime(2010, 7, 1), datetime(2011, 1, 1)]),
        ("71", 0, [None, None]),
    ],
)
def test_spacing(control: str, count: int, times: list[datetime | None]) -> None:
    found = expand(DATE, BASE, f"8D 04 95 1F 04 {control} {count:02X} 01 01")
    assert [value.meter_time for value in found] == times


def test_last_day_of_a_month_stays_the_last_day() -> None:
    """Type G 31 January 2010."""
    found = expand("82 04 6C 5F 11", BASE, "8D 04 95 1F 04 71 FE 01 01")
    assert [value.meter_time for value in found] == [datetime(2010, 2, 28), datetime(2010, 3, 31)]


def test_nothing_is_known_behind_a_missing_increment() -> None:
    found = expand(DATE, BASE, "8D 04 95 1F 05 61 01 01 FF 01")
    assert [value.value for value in found] == [Decimal("12300.1"), None, None]
    assert found[2].absence is Absence.INVALID_MARK


def test_increments_without_a_base_have_no_level() -> None:
    found = expand(DATE, "8D 04 95 1F 03 69 01 03")
    assert [(value.value, value.absence) for value in found] == [(None, Absence.NO_DATA)]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("01 69", "spacing control"),
        ("03 6D 01 00", "data field D"),
        ("03 60 01 00", "data field 0"),
        ("03 62 01 00", "elements of 2 bytes"),
        ("03 61 FB 00", "Spacing value 251"),
    ],
)
def test_profile_that_contradicts_itself_is_refused(block: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        expand(DATE, BASE, "8D 04 95 1F", block)

"""Tables of the TEM family against the reference: systems, error words, stamps, areas."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from metering.calendar import ArchiveKind
from metering.errors import DecodeError
from metering.meters import MeterConfiguration
from metering.quantities import QUANTITIES
from metering.units import check_unit
from protocols.vendor.tem import clock, status
from protocols.vendor.tem.memory_map import inverted_sum, negated_sum
from protocols.vendor.tem.models import MODELS
from protocols.vendor.tem.numbers import Number, Order, number_at
from protocols.vendor.tem.schemes import TYPES_104, TYPES_104M
from protocols.vendor.tem.stamps import OneDate, TwoDates, UnixTime
from protocols.vendor.tem.status import Status, conditions_of, voided
from protocols.vendor.tem.systems import SYSTEMS, System, settings_of, systems_of

REFERENCE = Path(__file__).parents[2].parent / "shared" / "protocols" / "tem-104.md"
HOUR, DAY, MONTH = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH


def printed(text: str, columns: str) -> dict[int, tuple[int, int, int]]:
    """Rows `code | name | G | P | T` of a table, with their numbers of channels."""
    rows = re.findall(r"\| ([0-9A-F]) \| [^|]+ \| (\d) \| (\d) \| (\d) (?=\|)", text[text.index(columns) :])
    return {int(code, 16): (int(flow), int(pressure), int(heat)) for code, flow, pressure, heat in rows}


@pytest.mark.skipif(not REFERENCE.exists(), reason="the protocol references are not here")
@pytest.mark.parametrize(
    ("begin", "end", "types"),
    [
        ("| Code | Type | G | P | T |", "### SysInt", TYPES_104),
        ("| Type | System | G | P | T | Type |", "Channels: +00", TYPES_104M),
    ],
    ids=["section 4", "section 7"],
)
def test_systems_have_the_channels_of_the_reference(begin: str, end: str, types: dict[int, str]) -> None:
    text = REFERENCE.read_text("utf-8")
    channels = printed(text[: text.index(end)], begin)
    assert len(channels) >= 12
    ours = {code: SYSTEMS[kind] for code, kind in types.items()}
    assert {
        code: tuple(map(len, (one.flows, one.pressures, one.temperatures))) for code, one in ours.items()
    } == (channels)


@pytest.mark.parametrize("model", MODELS)
def test_areas_follow_each_other_without_overlap(model: str) -> None:
    for archive in MODELS[model].map.archives.values():
        areas = sorted(archive.areas.values(), key=lambda area: area.start)
        for area, following in pairwise(areas):
            assert area.start + area.count * archive.record.size <= following.start


ENDS = {
    "section 4": ("arvas-tem-104", MONTH, 0x7FFFF),
    "section 5": ("arvas-tem-104-1", MONTH, 0x1FFFF),
    "section 6": ("arvas-tem-106", MONTH, 0x7F7FF),
    "section 7": ("arvas-tem-104m", MONTH, 0x0D367F),
    "section 7 hours": ("arvas-tem-104m", HOUR, 0x0897FF),
    "section 7a": ("arvas-tem-104-k", MONTH, 0xE33F),
    "section 7a days": ("arvas-tem-104-k", DAY, 0xE0FF),
}


@pytest.mark.parametrize(("model", "kind", "last"), ENDS.values(), ids=ENDS.keys())
def test_areas_end_where_the_reference_says(model: str, kind: ArchiveKind, last: int) -> None:
    archive = next(iter(MODELS[model].map.archives.values()))
    area = archive.areas[kind]
    assert area.start + area.count * archive.record.size - 1 == last


@pytest.mark.parametrize("model", MODELS)
def test_every_row_measures_a_quantity_in_a_unit_of_it(model: str) -> None:
    row = MODELS[model]
    words = [word for choice in row.choices if choice.name == "heat_unit" for word in choice.words]
    layouts = [part.layout for part in row.map.parts] + [one.record for one in row.map.archives.values()]
    for one in (entry for layout in layouts for entry in layout.rows):
        prefixed = (each for name, each in QUANTITIES.items() if name.startswith(f"{one.family}_"))
        named = QUANTITIES.get(one.family) or next(prefixed, None)
        assert named is not None
        for unit in words if one.unit == "heat_unit" else [one.unit]:
            check_unit(unit, named)


@pytest.mark.parametrize("model", MODELS)
def test_nothing_lies_behind_the_end_of_its_layout(model: str) -> None:
    row = MODELS[model]
    layouts = [part.layout for part in row.map.parts] + [one.record for one in row.map.archives.values()]
    for layout in layouts:
        for one in layout.rows:
            assert one.at + one.number.size <= layout.size
            assert one.fraction is None or one.fraction + 4 <= layout.size


SUPPLY, OPEN = System(0, "supply", (0,)), System(1, "open", (1, 2))
WORDS = {
    "tekerr 0: G1 below": (status.LIMITS, 1, SUPPLY, {"flow_below_minimum:1:supply"}),
    "tekerr 1, 4: G2": (
        status.LIMITS,
        0x12,
        OPEN,
        {"flow_below_minimum:2:return", "flow_above_maximum:2:return"},
    ),
    "tekerr 6: dt1": (status.LIMITS, 0x40, SUPPLY, {"temperature_difference_below_limit:1"}),
    "teherr 3": (status.FAULTS, 0x08, SUPPLY, {"sensor_fault:1:temperature_supply"}),
    "teherr 8": (status.FAULTS, 0x100, OPEN, {"sensor_fault:2:pressure_cold_water"}),
    "teherr 10": (status.FAULTS, 0x400, OPEN, {"reverse_flow:2:return"}),
    "teherr 15": (status.FAULTS, 0x8000, SUPPLY, {"power_failure:1"}),
    "teherr 11 is not explained": (status.FAULTS, 0x800, SUPPLY, {"unknown:1::word bit 11"}),
    "104M teherr 9: no water": (status.FAULTS_M, 0x200, SUPPLY, {"empty_pipe:1:supply"}),
    "106 bits 4, 6": (
        status.ERRORS_106,
        0x50,
        SUPPLY,
        {"temperature_difference_below_limit:1", "sensor_fault:1"},
    ),
    "104-1 TEKERR": (
        status.LIMITS_SINGLE,
        7,
        SUPPLY,
        {
            "temperature_difference_below_limit:1",
            "flow_below_minimum:1:supply",
            "flow_above_maximum:1:supply",
        },
    ),
    "104-1 TEHERR": (status.FAULTS_SINGLE, 0x22, SUPPLY, {"hardware_fault:1"}),
}


@pytest.mark.parametrize(("bits", "word", "system", "said"), WORDS.values(), ids=WORDS.keys())
def test_error_words_become_conditions(
    bits: dict[int, status.Bit], word: int, system: System, said: set[str]
) -> None:
    assert {str(one) for one in conditions_of(Status(0, Number.WORD, "word", bits), word, system)} == said


def test_only_faults_of_sensors_void_what_they_measure() -> None:
    assert not voided(Status(0, Number.WORD, "tekerr", status.LIMITS), 0xFF)
    assert voided(Status(0, Number.WORD, "teherr", status.FAULTS), 0x8208) == {(status.Sense.TEMPERATURE, 0)}
    assert voided(Status(0, Number.BYTE, "error", status.ERRORS_106), 0x20) == {
        (status.Sense.TEMPERATURE, None)
    }


def test_the_error_words_of_a_system_lie_where_the_reference_has_them() -> None:
    """tem-104.md section 4: RAM, 70 tekerr, 72 teherr; section 7 for the M models: 70 and 71."""
    places = {}
    for model in ("arvas-tem-104", "arvas-tem-104m"):
        *_, currents = MODELS[model].map.parts
        places[model] = {one.name: one.at for one in currents.layout.status}
    assert places == {
        "arvas-tem-104": {"tekerr": 0x70, "teherr": 0x72},
        "arvas-tem-104m": {"tekerr": 0x70, "teherr": 0x71},
    }


def bcd(*parts: int) -> bytes:
    return bytes(int(str(part), 16) for part in parts)


START = {"stamp": "start"}
STAMPED = {
    "section 4, the example": (HOUR, bcd(8, 20, 3, 4, 7, 20, 3, 4), {}, "2004-03-20T07:00:00", True),
    "a day": (DAY, bcd(0, 21, 3, 4, 23, 20, 3, 4), {}, "2004-03-20T00:00:00", True),
    "a month": (MONTH, bcd(0, 1, 4, 4, 23, 31, 3, 4), {}, "2004-03-01T00:00:00", True),
    "a report date in mid-month, its period told by its start": (
        MONTH,
        bcd(0, 25, 4, 4, 0, 25, 3, 4),
        {},
        "2004-03-01T00:00:00",
        False,
    ),
    "a report date in mid-month": (MONTH, bcd(0, 25, 4, 4, 23, 24, 4, 4), {}, "2004-04-01T00:00:00", False),
}


@pytest.mark.parametrize(("kind", "data", "words", "start", "covers"), STAMPED.values(), ids=STAMPED.keys())
def test_two_dates_tell_the_slot(
    kind: ArchiveKind, data: bytes, words: dict[str, str], start: str, covers: bool
) -> None:
    stamped = TwoDates(clock.STAMP, 0, 4).of(kind, data, words)
    assert stamped is not None
    assert (stamped.start, stamped.covers) == (datetime.fromisoformat(start), covers)


ONE = {
    "the end of an hour": (HOUR, bcd(8, 20, 3, 4), {}, "2004-03-20T07:00:00", True),
    "its start": (HOUR, bcd(8, 20, 3, 4), START, "2004-03-20T08:00:00", True),
    "midnight": (HOUR, bcd(0, 1, 1, 4), {}, "2003-12-31T23:00:00", True),
    "a day, its hour undefined": (DAY, b"\xff" + bcd(1, 3, 4), {}, "2004-02-29T00:00:00", True),
    "a month": (MONTH, bcd(0, 1, 1, 4), {}, "2003-12-01T00:00:00", True),
    "a month in its middle": (MONTH, bcd(0, 25, 1, 4), {}, "2003-12-01T00:00:00", False),
    "a month from its start": (MONTH, bcd(0, 1, 1, 4), START, "2004-01-01T00:00:00", True),
}


@pytest.mark.parametrize(("kind", "data", "words", "start", "covers"), ONE.values(), ids=ONE.keys())
def test_one_date_tells_the_slot_that_ends_or_starts(
    kind: ArchiveKind, data: bytes, words: dict[str, str], start: str, covers: bool
) -> None:
    stamped = OneDate(clock.STAMP).of(kind, data, words)
    assert stamped is not None
    assert (stamped.start, stamped.covers) == (datetime.fromisoformat(start), covers)


@pytest.mark.parametrize("data", [b"\xff" * 4, bytes(4), bcd(24, 1, 1, 4), bcd(0, 30, 2, 4)], ids=bytes.hex)
def test_an_impossible_stamp_is_none(data: bytes) -> None:
    assert OneDate(clock.STAMP).of(HOUR, data, {}) is None
    assert TwoDates(clock.STAMP, 0, 4).of(HOUR, data + bcd(8, 20, 3, 4), {}) is None


def test_unix_times_may_be_those_of_utc() -> None:
    """1488456000 is 2017-03-02T12:00:00Z, which is 17:00 where the clock is five hours ahead."""
    data = (1488456000).to_bytes(4, "little")
    hours = [UnixTime(Order.LITTLE).of(HOUR, data, words) for words in ({}, {"unix_time": "utc+5"})]
    assert [one.start.hour for one in hours if one] == [11, 16]


def test_checksums_of_records() -> None:
    octets = bytes((0xF0, 0x20, 0x01))
    assert inverted_sum(octets) == 0xEE
    assert (sum(octets) + negated_sum(octets)) & 0xFF == 0


def test_numbers_have_two_orders() -> None:
    assert number_at(Number.LONG, b"\x40\xe2\x01\x00", 0, Order.LITTLE) == 123456
    assert number_at(Number.LONG, b"\x00\x01\xe2\x40", 0, Order.BIG) == 123456
    assert number_at(Number.SIGNED, b"\xff\x9c", 0, Order.BIG) == -100
    assert number_at(Number.FLOAT, b"\xff" * 4, 0, Order.BIG) is None


def test_systems_survive_as_settings() -> None:
    systems = (System(0, "open", (0, 1)), System(1, "supply", (2,), (3, 4), (5,)))
    assert systems_of(MeterConfiguration(settings_of(systems))) == systems


@pytest.mark.parametrize(
    "settings", [{}, {"systems": "x"}, {"systems": "1"}, {"systems": "1", "system_1": "oven"}]
)
def test_settings_that_name_no_systems_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(DecodeError, match="configuration"):
        systems_of(MeterConfiguration(settings))

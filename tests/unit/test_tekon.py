"""Tekon: frames and indices by tekon-19.md, maps of sites, and the driver against the simulated module."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slots
from metering.errors import (
    ConfigurationError,
    DecodeError,
    FrameError,
    MeterBusy,
    NotSupported,
    ProfileError,
)
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols import catalogue
from protocols.vendor.tekon import FAMILY, frames, site_map
from protocols.vendor.tekon.cells import depth, index, runs
from protocols.vendor.tekon.driver import TekonDriver
from protocols.vendor.tekon.frames import Address, Frame
from protocols.vendor.tekon.models import MODELS
from simulators.families import DevicePlan
from simulators.vendor.tekon import USUAL, TekonModule, build, split
from tests.support.back_to_back import Bench
from tests.support.plant import judge, memory

NOTHING = MeterConfiguration()
HOUR, DAY, MONTH = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH
PRINTED = bytes.fromhex("68 06 06 68 07 02 00 00 16 43 62 16")
DATE, TIME, LIST = 0x17, 0x18, 0x1C
MAPS = Path(site_map.__file__).parent / "maps"


def module(model: str = "kreit-tekon-19", address: str = "2:3", **settings: Any) -> TekonModule:
    return build(DevicePlan(model, address, "3840", memory(**settings), lambda: 0.0))


def driver(model: str = "kreit-tekon-19") -> TekonDriver:
    return TekonDriver(MODELS[model], {"map": USUAL[model]})


def read(line: Bench, kind: ArchiveKind, wanted: list[MeterSlot]) -> list[Record]:
    line.run(driver(line.device.model).read_archive("2:3", NOTHING, kind, wanted))
    return line.delivered


@pytest.mark.parametrize(
    ("kind", "cells", "start", "cell"),
    [
        (DAY, 366, datetime(2017, 9, 13), 0xFF),
        (HOUR, 1536, datetime(2017, 9, 17, 10), 0x82),
        (HOUR, 1536, datetime(2018, 5, 5, 14), 0x416),
        (HOUR, 384, datetime(2018, 5, 5, 14), 0x116),
        (MONTH, 48, datetime(2019, 7, 1), 42),
        (HOUR, 1536, datetime(2024, 3, 15, 14), 0xCE),
        (DAY, 366, datetime(2024, 3, 15), 74),
        (MONTH, 12, datetime(2019, 7, 1), 6),
        (DAY, 366, datetime(2024, 12, 31), 365),
    ],
    ids=lambda value: str(value),
)
def test_the_cell_of_a_slot_is_the_one_of_section_3(
    kind: ArchiveKind, cells: int, start: datetime, cell: int
) -> None:
    assert index(kind, cells, start) == cell


@pytest.mark.parametrize(("kind", "cells"), [(HOUR, 384), (HOUR, 1536), (DAY, 366), (MONTH, 12), (MONTH, 48)])
@pytest.mark.parametrize("now", [datetime(2024, 3, 1), datetime(2025, 3, 1), datetime(2025, 1, 1)])
def test_within_the_depth_no_two_slots_share_a_cell(kind: ArchiveKind, cells: int, now: datetime) -> None:
    kept = list(slots(kind, datetime(2020, 1, 1), now))[-depth(kind, cells) :]
    places = [index(kind, cells, slot.start) for slot in kept]
    assert len(set(places)) == len(places)
    assert index(kind, cells, now) not in places
    assert index(kind, cells, next_start(kind, now)) not in places


@pytest.mark.parametrize("address", ["", "3", "2:", "0:3", "2:256", "2:3:4", "a:b"])
def test_an_address_is_gateway_and_module(address: str) -> None:
    with pytest.raises(ConfigurationError, match="gateway:module"):
        frames.parse_address(address)
    assert frames.parse_address("2:3") == Address(2, 3)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"", id="alone"),
        pytest.param(b"\x68\x06\x07\x68\xe5\xa2", id="noise with a start and an E5"),
        pytest.param(Frame(6, 2, bytes(4)).encode(), id="late, with another number"),
        pytest.param(Frame(7, 9, bytes(4)).encode(), id="of another gateway"),
        pytest.param(PRINTED[:7] + b"\x55" + PRINTED[8:], id="damaged"),
        pytest.param(Frame(0x47, 2, bytes(4)).encode(), id="a request"),
    ],
)
def test_the_answer_is_found_behind(before: bytes) -> None:
    assert frames.find(before + PRINTED, 2, 7) == (frames.decode(PRINTED), len(before + PRINTED))


def test_a_refusal_is_one_byte_alone() -> None:
    with pytest.raises(NotSupported, match="F001"):
        Bench(module(), lambda asked, reply: b"\xe5").run(driver().identify("2:3"))
    line = Bench(module(), lambda asked, reply: b"\xe5" + reply)
    assert line.run(driver().identify("2:3")).serial == "3840"


def test_silence_and_noise_are_no_answer() -> None:
    with pytest.raises(FrameError):
        Bench(module(), lambda asked, reply: b"\x55" + reply[:-1]).run(driver().identify("2:3"))


def test_a_serial_number_has_decimal_digits() -> None:
    def letters(asked: bytes, reply: bytes) -> bytes:
        return Frame(reply[4], reply[5], bytes.fromhex("4A 38 00 00")).encode()

    with pytest.raises(DecodeError, match="decimal"):
        Bench(module(), letters).run(driver().identify("2:3"))


@pytest.mark.parametrize("digits", ["00 05 30 25", "00 05 6A 14", "00 05"])
def test_a_time_that_no_day_has_is_refused(digits: str) -> None:
    def wrong(asked: bytes, reply: bytes) -> bytes:
        return Frame(reply[4], reply[5], bytes.fromhex(digits)).encode()

    with pytest.raises(DecodeError, match="clock"):
        Bench(module(), wrong).run(driver().read_clock("2:3", NOTHING))


def test_runs_have_at_most_60_cells_and_end_where_an_array_begins_anew() -> None:
    wanted = list(slots(HOUR, datetime(2026, 2, 1), datetime(2026, 2, 8)))
    groups = list(runs(HOUR, 384, wanted))
    assert [slot for group in groups for slot in group] == wanted[::-1]
    for group in groups:
        cells = [index(HOUR, 384, slot.start) for slot in group]
        assert cells == list(range(cells[0], cells[0] - len(cells), -1))
        assert len(cells) <= 60
    year_end = [slot_at(DAY, datetime(2025, 12, 31)), slot_at(DAY, datetime(2026, 1, 1))]
    assert len(list(runs(DAY, 366, year_end))) == 2


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", [HOUR, DAY, MONTH])
def test_every_slot_gets_its_true_record_or_its_reason(model: str, kind: ArchiveKind) -> None:
    line = Bench(module(model))
    now = line.device.memory.meter_time()
    wanted = list(slots(kind, datetime(2026, 1, 20) if kind is HOUR else datetime(2025, 9, 1), now))[::-1]
    found = {record.slot: record for record in read(line, kind, wanted)}
    assert set(found) == set(wanted)
    kept = driver(model).info.depths[kind]
    for number, slot in enumerate(wanted):
        truths = line.device.truth_archive(kind, slot.start)
        record = found[slot]
        if number == 0:
            assert record == Gap(kind, slot, GapReason.NOT_YET_CLOSED)
        elif number > kept:
            assert record == Gap(kind, slot, GapReason.OUT_OF_DEPTH)
        elif truths is None:
            assert record == Gap(kind, slot, GapReason.NO_RECORD)
        else:
            assert isinstance(record, ArchiveRecord)
            judge(record.values, truths)


def test_hours_without_power_are_gaps() -> None:
    off = MeterSlot(datetime(2026, 2, 9, 8), datetime(2026, 2, 9, 11))
    wanted = [slot_at(HOUR, datetime(2026, 2, 9, hour)) for hour in range(6, 13)]
    records = read(Bench(module(power_failures=[off])), HOUR, wanted)
    assert sorted(record.slot.start.hour for record in records if isinstance(record, Gap)) == [
        8,
        9,
        10,
    ]


def changing_clock(line: Bench, *hours: str) -> None:
    """The answers to questions for the time, one after the other; the last one stays."""
    left = list(hours)

    def told(asked: bytes, reply: bytes) -> bytes:
        if asked[5] != TIME:
            return reply
        digits = bytes.fromhex(f"00 00 00 {left.pop(0) if len(left) > 1 else left[0]}")
        return Frame(reply[4], reply[5], digits).encode()

    line.disturb = told


def test_what_was_read_while_the_hour_changed_is_read_again() -> None:
    line = Bench(module())
    changing_clock(line, "13", "14")
    records = read(line, HOUR, [slot_at(HOUR, datetime(2026, 2, 10, 10))])
    assert [type(record) for record in records] == [ArchiveRecord]
    arrays = [asked for asked in line.asked if asked[0] == 0x68]
    assert len(arrays) == 10  # five quantities, twice


def test_a_clock_that_runs_away_is_given_up() -> None:
    line = Bench(module())
    changing_clock(line, "12", "13", "14")
    with pytest.raises(MeterBusy):
        read(line, HOUR, [slot_at(HOUR, datetime(2026, 2, 10, 10))])


def test_a_bad_quality_is_absence_and_no_failures_are_told() -> None:
    def dead(asked: bytes, reply: bytes) -> bytes:
        if asked[6:7] != bytes((LIST,)):
            return reply
        data = bytearray(frames.decode(reply).data)
        data[4::5] = bytes((9,)) * len(data[4::5])
        return Frame(reply[4], reply[5], bytes(data)).encode()

    snapshot = Bench(module(), dead).run(driver().read_current("2:3", NOTHING))
    assert {value.absence for value in snapshot.values} == {Absence.RECORD_ERROR}
    assert not snapshot.conditions
    assert "flags" not in {value.quantity.name for value in snapshot.values}


def test_a_choice_of_the_line_changes_the_map() -> None:
    chosen = catalogue.driver("kreit-tekon-19", choices={"tekon.map": "two-pipes-16-days"})
    assert chosen.info.depths[HOUR] == 382
    configuration = Bench(module()).run(chosen.read_configuration("2:3"))
    assert configuration.settings == {"map": "two-pipes-16-days"}


@pytest.mark.parametrize("model", MODELS)
def test_without_a_map_no_address_is_guessed(model: str) -> None:
    """tekon-19.md section 3: addresses of 8000h and above belong to the task program of each site."""
    reader, line = catalogue.driver(model), Bench(module(model))
    assert (reader.info.choices[0].words[0], dict(reader.info.depths)) == ("none", {})
    assert line.run(reader.identify("2:3")).serial == "3840"
    assert line.run(reader.read_clock("2:3", NOTHING))
    assert line.run(reader.read_configuration("2:3")).settings == {"map": "none"}
    with pytest.raises(ConfigurationError, match=r"tekon\.map"):
        line.run(reader.read_current("2:3", NOTHING))
    with pytest.raises(ConfigurationError, match=r"tekon\.map"):
        line.run(reader.read_archive("2:3", NOTHING, HOUR, []))
    assert all(
        asked[0] == 0x10 and asked[5:7] in (b"\x01\xf0", b"\x17\xf0", b"\x18\xf0") for asked in line.asked
    )


def test_totals_are_not_in_the_maps() -> None:
    with pytest.raises(NotSupported, match="no total archive"):
        read(Bench(module()), ArchiveKind.TOTAL, [])


@pytest.mark.parametrize("file", sorted(MAPS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_map_is_read_and_fits_a_model(file: Path) -> None:
    assert file.stem in site_map.names()
    assert site_map.load(file.stem).places


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("cells = 1536", "cells = 1000", "384 or 768 or 1536"),
        ('kind = "hour"', 'kind = "total"', "has no cells"),
        ('unit = "Gcal"', 'unit = "m3"', "not measured in"),
        ('"energy_heating"', '"energie"', "none of"),
        ("0x8003", "0x18003", "two bytes"),
        ("title", "titel", "'title' is missing"),
    ],
)
def test_a_bad_map_is_refused_with_its_place(old: str, new: str, says: str) -> None:
    text = (MAPS / "two-pipes-64-days.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(ProfileError, match=says):
        site_map.read(text.replace(old, new), "site")


def test_current_values_are_the_plants() -> None:
    line = Bench(module())
    snapshot = line.run(driver().read_current("2:3", NOTHING))
    truths = line.device.truth_snapshot(snapshot.meter_time)
    read = {(value.quantity.name, value.circuit): value.value for value in snapshot.values}
    assert read.keys() == truths.keys()
    assert all(truth.admits(read[key] or Decimal(0)) for key, truth in truths.items())


def test_a_module_is_silent_to_what_is_not_its_own() -> None:
    device = module()
    assert device.hear(Frame(0x40, 9, bytes.fromhex("11 03 01 F0"), fixed=True).encode()) is None
    assert device.hear(Frame(0x40, 2, bytes.fromhex("11 04 01 F0"), fixed=True).encode()) is None
    assert device.hear(PRINTED) is None
    assert device.hear(b"\x10\x00") is None
    assert device.hear(Frame(0x40, 2, bytes.fromhex("11 03 FF FF"), fixed=True).encode()) == b"\xe5"


def test_a_request_is_split_off_with_what_stands_before_it() -> None:
    asked = bytes.fromhex("10 41 02 11 03 03 80 DA 16")
    assert split(b"\x68\x10\x10" + asked + b"\x10") == (asked, 3 + len(asked))
    assert split(asked[:-1]) is None


def test_a_search_says_who_answers() -> None:
    (search,) = FAMILY.search
    assert Bench(module()).run(search.ask("2:3")).identity.serial == "3840"

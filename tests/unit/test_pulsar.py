"""Pulsar: frames by pulsar.md 2, archives by its rules, and the driver against the simulated meter."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slots
from metering.errors import (
    AccessDenied,
    ConfigurationError,
    DecodeError,
    FrameError,
    MeterError,
    NotSupported,
)
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols.vendor.pulsar import FAMILY, frames
from protocols.vendor.pulsar.driver import PulsarDriver
from protocols.vendor.pulsar.frames import Frame
from protocols.vendor.pulsar.models import MODELS
from simulators.families import DevicePlan
from simulators.vendor.pulsar import PulsarMeter, build, split
from tests.support.back_to_back import Bench
from tests.support.plant import TODAY, judge, memory

HEAT = "teplovodokhran-pulsar-heat"
NOTHING = MeterConfiguration()
PRINTED = bytes.fromhex("12 34 56 78 01 0e 02 00 00 00 5e a4 41 63")
ANSWER = bytes.fromhex("12 34 56 78 01 12 00 00 40 70 3d 0a 01 40 5e a4 82 37")


def meter(model: str = HEAT, **settings: Any) -> PulsarMeter:
    return build(DevicePlan(model, "107080", "107080", memory(**settings), lambda: 0.0))


def driver(model: str = HEAT, **choices: str) -> PulsarDriver:
    return PulsarDriver(MODELS[model], choices)


def read(driver: PulsarDriver, line: Bench, kind: ArchiveKind, wanted: list[MeterSlot]) -> list[Record]:
    line.run(driver.read_archive("107080", NOTHING, kind, wanted))
    return line.delivered


def test_the_printed_request_is_encoded_byte_by_byte() -> None:
    assert Frame(12345678, 1, bytes((2, 0, 0, 0)), 0xA45E).encode() == PRINTED


@pytest.mark.parametrize(
    ("before", "says"),
    [
        pytest.param(b"", "", id="alone"),
        pytest.param(b"\x12\x34\x56\x78\x01\xff", "", id="a start that leads nowhere"),
        pytest.param(PRINTED[:-1], "", id="a request cut short"),
        pytest.param(Frame(12345678, 1, bytes(8), 7).encode(), "", id="a late answer to another question"),
        pytest.param(Frame(87654321, 1, bytes(8), 0xA45E).encode(), "", id="another meter's answer"),
        pytest.param(ANSWER[:9] + b"\x55" + ANSWER[10:], "", id="the answer, damaged"),
    ],
)
def test_the_answer_is_found_behind(before: bytes, says: str) -> None:
    found = frames.find(before + ANSWER, 12345678, 1, 0xA45E)
    assert found is not None
    assert found[0].encode() == ANSWER
    assert found[1] == len(before + ANSWER)


@pytest.mark.parametrize("address", ["", "123456789", "-1", "1 2", "٣"])
def test_an_address_is_up_to_eight_digits(address: str) -> None:
    with pytest.raises(ConfigurationError):
        frames.parse_address(address)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1, NotSupported), (2, NotSupported), (5, AccessDenied), (8, MeterError), (99, MeterError)],
)
def test_a_refusal_says_what_its_code_means(code: int, kind: type[MeterError]) -> None:
    def refuse(asked: bytes, reply: bytes) -> bytes:
        return replace(frames.decode(asked), function=0, data=bytes((code,))).encode()

    with pytest.raises(kind, match=f"error {code}"):
        Bench(meter(), refuse).run(driver().identify("107080"))


def test_a_search_names_the_only_meter_of_a_line() -> None:
    (search,) = FAMILY.search
    found = Bench(meter()).run(search.ask(search.addresses[0]))
    assert found.identity.serial == "107080"
    with pytest.raises(FrameError):
        Bench(meter(), lambda asked, reply: asked).run(search.ask("0"))


def test_a_search_by_number_asks_that_meter_alone() -> None:
    (search,) = FAMILY.search
    bench = Bench(meter())
    address = bench.run(search.ask("0")).identity.serial
    assert bench.run(search.ask(address)).identity.serial == address
    with pytest.raises(ConfigurationError):
        bench.run(search.ask("Pulsar"))


def test_the_clock_is_set_and_read_back() -> None:
    line = Bench(meter())
    line.run(driver().set_clock("107080", NOTHING, datetime(2026, 2, 10, 15, 0, 0)))
    assert line.run(driver().read_clock("107080", NOTHING)) == datetime(2026, 2, 10, 15, 0, 0)


def test_a_refused_time_is_an_error() -> None:
    def refuse(asked: bytes, reply: bytes) -> bytes:
        return replace(frames.decode(asked), data=bytes(4)).encode()

    with pytest.raises(MeterError, match="refuses the new time"):
        Bench(meter(), refuse).run(driver().set_clock("107080", NOTHING, datetime(2026, 2, 10)))


def test_hours_are_asked_in_windows_of_at_most_58_readings() -> None:
    end = datetime(2026, 2, 10, 14)
    wanted = list(slots(ArchiveKind.HOUR, end - timedelta(hours=130), end))[::-1]
    line = Bench(meter())
    records = read(driver(), line, ArchiveKind.HOUR, wanted)
    assert [record.slot for record in records] == wanted
    assert len(line.asked) == 1 + 2 * 3  # the clock, then two channels in windows of 57 + 57 + 16 amounts
    for record in records:
        assert isinstance(record, ArchiveRecord)
        truths = line.device.truth_archive(ArchiveKind.HOUR, record.slot.start)
        judge(record.values, truths)


@pytest.mark.parametrize("kind", list(ArchiveKind))
def test_each_slot_gets_its_record_or_its_reason(kind: ArchiveKind) -> None:
    """Running, closed, before the installation, and deeper than the archive."""
    running = {ArchiveKind.MONTH: datetime(2026, 2, 1), ArchiveKind.HOUR: datetime(2026, 2, 10, 14)}
    tomorrow = slot_at(kind, running.get(kind, datetime(2026, 2, 10)))
    if kind is ArchiveKind.TOTAL:
        tomorrow = slot_at(kind, datetime(2026, 2, 11))
    closed = slot_at(kind, datetime(2026, 1, 1))
    old, ancient = slot_at(kind, datetime(2025, 12, 1)), slot_at(kind, datetime(2020, 1, 1))
    records = read(
        driver(), Bench(meter(installed=TODAY - timedelta(days=41))), kind, [tomorrow, closed, old, ancient]
    )
    found = {record.slot: record for record in records}
    assert found[tomorrow] == Gap(kind, tomorrow, GapReason.NOT_YET_CLOSED)
    assert isinstance(found[closed], ArchiveRecord)
    hours = kind is ArchiveKind.HOUR
    assert found[old] == Gap(kind, old, GapReason.OUT_OF_DEPTH if hours else GapReason.NO_RECORD)
    assert found[ancient] == Gap(kind, ancient, GapReason.OUT_OF_DEPTH)


def test_a_boundary_without_power_makes_both_its_slots_gaps() -> None:
    off = MeterSlot(datetime(2026, 2, 9, 8), datetime(2026, 2, 9, 11))
    wanted = [slot_at(ArchiveKind.HOUR, datetime(2026, 2, 9, hour)) for hour in range(6, 13)]
    records = read(driver(), Bench(meter(power_failures=[off])), ArchiveKind.HOUR, wanted)
    gaps = sorted(record.slot.start.hour for record in records if isinstance(record, Gap))
    assert gaps == [7, 8, 9, 10]


@pytest.mark.parametrize(("word", "hour"), [("amounts_since", 8), ("amounts_until", 9)])
def test_the_choice_takes_records_for_amounts(word: str, hour: int) -> None:
    """The record dated 8 or 9 o'clock is then the amount of the slot from 8 to 9."""
    slot = slot_at(ArchiveKind.HOUR, datetime(2026, 2, 9, 8))
    device = build(DevicePlan(HEAT, "107080", "107080", memory(), lambda: 0.0, {"archive": word}))
    records = read(driver(archive=word), Bench(device), ArchiveKind.HOUR, [slot])
    (record,) = records
    assert isinstance(record, ArchiveRecord)
    assert record.meter_time == datetime(2026, 2, 9, hour)
    truths = device.truth_archive(ArchiveKind.HOUR, slot.start)
    assert all(truths[value.quantity.name, 1].admits(value.value) for value in record.values)


def test_amounts_are_no_totals() -> None:
    amounts = driver(archive="amounts_since")
    assert ArchiveKind.TOTAL not in amounts.info.depths
    with pytest.raises(NotSupported):
        read(amounts, Bench(meter()), ArchiveKind.TOTAL, [])


def test_a_meter_without_time_has_no_sure_archive() -> None:
    def unknown(asked: bytes, reply: bytes) -> bytes:
        return replace(frames.decode(asked), data=b"\xff" * 6).encode()

    with pytest.raises(DecodeError, match="does not know its time"):
        read(driver(), Bench(meter(), unknown), ArchiveKind.DAY, [])


def test_an_archive_that_begins_within_a_slot_is_refused() -> None:
    def shifted(asked: bytes, reply: bytes) -> bytes:
        frame = frames.decode(reply)
        if frame.function != 6:
            return reply
        return replace(frame, data=frame.data[:8] + bytes((30,)) + frame.data[9:]).encode()

    wanted = [slot_at(ArchiveKind.HOUR, datetime(2026, 2, 9, 8))]
    with pytest.raises(DecodeError, match="no start"):
        read(driver(), Bench(meter(), shifted), ArchiveKind.HOUR, wanted)


def test_a_snapshot_across_a_minute_is_read_again() -> None:
    line = Bench(meter())
    times = iter([datetime(2026, 2, 10, 14, 16, 59), datetime(2026, 2, 10, 14, 17, 1)])

    def moved(asked: bytes, reply: bytes) -> bytes:
        if asked[4] != 4:
            return reply
        year, *rest = next(times).timetuple()[:6]
        return replace(frames.decode(reply), data=bytes((year - 2000, *rest))).encode()

    line.disturb = moved
    snapshot = line.run(driver().read_current("107080", NOTHING))
    assert snapshot.meter_time == datetime(2026, 2, 10, 14, 17, 1)
    assert [asked[4] for asked in line.asked] == [4, 1, 10, 4, 1, 10]


def test_not_a_number_is_absent() -> None:
    def not_a_number(asked: bytes, reply: bytes) -> bytes:
        frame = frames.decode(reply)
        if frame.function != 1:
            return reply
        return replace(frame, data=bytes.fromhex("00 00 C0 7F") + frame.data[4:]).encode()

    line = Bench(meter(), not_a_number)
    first, *rest = line.run(driver().read_current("107080", NOTHING)).values
    assert (first.value, first.absence) == (None, Absence.INVALID_MARK)
    assert all(value.absence is None for value in rest)


def test_a_meter_without_a_counter_of_hours_is_asked_for_the_rest() -> None:
    def without_hours(asked: bytes, reply: bytes) -> bytes:
        frame = frames.decode(asked)
        refused = frame.function == 1 and frame.data[2] & 0x08
        return replace(frame, function=0, data=b"\x02").encode() if refused else reply

    snapshot = Bench(meter(), without_hours).run(driver().read_current("107080", NOTHING))
    names = [value.quantity.name for value in snapshot.values]
    assert "energy_heating" in names
    assert "operating_time" not in names


def test_a_clock_that_began_anew_makes_no_slots_before_2000() -> None:
    def anew(asked: bytes, reply: bytes) -> bytes:
        return replace(frames.decode(asked), data=bytes((0, 1, 1, 0, 10, 0))).encode()

    before = slot_at(ArchiveKind.HOUR, datetime(1999, 12, 31, 22))
    records = read(driver(), Bench(meter(), anew), ArchiveKind.HOUR, [before])
    assert records == [Gap(ArchiveKind.HOUR, before, GapReason.OUT_OF_DEPTH)]


def test_inputs_that_no_plant_is_wired_to_count_nothing() -> None:
    model = "teplovodokhran-pulsar-10m"
    values = Bench(meter(model)).run(driver(model).read_current("107080", NOTHING)).values
    assert [value.circuit for value in values[:10]] == list(range(1, 11))
    assert values[0].value > 0
    assert all(value.value == Decimal(0) for value in values[1:10])


def test_a_request_is_split_off_with_what_stands_before_it() -> None:
    assert split(b"\x00\x12" + PRINTED + b"\x12") == (PRINTED, 2 + len(PRINTED))
    assert split(PRINTED[:-1]) is None


def test_a_meter_is_silent_to_what_is_not_its_own() -> None:
    device = meter()
    assert device.hear(PRINTED) is None
    assert device.hear(PRINTED[:-1] + b"\x00") is None


def test_the_address_of_a_simulated_meter_is_its_serial() -> None:
    with pytest.raises(ConfigurationError):
        build(DevicePlan(HEAT, "107080", "107081", memory(), lambda: 0.0))

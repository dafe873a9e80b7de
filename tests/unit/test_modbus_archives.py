"""Records of the archives that a driver must not take at their word."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols import catalogue
from protocols.driver import ClockSetter
from protocols.modbus import function65, profile
from protocols.modbus.driver import driver_of
from protocols.modbus.moments import MomentLayout
from tests.unit.test_modbus_driver import NOTHING, NOW, Meter

UNIX = MomentLayout(("unix",))
ELF_NOW = bytes([26, 2, 10, 14, 16, 49])
YESTERDAY = datetime.fromisoformat("2026-02-09T00:00:00")


def read(meter: Meter, model: str, kind: ArchiveKind, starts: Sequence[datetime]) -> list[Record]:
    asked: list[MeterSlot] = [slot_at(kind, start) for start in starts]
    meter.run(driver_of(profile.load(model)).read_archive("1", NOTHING, kind, asked))
    return meter.delivered


def elf(record: Callable[[], bytes]) -> Meter:
    def answers(function: int, data: bytes) -> bytes | int:
        if function == 16:
            return data[:4]
        return ELF_NOW if data[:2] == b"\x00\x00" else record()

    return Meter(answers)


def test_a_day_is_not_the_hour_that_was_selected_before() -> None:
    """elf-04.md section 2: days and their first hours stand at hour 0; one second is waited."""
    record = bytes([26, 2, 9, 0]) + bytes(4) + struct.pack(">f", 24.0)[2:] + struct.pack(">f", 24.0)[:2]
    meter = elf(lambda: record.ljust(244, b"\x00"))
    read(meter, "elf-04", ArchiveKind.DAY, [YESTERDAY])
    assert meter.pauses == [1.0]


def test_a_date_with_nothing_but_zeros_is_no_record() -> None:
    """elf-04.md section 2: the answer repeats the date; no time of operation, no temperature."""
    meter = elf(lambda: bytes([26, 2, 9, 0]) + bytes(240))
    (gap,) = read(meter, "elf-04", ArchiveKind.DAY, [YESTERDAY])
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.NO_RECORD


def tsrv(answer: Callable[[int, datetime], bytes | int]) -> Meter:
    def answers(function: int, data: bytes) -> bytes | int:
        if function == 3:
            return UNIX.encode(NOW)
        query = function65.decode(data)
        assert isinstance(query.first, datetime)
        return answer(query.array, query.first)

    return Meter(answers)


def test_a_system_that_cannot_be_read_keeps_the_slot_open() -> None:
    """vzlet-tsrv.md section 3: zeros of system 1 are no record, exception 8 of system 2 is a lost one."""
    meter = tsrv(lambda array, first: 8 if array == 3 else bytes(172))
    (gap,) = read(meter, "vzlet-tsrv-024m", ArchiveKind.HOUR, [NOW.replace(hour=9, minute=0, second=0)])
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.UNREADABLE


def test_a_total_that_fell_leaves_no_amount() -> None:
    """vzlet-tsrv.md section 4, TSRV-023: running totals; a meter that was reset begins anew."""
    levels = {8: Decimal(500), 9: Decimal(3)}

    def answer(array: int, first: datetime) -> bytes:
        record = bytearray(250)
        record[:4] = UNIX.encode(first)
        record[12:16] = struct.pack(">f", levels[first.hour])
        return bytes(record)

    start = NOW.replace(hour=9, minute=0, second=0)
    (record,) = read(tsrv(answer), "vzlet-tsrv-023", ArchiveKind.HOUR, [start])
    assert isinstance(record, ArchiveRecord)
    heat = next(value for value in record.values if value.quantity.name == "energy_heating")
    assert (heat.value, heat.absence) == (None, Absence.NO_DATA)


def test_a_failure_of_the_device_is_not_a_missing_record() -> None:
    """karat-307.md section 2: exceptions when the archive ends are not known; 4 is a device failure."""

    def answers(function: int, data: bytes) -> bytes | int:
        if function == 16:
            return data[:4]
        clock = bytes([49, 16, 14, 10, 2, 2, 0xEA, 0x07])
        return clock if data[:2] == b"\x00\x62" else 4

    (gap,) = read(Meter(answers), "karat-307", ArchiveKind.DAY, [YESTERDAY])
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.UNREADABLE


@pytest.mark.parametrize(
    ("kind", "settings", "is_read"),
    [
        (ArchiveKind.DAY, {"report_hour": "9", "report_day": "1"}, False),
        (ArchiveKind.TOTAL, {"report_hour": "9", "report_day": "1"}, False),
        (ArchiveKind.DAY, {"report_hour": "0", "report_day": "25"}, True),
        (ArchiveKind.HOUR, {"report_hour": "9", "report_day": "25"}, True),
    ],
)
def test_a_day_that_closes_in_the_morning_is_none_of_the_calendar(
    kind: ArchiveKind, settings: dict[str, str], is_read: bool
) -> None:
    """tv7.md sections 2 and 3: the report day and hour are the meter's settings."""
    archive = profile.load("termotronic-tv7").archives[kind]
    assert archive.is_by_calendar(settings) is is_read
    meter = Meter(lambda function, data: bytes.fromhex("02 0a 0e 1a 31 10") if function == 3 else 0x84)
    driver = driver_of(profile.load("termotronic-tv7"))
    meter.run(driver.read_archive("1", MeterConfiguration(settings), kind, [slot_at(kind, YESTERDAY)]))
    (gap,) = meter.delivered
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.NO_RECORD
    assert len(meter.asked) == 1 + is_read


@pytest.mark.parametrize("model", profile.names())
def test_only_a_documented_register_is_ever_written(model: str) -> None:
    """vzlet-tsrv.md sections 5 and 6: the clock of TSRV-024M at 8000h, of TSRV-023 at 8002h; no other."""
    sets = isinstance(catalogue.driver(model), ClockSetter)
    assert sets == (model in {"vzlet-tsrv-023", "vzlet-tsrv-024m"})


MAKERS = {"vzlet-tsrv-024", "vzlet-tsrv-024m", "vzlet-tsrv-024m-plus"}


@pytest.mark.parametrize("model", profile.names())
def test_only_the_makers_text_is_a_makers_document(model: str) -> None:
    """vzlet-tsrv.md sections 3 to 5: arrays, records and registers of TSRV-024 are the maker's."""
    expected = "maker_document" if model in MAKERS else "not_verified_on_hardware"
    assert profile.load(model).verification == expected

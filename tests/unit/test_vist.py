"""VIS.T: hours by their place in the ring, masks with gaps, damaged records, exceptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.conditions import Condition, ConditionName
from metering.errors import ConfigurationError, DecodeError, MeterBusy, NotSupported
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols import catalogue
from protocols.vendor.vist import archive
from protocols.vendor.vist.driver import MODEL
from protocols.vendor.vist.frames import FILE, parse_address, read_registers, sealed
from protocols.vendor.vist.settings import systems
from simulators.families import DevicePlan
from simulators.vendor.vist import VistMeter
from tests.support.back_to_back import Bench
from tests.support.plant import memory

HOUR = ArchiveKind.HOUR
HEADER = bytes.fromhex(
    "00 00 00 00 00 00 00 00 41 ff 04 b0 01 59 06 00 0e 00 00 0f 03 18 00 12 d6 87 00 12 c4 b0 00 00 00 00 "
    "00 12 76 90 00 12 63 08 00 00 00 00 00 0d 5f ff 00 00 00 00 00 06 f8 55 02 02 02 03" + " 00" * 34
)
RECORD = bytes.fromhex(
    "c9 64 00 00 09 29 00 00 08 fd 00 00 00 00 00 00 08 fa 00 00 08 cf 00 00 00 00 03 4d 01 a2 00 00 00 62"
)
UPDATED = datetime(2024, 3, 15, 14)


def line(**settings: Any) -> Bench:
    return Bench(VistMeter(DevicePlan(MODEL, "1", "10245", memory(**settings), lambda: 0.0)))


def read(on: Bench, *starts: datetime) -> list[Record]:
    driver = catalogue.driver(MODEL)
    settings = on.run(driver.read_configuration("1"))
    slots = [slot_at(HOUR, start) for start in starts]
    on.run(driver.read_archive("1", settings, HOUR, slots))
    return on.delivered


def hour(age: int) -> MeterSlot:
    """The hour that ended so many hours before the last update."""
    return slot_at(HOUR, UPDATED - timedelta(hours=age + 1))


@pytest.mark.parametrize(
    ("index", "present", "age", "number"),
    [
        pytest.param(345, 1200, 0, 345, id="vis-t.md section 4: the newest has the index as number"),
        pytest.param(345, 1200, 1, 344, id="one hour before"),
        pytest.param(0, 1536, 0, 1536, id="vis-t.md section 4: index 0 is the maximum"),
        pytest.param(345, 1536, 345, 1536, id="over the ring's end"),
        pytest.param(345, 1200, 1200, GapReason.NO_RECORD, id="not yet that many"),
        pytest.param(345, 1536, 1534, GapReason.OUT_OF_DEPTH, id="may be overwritten while it is read"),
        pytest.param(345, 1536, -1, GapReason.NOT_YET_CLOSED, id="the running hour"),
    ],
)
def test_an_hour_has_its_place(index: int, present: int, age: int, number: int | GapReason) -> None:
    header = replace(archive.header(HEADER), index=index, present=present)
    assert header.number(hour(age)) == number


def test_the_worked_header_says_what_the_reference_says() -> None:
    header = archive.header(HEADER)
    assert (header.mask, header.present, header.index, header.most) == (0x41FF, 1200, 345, 1536)
    assert (header.updated, header.decimals, header.registers) == (UPDATED, (2, 2, 2, 3), 0x11)


@pytest.mark.parametrize("at", range(len(RECORD)))
def test_a_record_with_a_wrong_byte_is_no_record(at: int) -> None:
    header = archive.header(HEADER)
    assert archive.record(header, RECORD, 1, "Gcal") is not None
    spoilt = bytearray(RECORD)
    spoilt[at] ^= 0x10
    assert archive.record(header, bytes(spoilt), 1, "Gcal") is None


def test_nothing_is_measured_in_an_hour_without_working_time() -> None:
    fields = b"\x00" + RECORD[2:]
    found = archive.record(archive.header(HEADER), bytes((sum(fields) & 0xFF,)) + fields, 1, "Gcal")
    assert found is not None
    absent = {value.quantity.name for value in found.values if value.absence is Absence.NO_DATA}
    assert absent == {"temperature_supply", "temperature_return"}


def test_times_above_zero_and_error_bits_are_conditions_of_the_system() -> None:
    header = replace(archive.header(HEADER), mask=0x88000 | 0x40000 | 0x10000)
    fields = (0b100).to_bytes(4, "big") + bytes((0, 7, 100))
    found = archive.record(header, bytes((sum(fields) & 0xFF,)) + fields, 2, "Gcal")
    assert found is not None
    assert found.conditions == {
        Condition(ConditionName.UNKNOWN, code="system 2 error bit 2"),
        Condition(ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT, 2),
        Condition(ConditionName.POWER_FAILURE, 2),
    }


@pytest.mark.parametrize(
    ("at", "octets"),
    [
        pytest.param(14, b"\x00\x00", id="no records at all"),
        pytest.param(12, b"\x07\x00", id="index beyond the maximum"),
        pytest.param(58, b"\x20", id="32 decimals"),
        pytest.param(16, b"\x19", id="hour 25"),
    ],
)
def test_a_header_that_cannot_be_is_refused(at: int, octets: bytes) -> None:
    with pytest.raises(DecodeError):
        archive.header(HEADER[:at] + octets + HEADER[at + len(octets) :])


def test_a_damaged_record_is_asked_for_again_later() -> None:
    def disturb(asked: bytes, reply: bytes) -> bytes:
        record = asked[1] == FILE and asked[6:8] != b"\x00\x00"
        return sealed(reply[:5] + bytes((reply[5] ^ 1,)) + reply[6:-2]) if record else reply

    on = line()
    on.disturb = disturb
    (gap,) = read(on, datetime(2026, 2, 10, 12))
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.UNREADABLE


def test_a_record_that_the_meter_refuses_is_none() -> None:
    def disturb(asked: bytes, reply: bytes) -> bytes:
        record = asked[1] == FILE and asked[6:8] != b"\x00\x00"
        return sealed(b"\x01\x94\x02") if record else reply

    on = line()
    on.disturb = disturb
    (gap,) = read(on, datetime(2026, 2, 10, 12))
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.NO_RECORD


def test_hours_without_power_are_recorded_as_such() -> None:
    failure = MeterSlot(datetime(2026, 2, 10, 8), datetime(2026, 2, 10, 11))
    (record,) = read(line(power_failures=[failure]), datetime(2026, 2, 10, 9))
    assert isinstance(record, ArchiveRecord)
    assert Condition(ConditionName.POWER_FAILURE, 1) in record.conditions
    values = {value.quantity.name: value.value for value in record.values}
    assert values["energy_heating"] == 0
    assert values["temperature_supply"] is None


def test_a_busy_meter_is_called_that() -> None:
    on = line()
    on.disturb = lambda asked, reply: sealed(bytes((1, asked[1] | 0x80, 6)))
    with pytest.raises(MeterBusy):
        on.run(catalogue.driver(MODEL).read_clock("1", MeterConfiguration()))


def test_only_hours_are_archived() -> None:
    with pytest.raises(NotSupported):
        line().run(catalogue.driver(MODEL).read_archive("1", MeterConfiguration(), ArchiveKind.DAY, []))


def test_settings_of_another_meter_are_refused() -> None:
    with pytest.raises(DecodeError):
        list(systems({"systems": "1", "1.measured": "3FFF"}))


@pytest.mark.parametrize("text", ["0", "248", "x", "", "1000"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_address(text)


def test_a_reply_is_found_behind_noise_and_other_replies() -> None:
    question = read_registers(1, 4, 0x0202, 4)
    own = bytes.fromhex("01 04 08 00 03 00 03 00 03 00 04 a2 ce")
    buffer = b"\x01\x04" + question.frame() + bytes.fromhex("01 04 06 00 45 00 32 00 23 4d 4a") + own
    assert question.complete(buffer[:-1]) is None
    assert question.complete(buffer) == len(buffer)
    assert question.data(buffer) == own[3:-2]


def test_the_length_byte_of_a_file_request_is_not_checked() -> None:
    """vis-t.md section 1: F5 instead of 07 is answered as well."""
    asked = sealed(bytes.fromhex("01 14 f5 06 00 00 00 00 00 30"))
    assert line().device.hear(asked) == line().device.hear(
        sealed(bytes.fromhex("01 14 07 06 00 00 00 00 00 30"))
    )

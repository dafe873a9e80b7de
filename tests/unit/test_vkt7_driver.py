"""The VKT-7's driver and the simulated meter back to back: sessions, schemes, report months, old firmware."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slots
from metering.errors import ConfigurationChanged, ConfigurationError, DecodeError, NoResponse, NotSupported
from metering.meters import MeterConfiguration
from metering.readings import GapReason
from protocols import catalogue
from protocols.playback import play
from protocols.vectors import VectorExchange
from protocols.vendor.vkt7.driver import Vkt7Driver
from protocols.vendor.vkt7.frames import read_answer, read_request, refusal, write_answer
from protocols.vendor.vkt7.questions import Item, ValueType, read_data, write_list, write_type
from simulators.families import DevicePlan
from simulators.vendor.vkt7 import SIMULATED, split
from simulators.vendor.vkt7.meter import Vkt7Meter
from tests.support.back_to_back import Bench, Disturb
from tests.support.plant import judge
from tests.unit.teplokom_memory import POWER_FAILURE, memory

ADDRESS, SERIAL = "7", "00123456"
DRIVER = Vkt7Driver()
TODAY = datetime(2026, 2, 10)
"""The meter's clock shows 14:17:30 of this day."""


def line_to(*, disturb: Disturb = lambda asked, reply: reply, **settings: Any) -> Bench[Vkt7Meter]:
    meter = Vkt7Meter("teplokom-vkt-7", int(ADDRESS), SERIAL, memory(), **settings)
    return Bench(meter, disturb, split)


def configuration(line: Bench[Any]) -> MeterConfiguration:
    return line.run(DRIVER.read_configuration(ADDRESS))


def read(line: Bench[Any], kind: ArchiveKind, *starts: datetime) -> None:
    asked = [slot_at(kind, start) for start in starts]
    line.run(DRIVER.read_archive(ADDRESS, configuration(line), kind, asked))


def hours(first: datetime, count: int) -> list[datetime]:
    """Newest first, as a poll asks for them."""
    return [first - timedelta(hours=number) for number in range(count)]


def test_who_it_is() -> None:
    identity = line_to().run(DRIVER.identify(ADDRESS))
    assert (identity.serial, identity.model, identity.firmware) == (SERIAL, "VKT-7", "2.7")


def test_address_0_is_answered_by_any_meter() -> None:
    line = line_to()
    assert line.run(DRIVER.identify("0")).serial == SERIAL
    with pytest.raises(NoResponse):
        line.run(DRIVER.identify("8"))


@pytest.mark.parametrize("address", ["", "241", "-1", "a", "1.5", "0007"])
def test_an_address_that_no_meter_has_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of a VKT-7"):
        next(DRIVER.identify(address))


def test_a_meter_sleeps_until_it_is_woken() -> None:
    """Section 1: at least two bytes FF before each request."""
    meter = line_to().device
    request = read_request(7, 0x3FF9)
    assert meter.hear(b"\xff\xff" + request) is not None
    assert meter.hear(b"\xff" + request) is None
    assert meter.hear(request) is None


@pytest.mark.parametrize("firmware", [(1, 5), (1, 6), (1, 8), (1, 9), (2, 5), (2, 7)])
def test_every_firmware_is_asked_only_what_it_knows(firmware: tuple[int, int]) -> None:
    """Section 2: clock and identifier since 1.9, minutes of the clock since 2.7, the range since 1.6."""
    line = line_to(firmware=firmware)
    assert line.run(DRIVER.identify(ADDRESS)).serial == SERIAL
    settings = configuration(line)
    clock = line.run(DRIVER.read_clock(ADDRESS, settings))
    assert clock == (TODAY.replace(hour=14, minute=17, second=30) if firmware >= (2, 7) else None)
    snapshot = line.run(DRIVER.read_current(ADDRESS, settings))
    assert snapshot.meter_time == clock
    judge(snapshot.values, line.device.truth_snapshot(TODAY.replace(hour=14, minute=17)))
    read(line, ArchiveKind.HOUR, TODAY, TODAY.replace(hour=14))
    assert [record.slot.start for record in line.records] == [TODAY]
    too_early = GapReason.NOT_YET_CLOSED if firmware >= (1, 6) else GapReason.NO_RECORD
    assert [gap.reason for gap in line.gaps] == [too_early]


@pytest.mark.parametrize("server_version", [0, 1])
def test_both_servers_tell_the_same_settings(server_version: int) -> None:
    settings = configuration(line_to(server_version=server_version)).settings
    assert settings["server_version"] == str(server_version)
    assert settings["unit_volume"] == "м3"
    assert (settings["decimals_heat_1"], settings["decimals_heat_2"]) == ("3", "2")


def test_a_session_begins_anew_when_its_first_answer_is_lost() -> None:
    """Only the first reading after the start brings the server version: repeating it would bring values."""
    line = line_to()
    line.disturb = lambda asked, reply: b"" if len(line.asked) in (2, 4) else reply
    assert line.run(DRIVER.identify(ADDRESS)).serial == SERIAL
    starts = [at for at, request in enumerate(line.asked) if request[3:6] == b"\x10\x3f\xff"]
    assert starts == [0, 2, 4]


def test_a_session_that_never_begins_ends_with_silence() -> None:
    line = line_to(disturb=lambda asked, reply: b"" if asked[4:6] == b"\x3f\xfe" else reply)
    with pytest.raises(NoResponse):
        line.run(DRIVER.identify(ADDRESS))
    assert len(line.asked) == 6


def test_a_meter_that_tells_no_server_version_is_not_taken_for_a_vkt_7() -> None:
    with pytest.raises(DecodeError, match="no server version"):
        line_to(server_version=3).run(DRIVER.identify(ADDRESS))


@pytest.mark.parametrize(
    ("kind", "starts"),
    [
        (ArchiveKind.HOUR, hours(TODAY, 30)),
        (ArchiveKind.DAY, [TODAY - timedelta(days=number) for number in range(1, 9)]),
        (ArchiveKind.MONTH, [datetime(2026, 1, 1), datetime(2025, 12, 1)]),
        (ArchiveKind.TOTAL, [datetime(2026, 2, 1), datetime(2026, 1, 1)]),
    ],
)
def test_both_heat_inputs_are_read_as_the_plant_has_them(kind: ArchiveKind, starts: list[datetime]) -> None:
    line = line_to()
    read(line, kind, *starts)
    without_power = {slot.start for slot in slots(ArchiveKind.HOUR, POWER_FAILURE.start, POWER_FAILURE.end)}
    assert [gap.slot.start for gap in line.gaps] == [start for start in starts if start in without_power]
    assert len(line.records) + len(line.gaps) == len(starts)
    for record in line.records:
        judge(record.values, line.device.truth_archive(kind, record.slot.start))
        assert {value.circuit for value in record.values} == {1, 2}


def test_a_record_costs_two_questions_once_the_list_is_written() -> None:
    line = line_to()
    settings = configuration(line)
    line.asked.clear()
    asked = [slot_at(ArchiveKind.HOUR, start) for start in hours(TODAY, 10)]
    line.run(DRIVER.read_archive(ADDRESS, settings, ArchiveKind.HOUR, asked))
    assert len(line.asked) == len(("range", "type", "active list", "list")) + 2 * len(asked)


def test_what_cannot_be_there_is_not_asked_for() -> None:
    line = line_to()
    read(
        line, ArchiveKind.HOUR, TODAY.replace(hour=14), TODAY - timedelta(hours=1200), datetime(1999, 12, 31)
    )
    assert [gap.reason for gap in line.gaps] == [
        GapReason.NOT_YET_CLOSED,
        GapReason.OUT_OF_DEPTH,
        GapReason.NO_RECORD,
    ]
    assert not [request for request in line.asked if request[3:6] == b"\x10\x3f\xfb"]


def test_an_empty_archive_refuses_its_range_and_has_gaps() -> None:
    """Section 2: code 3 to the date range."""
    meter = Vkt7Meter("teplokom-vkt-7", 7, SERIAL, memory(installed=TODAY.replace(hour=14)))
    line = Bench(meter, split=split)
    settings = configuration(line)
    asked = [slot_at(ArchiveKind.HOUR, start) for start in hours(TODAY.replace(hour=13), 1152)]
    line.asked.clear()
    line.run(DRIVER.read_archive(ADDRESS, settings, ArchiveKind.HOUR, asked))
    assert [gap.slot for gap in line.gaps] == asked
    assert {gap.reason for gap in line.gaps} == {GapReason.NO_RECORD}
    assert len(line.asked) == 1  # not one question a slot


CHANGED_AT = datetime(2026, 2, 10, 5)


def test_a_scheme_that_changes_between_two_records_ends_the_conversation() -> None:
    """Section 5: exception 5. What was read is delivered; the settings are read again."""
    line = line_to(scheme_changed_at=CHANGED_AT)
    with pytest.raises(ConfigurationChanged):
        read(line, ArchiveKind.HOUR, *hours(TODAY.replace(hour=8), 8))
    assert [record.slot.start.hour for record in line.records] == [8, 7, 6, 5]


def test_a_conversation_that_begins_with_an_earlier_scheme_takes_up_its_elements() -> None:
    """Also when current values were read meanwhile, so that the meter is back in its present scheme."""
    line = line_to(scheme_changed_at=CHANGED_AT)
    line.run(DRIVER.read_current(ADDRESS, configuration(line)))
    read(line, ArchiveKind.HOUR, *hours(TODAY.replace(hour=4), 4))
    assert len(line.records) == 4
    for record in line.records:
        judge(record.values, line.device.truth_archive(ArchiveKind.HOUR, record.slot.start))
        assert "pressure_supply" not in {value.quantity.name for value in record.values}


@dataclass
class Deafening:
    """A meter whose first refusal for a changed scheme gets lost on the line."""

    meter: Vkt7Meter
    lost: int = 0

    def hear(self, frame: bytes) -> bytes | None:
        answer = self.meter.hear(frame)
        if answer == refusal(7, 0x03, 5) and not self.lost:
            self.lost += 1
            return None
        return answer


def test_a_change_of_scheme_is_noticed_although_its_only_notice_was_lost() -> None:
    """Section 7: exception 5 is returned once per change; then old lists are served."""
    meter = Vkt7Meter("teplokom-vkt-7", 7, SERIAL, memory(), scheme_changed_at=CHANGED_AT)
    line = Bench(Deafening(meter), split=split)
    read(line, ArchiveKind.HOUR, *hours(TODAY.replace(hour=8), 8))
    assert len(line.records) == 8
    for record in line.records:
        judge(record.values, meter.truth_archive(ArchiveKind.HOUR, record.slot.start))


def test_a_meter_that_forgot_its_list_is_read_anew() -> None:
    """Code 2 to a reading: no valid list or type is set."""
    line = line_to()
    line.run(DRIVER.identify(ADDRESS))
    assert line.device.hear(read_data(6).request(7)) == refusal(7, 0x03, 2)
    assert isinstance(read_data(6).refused(7, 2), ConfigurationChanged)


def test_report_months_that_are_no_calendar_months_are_delivered_as_what_they_are() -> None:
    line = line_to(report_day=25)
    read(line, ArchiveKind.MONTH, datetime(2026, 1, 1), datetime(2025, 12, 1))
    assert [gap.slot.start for gap in line.gaps] == [datetime(2026, 1, 1), datetime(2025, 12, 1)]
    assert [gap.reason for gap in line.gaps] == [GapReason.NO_RECORD] * 2
    own = [
        MeterSlot(datetime(2025, 12, 26), datetime(2026, 1, 26)),
        MeterSlot(datetime(2025, 11, 26), datetime(2025, 12, 26)),
    ]
    assert [record.slot for record in line.records] == own
    for record in line.records:
        judge(record.values, line.device.truth_archive(ArchiveKind.MONTH, record.slot.start))


def test_totals_of_report_months_stand_where_they_end() -> None:
    line = line_to(report_day=25)
    read(line, ArchiveKind.TOTAL, datetime(2026, 2, 1), datetime(2026, 1, 31), datetime(2025, 12, 26))
    assert [record.slot.start for record in line.records] == [datetime(2026, 1, 26), datetime(2025, 12, 26)]
    assert [gap.slot.start for gap in line.gaps] == [datetime(2026, 2, 1), datetime(2026, 1, 31)]
    for record in line.records:
        judge(record.values, line.device.truth_archive(ArchiveKind.TOTAL, record.slot.start))


def test_an_unknown_kind_of_report_day_is_not_understood() -> None:
    settings = MeterConfiguration({"firmware": "2.7", "report_day": "last"})
    with pytest.raises(DecodeError, match="report day"):
        line_to().run(DRIVER.read_archive(ADDRESS, settings, ArchiveKind.MONTH, []))


def test_a_list_that_is_too_long_is_refused() -> None:
    """Code 5 to a written list: 30 units of measurement are longer than a frame."""
    meter = line_to().device
    meter.hear(write_type(ValueType.PROPERTIES).request(7))
    asked = write_list(tuple(Item(44, 7) for _ in range(30)))
    assert meter.hear(asked.request(7)) == refusal(7, 0x10, 5)
    assert isinstance(asked.refused(7, 5), NotSupported)


EMPTY = MeterConfiguration({"firmware": "1.5"})


def exchange(asked: str, answer: bytes) -> VectorExchange:
    return VectorExchange(bytes.fromhex(asked), answer)


def test_a_meter_without_active_elements_says_so() -> None:
    transcript = [
        exchange("ff ff 00 10 3f fd 00 00 02 00 00 70 d2", write_answer(0, 0x3FFD)),
        exchange("ff ff 00 03 3f fc 00 00 88 3f", read_answer(0, b"")),
    ]
    with pytest.raises(DecodeError, match="no active element"):
        play(DRIVER.read_archive("0", EMPTY, ArchiveKind.HOUR, []), transcript)


def test_the_third_pipe_is_read_where_the_line_says_what_it_is() -> None:
    """t3 of heat input 1, 25.00 °C; the list is built by the rules of section 2."""
    driver = catalogue.driver("teplokom-vkt-7", choices={"vkt7.pipe_3": "make_up"})
    settings = MeterConfiguration({"firmware": "1.5", "unit_temperature": "°C", "decimals_temperature": "2"})
    entry = bytes.fromhex("02 00 00 40 02 00")
    hour = slot_at(ArchiveKind.HOUR, datetime(2015, 3, 25, 18))
    transcript = [
        exchange("ff ff 00 10 3f fd 00 00 02 00 00 70 d2", write_answer(0, 0x3FFD)),
        exchange("ff ff 00 03 3f fc 00 00 88 3f", read_answer(0, entry)),
        exchange("ff ff 00 10 3f fb 00 00 04 19 03 0f 12 df 16", write_answer(0, 0x3FFB)),
        VectorExchange(write_list((Item(2, 2),)).request(0), write_answer(0, 0x3FFF)),
        exchange("ff ff 00 03 3f fe 00 00 29 ff", read_answer(0, bytes.fromhex("c4 09 c0 00"))),
    ]
    (record,) = play(driver.read_archive("0", settings, ArchiveKind.HOUR, [hour]), transcript).delivered
    (value,) = record.values
    assert (value.quantity.name, value.value) == ("temperature_make_up", Decimal("25.00"))


@pytest.mark.parametrize(
    ("address", "serial"), [("7", "123456789"), ("7", ""), ("241", SERIAL), ("x", SERIAL)]
)
def test_a_meter_that_cannot_be_is_not_simulated(address: str, serial: str) -> None:
    with pytest.raises(ConfigurationError):
        SIMULATED.build(DevicePlan("teplokom-vkt-7", address, serial, memory(), lambda: 0.0))

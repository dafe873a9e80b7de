"""VKT-5: requests as the reference prints them, layouts by firmware, driver and meter back to back."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slots
from metering.errors import (
    AccessDenied,
    ConfigurationChanged,
    ConfigurationError,
    DecodeError,
    FrameError,
    MeterError,
    NotSupported,
)
from metering.meters import MeterConfiguration
from metering.readings import Absence, GapReason
from protocols import catalogue
from protocols.driver import Driver
from protocols.modbus.messages import Framing, Question, Request, frame
from protocols.playback import play
from protocols.vectors import VectorExchange
from protocols.vendor.vkt5 import FAMILY
from protocols.vendor.vkt5.configuration import Pipe, firmware_of, pipes_by_input, settings_of
from protocols.vendor.vkt5.driver import Vkt5Driver
from protocols.vendor.vkt5.explain import explain
from protocols.vendor.vkt5.requests import (
    READ_ARCHIVE,
    READ_CURRENT,
    Selector,
    archive_date,
    clock,
    firmware,
    heat_input,
)
from protocols.vendor.vkt5.values import DOUBLE, FLOAT, InputLayout, Reads, clock_of, conditions_of, serial_of
from simulators.families import DevicePlan
from simulators.vendor.vkt5 import SIMULATED, split
from simulators.vendor.vkt5.meter import Vkt5Meter
from tests.support.back_to_back import Bench
from tests.support.plant import judge
from tests.unit.teplokom_memory import POWER_FAILURE, memory

ADDRESS, SERIAL = "3", "12345-7"
TODAY = datetime(2026, 2, 10)
ALL = Reads.INSTANTS | Reads.REGISTERS
SUPPLY, RETURN = Pipe.parse("1 supply gauge measured water"), Pipe.parse("1 return gauge measured water")

REQUESTS = {
    "firmware": (firmware(), "01 03 0e 00 00 01 86 e2"),
    "clock": (clock(), "01 03 0b 00 00 00 47 ee"),
    "date": (
        archive_date(datetime(2015, 4, 9, 11)),
        "01 10 0b 00 00 04 08 07 df 00 04 00 09 00 0b a3 df",
    ),
    "hour": (heat_input(READ_ARCHIVE, Selector.HOUR, 1, 2), "01 04 40 1c 00 14 24 03"),
    "day": (heat_input(READ_ARCHIVE, Selector.DAY, 1, 2), "01 04 00 1c 00 14 31 c3"),
    "totals": (heat_input(READ_CURRENT, Selector.CURRENT_TOTALS, 1, 2), "01 03 80 1c 00 14 ad c3"),
}


@pytest.mark.parametrize(("request_", "printed"), REQUESTS.values(), ids=REQUESTS.keys())
def test_a_request_is_what_section_4_prints(request_: Request, printed: str) -> None:
    expected = bytes.fromhex(printed)
    assert Question(request_, 1).frame() == expected
    assert split(b"\x00" + expected + b"\x01") == (expected, len(expected) + 1)
    assert split(expected[:-1]) is None


@pytest.mark.parametrize(("octets", "version"), [("00 67", (6, 7)), ("00 05", (5, 0)), ("", (0, 0))])
def test_the_firmware_is_in_two_nibbles(octets: str, version: tuple[int, int]) -> None:
    """Section 3: 67h = 6.07; a high nibble of 0: the version alone; up to 4.06.01 no data."""
    assert firmware_of(bytes.fromhex(octets)) == version


SIZES = {
    "float, firmware 5": ((5, 0), FLOAT, 12 * 2 + 16),
    "float, firmware 6": ((6, 7), FLOAT, 12 * 2 + 20),
    "totals, firmware 5": ((5, 0), DOUBLE, 16 * 2 + 32),
    "totals, firmware 6": ((6, 7), DOUBLE, 16 * 2 + 40),
    "unknown": ((0, 0), FLOAT, None),
}


@pytest.mark.parametrize(("version", "size", "expected"), SIZES.values(), ids=SIZES.keys())
def test_the_size_of_an_answer_is_section_3s(
    version: tuple[int, int], size: int, expected: int | None
) -> None:
    assert InputLayout(1, (SUPPLY, RETURN), version, size, ALL).size == expected


def test_what_a_pipe_does_not_measure_is_left_out_and_nan_is_absent() -> None:
    bare = Pipe.parse("1 supply none none water")
    hot_water = Pipe.parse("1 hot_water gauge measured water")
    data = struct.pack(">10f", 1, 2, 3, 60, 0.5, 7, 0, float("nan"), 5, 6)
    values = InputLayout(1, (bare, hot_water), (5, 0), FLOAT, ALL).values(data)
    read = {value.quantity.name: value for value in values}
    assert read.keys() == {"mass_supply", "energy_total", "energy_heating", "energy_hot_water"}
    assert (read["mass_supply"].value, read["energy_heating"].value) == (Decimal(3), Decimal(5))
    assert (read["energy_total"].value, read["energy_total"].absence) == (None, Absence.INVALID_MARK)


def test_an_answer_too_short_for_its_pipes_is_not_understood() -> None:
    with pytest.raises(DecodeError, match="too few"):
        InputLayout(1, (SUPPLY,), (5, 0), FLOAT, ALL).values(bytes(27))


def test_durations_are_conditions_of_pipes_and_of_the_heat_input() -> None:
    """Section 3, name 04: nine numbers a pipe, then those of the heat input; report type 2 has all."""
    pipe = (1, 0, 0, 2, 3, 0, 4, 5, 6)
    whole = (0, 0, 7, 8, 9, 10, 11, 600, 660)
    sent = struct.pack(f">{len(pipe) + len(whole)}H", *pipe, *whole)
    assert {str(condition) for condition in conditions_of(1, (SUPPLY,), sent)} == {
        "temperature_out_of_range:1:temperature_supply",
        "pressure_out_of_range:1:pressure_supply",
        "flow_above_maximum:1:supply",
        "no_flow:1:supply",
        "unknown:1:supply:steam state",
        "power_failure:1:supply",
        "mass_imbalance:1",
        "hardware_fault:1",
        "flow_below_minimum:1",
        "flow_above_maximum:1",
        "temperature_difference_below_limit:1",
    }
    assert conditions_of(1, (SUPPLY,), b"") == frozenset()


def pipe_bytes(*pipes: tuple[int, ...]) -> bytes:
    return b"".join(bytes(pipe) for pipe in pipes).ljust(56, b"\x00")


def test_the_configuration_says_what_each_pipe_is() -> None:
    settings = settings_of(pipe_bytes((1, 0, 2, 1, 0, 2, 1), (0,) * 7, (2, 9, 3, 2, 0, 3, 0)))
    assert settings == {
        "pipe_1": "1 supply gauge measured water",
        "pipe_3": "2 other contract contract electricity",
    }
    assert list(pipes_by_input(settings)) == [1, 2]


@pytest.mark.parametrize("data", [bytes(55), pipe_bytes((9, 0, 0, 0, 0, 0, 0))])
def test_a_damaged_configuration_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        settings_of(data)


def test_a_pipe_that_nobody_described_is_refused() -> None:
    with pytest.raises(DecodeError, match="describes no pipe"):
        pipes_by_input({"pipe_1": "supply"})


@pytest.mark.parametrize(
    ("numbers", "time"),
    [
        ((2015, 4, 9, 15, 49), datetime(2015, 4, 9, 15, 49)),
        ((2015, 4, 9, 15, 49, 53), datetime(2015, 4, 9, 15, 49, 53)),
        ((2015, 4), None),
    ],
)
def test_the_clock_is_read_as_the_meters_other_dates(numbers: tuple[int, ...], time: datetime | None) -> None:
    assert clock_of(struct.pack(f">{len(numbers)}H", *numbers)) == time


def test_a_clock_in_no_calendar_is_not_understood() -> None:
    with pytest.raises(DecodeError, match="no calendar"):
        clock_of(bytes(10))


@pytest.mark.parametrize(("code", "serial"), [(b"12345", "12345-7"), (b"", "7")])
def test_the_serial_is_organisation_code_and_device_number(code: bytes, serial: str) -> None:
    assert serial_of(code.ljust(13) + bytes((1, 7, 0, 0))) == serial
    with pytest.raises(DecodeError):
        serial_of(bytes(14))


REFUSALS = {
    0: ConfigurationChanged,
    1: ConfigurationChanged,
    3: NotSupported,
    6: AccessDenied,
    7: NotSupported,
    9: AccessDenied,
    77: MeterError,
}


@pytest.mark.parametrize(("code", "error"), REFUSALS.items())
def test_a_refusal_is_an_error_of_ours(code: int, error: type[MeterError]) -> None:
    refused = VectorExchange(
        bytes.fromhex("01 03 0e 00 00 01 86 e2"), frame(0x83, bytes((code,)), 1, Framing.RTU)
    )
    with pytest.raises(error, match=f"code {code}"):
        play(Vkt5Driver().identify("1"), [refused])


def test_an_old_meter_is_known_by_its_address() -> None:
    """Up to firmware 4.06.01 the version is answered without data, and nothing tells of requisites."""
    silent = VectorExchange(bytes.fromhex("01 03 0e 00 00 01 86 e2"), frame(0x03, b"\x00", 1, Framing.RTU))
    assert play(Vkt5Driver().identify("1"), [silent]).result.serial == "1"


@pytest.mark.parametrize("address", ["", "0", "256", "x"])
def test_an_address_that_no_meter_has_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of a VKT-5"):
        next(Vkt5Driver().identify(address))


def joined(choices: Mapping[str, str]) -> tuple[Driver, Bench[Vkt5Meter]]:
    driver = catalogue.driver(
        "teplokom-vkt-5", choices={f"vkt5.{name}": word for name, word in choices.items()}
    )
    return driver, Bench(Vkt5Meter("teplokom-vkt-5", int(ADDRESS), SERIAL, memory(), choices), split=split)


CHOICES: dict[str, dict[str, str]] = {
    "as it is": {},
    "otherwise": {"stamp": "end", "rates": "per_hour", "operating_time": "min"},
    "hours": {"operating_time": "h"},
}
every_choice = pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES.keys())


@every_choice
def test_current_values_and_totals_are_the_plants(choices: dict[str, str]) -> None:
    driver, line = joined(choices)
    assert line.run(driver.identify(ADDRESS)).serial == SERIAL
    settings = line.run(driver.read_configuration(ADDRESS))
    snapshot = line.run(driver.read_current(ADDRESS, settings))
    assert snapshot.meter_time == TODAY.replace(hour=14, minute=17)
    judge(snapshot.values, line.device.truth_snapshot(snapshot.meter_time))


@every_choice
def test_hours_and_days_are_the_plants(choices: dict[str, str]) -> None:
    driver, line = joined(choices)
    settings = line.run(driver.read_configuration(ADDRESS))
    asked = {
        ArchiveKind.HOUR: list(slots(ArchiveKind.HOUR, datetime(2026, 2, 9), TODAY)),
        ArchiveKind.DAY: list(slots(ArchiveKind.DAY, datetime(2026, 2, 5), TODAY)),
    }
    for kind, wanted in asked.items():
        line.run(driver.read_archive(ADDRESS, settings, kind, wanted))
    for record in line.records:
        judge(record.values, line.device.truth_archive(record.kind, record.slot.start))
    assert len(line.records) == 24 - 3 + 5
    without_power = slots(ArchiveKind.HOUR, POWER_FAILURE.start, POWER_FAILURE.end)
    assert [gap.slot for gap in line.gaps] == list(without_power)
    (marked,) = (record for record in line.records if record.conditions)
    assert marked.slot == slot_at(ArchiveKind.DAY, datetime(2026, 2, 9))
    assert "power_failure:2" in {str(condition) for condition in marked.conditions}


def test_what_cannot_be_there_is_not_asked_for() -> None:
    driver, line = joined({})
    settings = line.run(driver.read_configuration(ADDRESS))
    line.asked.clear()
    starts = [TODAY, TODAY - timedelta(days=46)]
    wanted: list[MeterSlot] = [slot_at(ArchiveKind.DAY, start) for start in starts]
    line.run(driver.read_archive(ADDRESS, settings, ArchiveKind.DAY, wanted))
    assert [gap.reason for gap in line.gaps] == [GapReason.NOT_YET_CLOSED, GapReason.OUT_OF_DEPTH]
    assert len(line.asked) == 1


def test_a_record_older_than_a_heat_input_is_read_without_it() -> None:
    """Section 1, code 0: not used then, though the configuration of today has it."""
    driver, line = joined({})
    settings = line.run(driver.read_configuration(ADDRESS))
    assert isinstance(line.device, Vkt5Meter)
    line.device.memory.circuits = 1
    day = slot_at(ArchiveKind.DAY, TODAY - timedelta(days=2))
    line.run(driver.read_archive(ADDRESS, settings, ArchiveKind.DAY, [day]))
    (record,) = line.records
    assert {value.circuit for value in record.values} == {1}
    assert record.slot == day


@pytest.mark.parametrize("refused", ["10", "04"])
def test_an_empty_archive_is_asked_once(refused: str) -> None:
    """Section 1, code 5, to the date that is written or to the reading."""
    driver, line = joined({})
    settings = line.run(driver.read_configuration(ADDRESS))
    hear = line.device.hear

    class Empty:
        def hear(self, request: bytes) -> bytes | None:
            function = request[1]
            if function == int(refused, 16):
                return frame(function | 0x80, b"\x05", int(ADDRESS), Framing.RTU)
            return hear(request)

    line.device = Empty()
    asked = [slot_at(ArchiveKind.HOUR, TODAY - timedelta(hours=number)) for number in range(1, 1000)]
    line.asked.clear()
    line.run(driver.read_archive(ADDRESS, settings, ArchiveKind.HOUR, asked))
    assert [gap.slot for gap in line.gaps] == asked
    assert {gap.reason for gap in line.gaps} == {GapReason.NO_RECORD}
    assert len(line.asked) <= 3


def test_a_record_without_any_heat_input_is_none() -> None:
    driver, line = joined({})
    settings = line.run(driver.read_configuration(ADDRESS))
    assert isinstance(line.device, Vkt5Meter)
    line.device.memory.circuits = 0
    day = slot_at(ArchiveKind.DAY, TODAY - timedelta(days=2))
    line.run(driver.read_archive(ADDRESS, settings, ArchiveKind.DAY, [day]))
    assert [gap.reason for gap in line.gaps] == [GapReason.NO_RECORD]


def test_what_is_set_by_contract_is_a_condition() -> None:
    """Section 3, name 0A: pressure 3 and temperature 2 are by contract."""
    driver, line = joined({})
    read = line.run(driver.read_configuration(ADDRESS)).settings
    settings = MeterConfiguration({**read, "pipe_2": "1 return contract contract water"})
    expected = {"contract_value_used:1:temperature_return", "contract_value_used:1:pressure_return"}
    snapshot = line.run(driver.read_current(ADDRESS, settings))
    assert {str(condition) for condition in snapshot.conditions} == expected
    day = slot_at(ArchiveKind.DAY, TODAY - timedelta(days=2))
    line.run(driver.read_archive(ADDRESS, settings, ArchiveKind.DAY, [day]))
    assert {str(condition) for condition in line.records[0].conditions} == expected


@pytest.mark.parametrize("kind", [ArchiveKind.MONTH, ArchiveKind.TOTAL])
def test_archives_that_are_not_there_are_refused_without_asking(kind: ArchiveKind) -> None:
    assert kind not in Vkt5Driver().info.depths
    with pytest.raises(NotSupported):
        next(Vkt5Driver().read_archive("1", MeterConfiguration(), kind, []))


def test_a_search_tells_a_vkt_5_from_another_modbus_meter() -> None:
    _, line = joined({})
    found = line.run(FAMILY.search[0].ask(ADDRESS))
    assert (found.model, found.identity.serial) == ("teplokom-vkt-5", SERIAL)


@pytest.mark.parametrize("serial", ["", "12345-", "12345-256", "12345678901234-1", "12345-x"])
def test_a_serial_that_cannot_be_is_not_simulated(serial: str) -> None:
    with pytest.raises(ConfigurationError):
        SIMULATED.build(DevicePlan("teplokom-vkt-5", ADDRESS, serial, memory(), lambda: 0.0))


@pytest.mark.parametrize("address", ["0", "256", "x"])
def test_an_address_that_cannot_be_is_not_simulated(address: str) -> None:
    with pytest.raises(ConfigurationError):
        SIMULATED.build(DevicePlan("teplokom-vkt-5", address, SERIAL, memory(), lambda: 0.0))


def test_answers_and_refusals_are_explained() -> None:
    answer = frame(0x03, b"\x02\x00\x67", 1, Framing.RTU)
    assert "2 bytes of data" in [part.meaning for part in explain(answer)]
    refusal = frame(0x84, b"\x02", 1, Framing.RTU)
    assert "exception 2: no data for this date" in [part.meaning for part in explain(refusal)]
    written = frame(0x10, bytes.fromhex("0b 00 00 04"), 1, Framing.RTU)
    assert "function 10: written" in [part.meaning for part in explain(written)]
    with pytest.raises(FrameError, match="CRC"):
        explain(answer[:-1] + b"\x00")

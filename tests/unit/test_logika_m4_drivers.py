"""Logika M4: driver and device back to back, where worked frames do not reach (logika-m4.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.conditions import Condition, ConditionName
from metering.errors import (
    AccessDenied,
    ConfigurationChanged,
    ConfigurationError,
    DecodeError,
    NoResponse,
    NotSupported,
    WrongMeter,
)
from metering.meters import MeterConfiguration
from metering.readings import ArchiveRecord, Gap, GapReason, Record
from protocols.conversation import Exchange
from protocols.driver import Driver
from protocols.modbus.messages import Framing
from protocols.vendor.logika_m4 import FAMILY
from protocols.vendor.logika_m4.frames import LongFrame, decode
from protocols.vendor.logika_m4.search import ask
from protocols.vendor.logika_m4.settings import in_words
from protocols.vendor.logika_m4.tagged_archive import page_of
from simulators.families import DevicePlan
from simulators.vendor.logika_m4 import SIMULATED
from simulators.vendor.logika_m4.memory_device import MemoryDevice
from simulators.vendor.logika_m4.tagged_device import TaggedDevice
from tests.support.back_to_back import Bench
from tests.support.plant import memory

BEGAN = datetime(2025, 11, 1)
DARK = MeterSlot(datetime(2026, 2, 9, 3), datetime(2026, 2, 9, 6))
NOON = datetime(2026, 2, 10, 12)
OLD, OLD_SINGLE = "logika-spt943", "logika-spt941-10"
REV3, YOUNG, YOUNG_SINGLE = "logika-spt943-rev3", "logika-spt944", "logika-spt941-20"
MODELS = SIMULATED.models
NO_SETTINGS = MeterConfiguration()
Line = Bench[MemoryDevice | TaggedDevice]


def line(model: str, circuits: int = 2, address: str = "255", **choices: str) -> Line:
    """A device on a line on which nothing is lost; time passes only in pauses."""
    pauses = [100.0]
    of_circuits = memory(BEGAN, power_failures=[DARK], circuits=circuits)
    plan = DevicePlan(model, address, "12345", of_circuits, lambda: sum(pauses), choices)
    device = SIMULATED.build(plan)
    assert isinstance(device, MemoryDevice | TaggedDevice)
    return Bench(device, split=SIMULATED.split, pauses=pauses)


def driver(model: str, **choices: str) -> Driver:
    return FAMILY.build(model, Framing.RTU, choices)


def hours(*starts: datetime) -> list[MeterSlot]:
    return [slot_at(ArchiveKind.HOUR, start) for start in starts]


def read_archive(
    on: Line,
    by: Driver,
    kind: ArchiveKind,
    slots: list[MeterSlot],
    settings: MeterConfiguration | None = None,
) -> dict[datetime, Record]:
    configuration = settings or on.run(by.read_configuration(on.device.address))
    on.run(by.read_archive(on.device.address, configuration, kind, slots))
    return {one.slot.start: one for one in on.delivered if isinstance(one, ArchiveRecord | Gap)}


@pytest.mark.parametrize("model", MODELS)
def test_the_search_finds_model_and_serial_number(model: str) -> None:
    found = line(model).run(ask("255"))
    assert (found.model, found.identity.serial) == (model, "12345")


@pytest.mark.parametrize(
    ("signature", "name"),
    [("54 2A 05", "SPT942"), ("54 29 0B", "SPT941 mod. 01-08"), ("92 28 00", "SPT940"), ("01 02 03", "")],
)
def test_the_search_names_a_device_that_no_driver_reads(signature: str, name: str) -> None:
    on = line(OLD)
    on.device.layout = replace(on.device.layout, answer=bytes.fromhex(signature))
    found = on.run(ask("255"))
    assert (found.model, found.identity.model) == ("", name)


@pytest.mark.parametrize("model", MODELS)
def test_another_model_is_refused_by_its_signature(model: str) -> None:
    other = OLD_SINGLE if model in (OLD, REV3) else OLD
    family = REV3 if model in (YOUNG, YOUNG_SINGLE) else other
    with pytest.raises(WrongMeter, match="correct the model"):
        line(model).run(FAMILY.build(family, Framing.RTU, {}).identify("255"))


@pytest.mark.parametrize("model", MODELS)
def test_a_session_that_fell_asleep_is_opened_anew(model: str) -> None:
    on, by = line(model), driver(model)
    on.run(by.identify("255"))
    on.pauses.append(121)
    assert on.run(by.read_clock("255", NO_SETTINGS)) == datetime(2026, 2, 10, 14, 17, 30)


@pytest.mark.parametrize("model", MODELS)
def test_a_meter_with_another_network_number_is_silent(model: str) -> None:
    with pytest.raises(NoResponse):
        line(model, address="7").run(driver(model).identify("8"))
    assert line(model, address="7").run(driver(model).identify("7")).serial == "12345"


@pytest.mark.parametrize("address", ["256", "-1", "", "x", "1234", "١"])
def test_an_address_that_is_no_network_number_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="network number"):
        line(YOUNG).run(driver(YOUNG).identify(address))


def test_an_old_device_is_given_a_second_to_wake() -> None:
    on = line(OLD)
    began_at = sum(on.pauses)
    on.run(driver(OLD).identify("255"))
    assert sum(on.pauses) - began_at == 1.0


@pytest.mark.parametrize("model", MODELS)
def test_hours_without_power_and_hours_to_come_are_gaps(model: str) -> None:
    dark, old, to_come = datetime(2026, 2, 9, 4), datetime(2020, 1, 1), datetime(2026, 2, 10, 14)
    records = read_archive(line(model), driver(model), ArchiveKind.HOUR, hours(to_come, NOON, dark, old))
    reasons = {start: one.reason for start, one in records.items() if isinstance(one, Gap)}
    assert reasons == {
        dark: GapReason.NO_RECORD,
        old: GapReason.OUT_OF_DEPTH,
        to_come: GapReason.NOT_YET_CLOSED,
    }
    assert isinstance(records[NOON], ArchiveRecord)


@pytest.mark.parametrize("model", [OLD, REV3, YOUNG])
def test_both_heat_inputs_come_in_one_record(model: str) -> None:
    record = read_archive(line(model), driver(model), ArchiveKind.HOUR, hours(NOON))[NOON]
    assert isinstance(record, ArchiveRecord)
    heat = {value.circuit: value.value for value in record.values if value.quantity.name == "energy_heating"}
    assert heat.keys() == {1, 2}
    assert heat[1] != heat[2]


@pytest.mark.parametrize("model", [OLD, REV3])
def test_an_input_that_is_not_used_is_no_reason_for_a_gap(model: str) -> None:
    record = read_archive(line(model, circuits=1), driver(model), ArchiveKind.HOUR, hours(NOON))[NOON]
    assert isinstance(record, ArchiveRecord)
    assert {value.circuit for value in record.values} == {1}


@pytest.mark.parametrize("model", MODELS)
def test_a_scheme_changed_since_the_configuration_was_read_is_noticed(model: str) -> None:
    on, by = line(model), driver(model)
    settings = on.run(by.read_configuration("255"))
    on.device.scheme = 3
    with pytest.raises(ConfigurationChanged):
        read_archive(on, by, ArchiveKind.HOUR, hours(NOON), settings)


def test_a_changed_setting_is_noticed_by_its_checksum() -> None:
    on, by = line(YOUNG), driver(YOUNG)
    settings = on.run(by.read_configuration("255"))
    assert isinstance(on.device, TaggedDevice)
    on.device.checksum += 1
    with pytest.raises(ConfigurationChanged):
        read_archive(on, by, ArchiveKind.HOUR, hours(NOON), settings)


def test_a_record_of_an_earlier_scheme_says_so() -> None:
    on, by = line(OLD_SINGLE, circuits=1), driver(OLD_SINGLE)
    on.device.scheme = 3
    settings = on.run(by.read_configuration("255"))
    assert isinstance(on.device, MemoryDevice)
    reply = on.device.hear

    def with_earlier_scheme(frame: bytes) -> bytes | None:
        on.device.scheme = 2 if frame[2:3] == b"\x48" else 3
        return reply(frame)

    on.device.hear = with_earlier_scheme  # type: ignore[method-assign]
    record = read_archive(on, by, ArchiveKind.HOUR, hours(NOON), settings)[NOON]
    assert isinstance(record, ArchiveRecord)
    assert record.conditions == {Condition(ConditionName.SETTINGS_CHANGED, 1, code="scheme 2")}


@pytest.mark.parametrize("setting", [{"settlement_hour": "6"}, {"settlement_day": "25"}])
def test_months_that_close_by_another_calendar_are_gaps(setting: dict[str, str]) -> None:
    month = slot_at(ArchiveKind.MONTH, datetime(2026, 1, 1))
    for model in (OLD, YOUNG):
        on, by = line(model), driver(model)
        on.run(by.read_archive("255", MeterConfiguration(setting), ArchiveKind.MONTH, [month]))
        assert on.delivered == [Gap(ArchiveKind.MONTH, month, GapReason.NO_RECORD)]


@pytest.mark.parametrize("label", ["end", "own"])
def test_days_are_found_by_the_label_that_the_line_says(label: str) -> None:
    day = slot_at(ArchiveKind.DAY, datetime(2026, 2, 8))
    on, by = line(OLD, day_label=label), driver(OLD, day_label=label)
    record = read_archive(on, by, ArchiveKind.DAY, [day])[day.start]
    truths = on.device.truth_archive(ArchiveKind.DAY, day.start)
    assert isinstance(record, ArchiveRecord)
    assert truths
    heat = next(one.value for one in record.values if one.quantity.name == "energy_heating")
    assert heat is not None
    assert truths["energy_heating", 1].admits(heat)


@pytest.mark.parametrize("order", ["low_first", "high_first"])
def test_situations_are_ordered_as_the_line_says(order: str) -> None:
    on, by = line(OLD, circuits=1, flags_order=order), driver(OLD, flags_order=order)
    assert isinstance(on.device, MemoryDevice)
    on.device.flags = bytes((1, 0, 0))
    record = read_archive(on, by, ArchiveKind.HOUR, hours(NOON))[NOON]
    assert isinstance(record, ArchiveRecord)
    assert record.conditions == {Condition(ConditionName.BATTERY_LOW)}


def test_a_long_range_takes_few_questions() -> None:
    on, by = line(REV3), driver(REV3)
    settings = on.run(by.read_configuration("255"))
    on.asked.clear()
    wanted = hours(*(datetime(2026, 2, 8, hour) for hour in reversed(range(24))))
    records = read_archive(on, by, ArchiveKind.HOUR, wanted, settings)
    assert len(records) == 24
    assert len(on.asked) == 1 + 2 * 24 // 4  # four records of 27 items fit into 720 bytes, two inputs


@pytest.mark.parametrize("model", MODELS)
def test_an_archive_that_a_model_does_not_keep_is_refused(model: str) -> None:
    by = driver(model)
    absent = set(ArchiveKind) - set(by.info.depths)
    for kind in absent:
        with pytest.raises(NotSupported):
            line(model).run(by.read_archive("255", NO_SETTINGS, kind, []))
    assert absent == ({ArchiveKind.TOTAL} if model in (OLD, OLD_SINGLE, REV3) else set())


def test_a_device_with_a_password_denies_access() -> None:
    refused = bytes.fromhex("10 ff 21 04 db 16")
    conversation = driver(OLD).identify("255")
    next(conversation)
    conversation.throw(NoResponse())
    session = conversation.send(b"")
    assert isinstance(session, Exchange)
    assert session.complete(refused) == len(refused)
    with pytest.raises(AccessDenied, match="password"):
        conversation.send(refused)


def test_a_pointer_that_does_not_get_on_ends_the_reading() -> None:
    on, by = line(YOUNG), driver(YOUNG)
    settings = on.run(by.read_configuration("255"))
    reply = on.device.hear

    def going_round(frame: bytes) -> bytes | None:
        request = None if frame.startswith(b"\xff") else decode(frame)
        if isinstance(request, LongFrame) and request.function == 0x61:
            data = bytes.fromhex("49 03 1a 01 01 30 00")
            return LongFrame(request.network, request.identifier, 0x61, data).encode()
        return reply(frame)

    on.device.hear = going_round  # type: ignore[method-assign]
    with pytest.raises(DecodeError, match="does not get on"):
        read_archive(on, by, ArchiveKind.HOUR, hours(NOON), settings)


def test_an_hour_that_the_clock_skipped_is_a_gap() -> None:
    on, by = line(REV3), driver(REV3)
    settings = on.run(by.read_configuration("255"))
    reply = on.device.hear
    items = bytes.fromhex("05 00") * 25 + bytes.fromhex("4b 03 00 00 00") * 2
    skipped = (
        bytes.fromhex("49 04 1a 02 0a 0d 30") + bytes((len(items),)) + items + bytes.fromhex("49 00 30 00")
    )

    def with_a_skipped_hour(frame: bytes) -> bytes | None:
        request = None if frame.startswith(b"\xff") else decode(frame)
        if isinstance(request, LongFrame) and request.function == 0x61:
            return LongFrame(request.network, request.identifier, 0x61, skipped).encode()
        return reply(frame)

    on.device.hear = with_a_skipped_hour  # type: ignore[method-assign]
    records = read_archive(on, by, ArchiveKind.HOUR, hours(NOON), settings)
    assert records == {NOON: Gap(ArchiveKind.HOUR, slot_at(ArchiveKind.HOUR, NOON), GapReason.NO_RECORD)}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("49 00", id="no record"),
        pytest.param("30 00 49 00", id="in the wrong order"),
        pytest.param("49 00 30 02 05 00", id="no pointer"),
        pytest.param("49 02 0f 0d 30 00", id="month 13"),
        pytest.param("49 08 0f", id="cut"),
    ],
)
def test_a_damaged_archive_answer_is_refused(data: str) -> None:
    with pytest.raises(DecodeError):
        page_of(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("code", "heat", "pressure"), [("0", "Gcal", "kgf/cm2"), ("1", "GJ", "MPa"), ("2.0", "MWh", "bar")]
)
def test_one_code_says_both_units(code: str, heat: str, pressure: str) -> None:
    assert in_words({"units": code}) == {"heat": heat, "pressure": pressure}


@pytest.mark.parametrize("code", ["", "3", "x", "-1"])
def test_a_unit_that_nobody_knows_is_not_guessed(code: str) -> None:
    with pytest.raises(DecodeError, match="unit"):
        in_words({"heat": code})


def test_a_record_of_the_spt941_20_has_the_air_and_a_control_record_t4() -> None:
    """logika-m4.md section 6: the eighth item of a record is the air, of a control record it is t4."""
    on, by = line(YOUNG_SINGLE), driver(YOUNG_SINGLE)
    settings = on.run(by.read_configuration("255"))
    midnight = datetime(2026, 2, 9)
    for kind in (ArchiveKind.DAY, ArchiveKind.TOTAL):
        on.run(by.read_archive("255", settings, kind, [slot_at(kind, midnight)]))
    day, total = (
        {value.quantity.name for value in one.values}
        for one in on.delivered
        if isinstance(one, ArchiveRecord)
    )
    assert "temperature_outdoor" in day
    assert "temperature_outdoor" not in total


def test_records_between_the_hours_do_not_take_the_places_of_those_asked_for() -> None:
    """A device whose clock was set keeps a record that no slot has, and pages of two records."""
    on, by = line(REV3), driver(REV3)
    settings = on.run(by.read_configuration("255"))
    reply = on.device.hear
    no_data = bytes.fromhex("05 00") * 25 + bytes.fromhex("4b 03 00 00 00") * 2
    labels = [datetime(2026, 2, 10, 12), datetime(2026, 2, 10, 12, 20), datetime(2026, 2, 10, 12, 40)]
    most: list[int] = []

    def with_odd_records(frame: bytes) -> bytes | None:
        request = None if frame.startswith(b"\xff") else decode(frame)
        if not (isinstance(request, LongFrame) and request.function == 0x61):
            return reply(frame)
        most.append(request.data[6])
        if len(most) > 1:
            return reply(frame)
        records = b"".join(
            bytes((0x49, 5, 26, at.month, at.day, at.hour, at.minute, 0x30, len(no_data))) + no_data
            for at in labels[:2]
        )
        pointer = bytes((0x49, 5, 26, 2, 10, 13, 0)) + bytes.fromhex("30 00")
        return LongFrame(request.network, request.identifier, 0x61, records + pointer).encode()

    on.device.hear = with_odd_records  # type: ignore[method-assign]
    wanted = hours(NOON, datetime(2026, 2, 10, 11))
    records = read_archive(on, by, ArchiveKind.HOUR, wanted, settings)
    assert isinstance(records[NOON], ArchiveRecord)
    assert most[:2] == [2, 1]

"""Status words, error codes and counters as conditions, and circuits whose archives are their own."""

from __future__ import annotations

import struct
from datetime import datetime

import pytest

from metering.calendar import ArchiveKind, slots
from metering.conditions import Condition, ConditionName
from metering.errors import DecodeError, ProfileError
from metering.readings import Absence, ArchiveRecord, Gap, GapReason
from protocols.modbus import parameters, profile
from protocols.modbus.driver import driver_of
from protocols.modbus.numbers import record_values
from protocols.modbus.states import Meanings, StateWord, conditions_at
from protocols.modbus.values import ByteLayout
from simulators.modbus_meter import ModbusMeter, Refused
from tests.unit.modbus_house import FAILURE, Bench, simulated

POWER, LOW = Condition(ConditionName.POWER_FAILURE), Condition(ConditionName.BATTERY_LOW, 2)


def texts(conditions: frozenset[Condition]) -> set[str]:
    return {str(condition) for condition in conditions}


def test_bits_codes_and_counters_have_their_meanings() -> None:
    bits = Meanings("status", bits={0: POWER, 1: None})
    assert texts(bits.of(0b111)) == {"power_failure", "unknown:0::status bit 2"}
    codes = Meanings("mode", codes={0: None, 3: LOW})
    assert [texts(codes.of(number)) for number in (0, 3, 4)] == [
        set(),
        {"battery_low:2"},
        {"unknown:0::mode 4"},
    ]
    counter = Meanings("minutes", nonzero=POWER)
    assert [texts(counter.of(number)) for number in (0, 15)] == [set(), {"power_failure"}]


def test_a_word_of_each_circuit_speaks_for_its_circuit() -> None:
    word = StateWord(0, "u16", ByteLayout(), Meanings("status", bits={0: POWER, 1: LOW}), step=2)
    data = struct.pack(">HH", 1, 3)
    found = conditions_at([word], lambda state: range(1, 3), lambda at, size: data[at : at + size])
    assert texts(found) == {"power_failure:1", "power_failure:2", "battery_low:2"}


HOUR = datetime.fromisoformat("2026-02-09T12:00:00")


def read(meter: ModbusMeter, model: str, first: datetime, last: datetime) -> list[ArchiveRecord | Gap]:
    bench, driver = Bench(meter), driver_of(profile.load(model))
    configuration = bench.run(driver.read_configuration("1"))
    asked = list(slots(ArchiveKind.HOUR, first, last))
    bench.run(driver.read_archive("1", configuration, ArchiveKind.HOUR, asked))
    return [record for record in bench.delivered if isinstance(record, ArchiveRecord | Gap)]


@pytest.mark.parametrize("circuits", [1, 2])
def test_heating_systems_in_use_are_read_and_the_others_left_out(circuits: int) -> None:
    """vzlet-tsrv.md section 3: a heating system's archive without a record answers with zeros."""
    meter = simulated("vzlet-tsrv-024m", circuits)
    (record,) = read(meter, "vzlet-tsrv-024m", HOUR, HOUR.replace(hour=13))
    assert isinstance(record, ArchiveRecord)
    assert {value.circuit for value in record.values} == set(range(1, circuits + 1))


class Damaged(ModbusMeter):
    """Refuses the records of heating system 2: their checksum is wrong."""

    def _query(self, asked: bytes) -> bytes:
        if asked[:2] == b"\x00\x03":
            raise Refused(8)
        return super()._query(asked)


def test_a_lost_record_of_one_system_is_absent_and_not_left_out() -> None:
    whole = simulated("vzlet-tsrv-024m", 2)
    damaged = Damaged(whole.model, 1, whole.serial, whole.memory)
    (record,) = read(damaged, "vzlet-tsrv-024m", HOUR, HOUR.replace(hour=13))
    assert isinstance(record, ArchiveRecord)
    lost = [value for value in record.values if value.circuit == 2]
    assert lost
    assert {value.absence for value in lost} == {Absence.RECORD_ERROR}


def test_the_next_record_stands_for_a_gap() -> None:
    """karat-307.md section 2: the first record at or after the date is shown."""
    records = read(simulated("karat-307"), "karat-307", FAILURE.start.replace(hour=3, minute=0), HOUR)
    gaps = [(record.slot.start.hour, record.reason) for record in records if isinstance(record, Gap)]
    assert gaps == [(4, GapReason.NO_RECORD), (5, GapReason.NO_RECORD)]


def test_a_date_that_was_never_set_is_no_record() -> None:
    """tv7.md section 1: FF bytes are not set."""

    class Unset(ModbusMeter):
        def _registers(self, function: int, asked: bytes) -> bytes:
            data = super()._registers(function, asked)
            return data[:1] + b"\xff" * 4 + data[5:] if asked[:2] == b"\x0a\xb4" else data

    whole = simulated("termotronic-tv7")
    unset = Unset(whole.model, 1, whole.serial, whole.memory)
    (record,) = read(unset, "termotronic-tv7", HOUR, HOUR.replace(hour=13))
    assert isinstance(record, Gap)
    assert record.reason is GapReason.NO_RECORD


def test_a_list_of_parameters_needs_an_end() -> None:
    declared = profile.load("karat-307").parameters
    assert declared is not None
    assert parameters.listed(declared, bytes.fromhex("0A 30 31 FF 10")) == "30 31"
    with pytest.raises(DecodeError, match="has no end"):
        parameters.listed(declared, bytes.fromhex("0A 30 31"))


@pytest.mark.parametrize("settings", [{}, {"parameters": "30 3"}, {"parameters": "30 31 10"}])
def test_a_record_is_not_read_without_its_list_or_beyond_its_end(settings: dict[str, str]) -> None:
    karat = profile.load("karat-307")
    record = karat.current.record
    assert record is not None
    with pytest.raises(DecodeError):
        record_values(karat, record, bytes(8), settings)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ('bits = { a = "no_flow" }', "no number of"),
        ('bits = { 1 = "no_floww" }', "no condition"),
        ("bits = { 1 = 2 }", "must be a text"),
    ],
)
def test_conditions_that_are_none_are_refused(wrong: str, complaint: str) -> None:
    with pytest.raises(ProfileError, match=complaint):
        profile.read(f'like = "karat-307"\n[conditions.more]\n{wrong}\n', "karat-309")

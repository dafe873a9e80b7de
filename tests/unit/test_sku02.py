"""SKU-02: multipliers, units and choices; frames among noise; what it cannot do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind
from metering.conditions import Condition, ConditionName
from metering.errors import ConfigurationError, DecodeError, NotSupported
from metering.meters import MeterConfiguration
from metering.readings import Absence, Snapshot
from protocols import catalogue
from protocols.vendor.sku02 import answers
from protocols.vendor.sku02.driver import MODEL
from protocols.vendor.sku02.frames import CLOCK, CURRENT_VALUES, Question, frame, is_frame, sealed
from simulators.families import DevicePlan
from simulators.vendor.sku02 import Sku02Meter, split
from tests.support.back_to_back import Bench
from tests.support.plant import memory

SETTINGS = MeterConfiguration()


def line() -> Bench:
    return Bench(Sku02Meter(DevicePlan(MODEL, "0", "7012345", memory(), lambda: 0.0)))


def with_byte(at: int, octet: int) -> Snapshot:
    """Current values with one byte of their answer changed."""

    def disturb(asked: bytes, reply: bytes) -> bytes:
        current = len(reply) > 100
        return sealed(reply[:at] + bytes((octet,)) + reply[at + 1 : -4]) if current else reply

    on = line()
    on.disturb = disturb
    return on.run(catalogue.driver(MODEL).read_current("0", SETTINGS))


def number(snapshot: Snapshot, name: str, circuit: int = 1) -> Decimal | None:
    return next(v.value for v in snapshot.values if (v.quantity.name, v.circuit) == (name, circuit))


@pytest.mark.parametrize(
    ("index", "multiplier"),
    [(0, 1), (3, 1), (4, 10), (7, 10), (8, 100), (15, 100)],
    ids=lambda value: f"sku-02.md section 1: {value}",
)
def test_the_multiplier_scales_heat_and_volume_but_no_time(index: int, multiplier: int) -> None:
    plain, scaled = with_byte(18, 0x00), with_byte(18, index << 4)
    for name in ("energy_heating", "volume", "energy_total"):
        before, after = number(plain, name), number(scaled, name)
        assert before is not None
        assert after == before * multiplier
    assert number(plain, "operating_time") == number(scaled, "operating_time")


@pytest.mark.parametrize("unit", [0, 1, 2], ids=["MWh", "Gcal", "GJ"])
def test_heat_is_sent_in_kwh_whatever_is_shown(unit: int) -> None:
    assert {v.unit for v in with_byte(18, unit).values if v.quantity.name.startswith("energy")} == {"kWh"}


def test_a_unit_that_is_not_described_is_not_guessed() -> None:
    with pytest.raises(DecodeError):
        with_byte(18, 5)


def test_bits_of_the_data_status_are_reported() -> None:
    assert with_byte(10, 0b101).conditions == {
        Condition(ConditionName.UNKNOWN, code="data status bit 0"),
        Condition(ConditionName.UNKNOWN, code="data status bit 2"),
    }


def test_a_float_that_is_no_number_is_absent() -> None:
    data = bytearray(76)
    data[86 - 30 : 90 - 30] = bytes.fromhex("7F C0 00 00")
    answer = frame(CURRENT_VALUES, data=bytes(data))
    read = {v.quantity.name: v for v in answers.values(answer, answers.Meanings("temperature_outdoor", "h"))}
    assert read["temperature_supply"].absence is Absence.INVALID_MARK
    assert read["operating_time"].unit == "h"
    assert "temperature_outdoor" in read


def test_answers_are_told_apart_by_their_size_and_found_behind_noise() -> None:
    clock, current = frame(CLOCK, data=bytes(7)), frame(CURRENT_VALUES, data=bytes(76))
    question = Question(CURRENT_VALUES, 76, 1024)
    buffer = b"\x68\x68" + question.frame() + clock + current
    assert question.complete(buffer[:-1]) is None
    assert question.complete(buffer) == len(buffer)
    assert question.answer(buffer) == current


@pytest.mark.parametrize("at", range(34))
def test_every_byte_of_a_frame_is_checked(at: int) -> None:
    spoilt = bytearray(frame(CLOCK))
    spoilt[at] ^= 0x20
    assert not is_frame(bytes(spoilt))
    assert split(bytes(spoilt)) is None


def test_a_clock_of_no_calendar_is_refused() -> None:
    with pytest.raises(DecodeError):
        answers.clock(frame(CLOCK, data=bytes.fromhex("07 E8 0D 0F 0E 1E 05")))


def test_it_has_no_address_and_no_archive_that_is_described() -> None:
    driver = catalogue.driver(MODEL)
    with pytest.raises(ConfigurationError):
        line().run(driver.identify("1"))
    with pytest.raises(NotSupported):
        line().run(driver.read_archive("0", SETTINGS, ArchiveKind.DAY, []))

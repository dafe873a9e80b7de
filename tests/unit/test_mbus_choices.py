"""What a line may choose where the references leave two readings, and how makers want to be asked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, slot_at
from metering.errors import ConfigurationError, DecodeError, NoResponse, TeploError
from metering.meters import MeterConfiguration
from metering.readings import Snapshot
from protocols import catalogue
from protocols.mbus import profile
from protocols.mbus.addressing import Primary
from protocols.mbus.asking import Habits, Question
from protocols.mbus.driver import MbusDriver
from protocols.mbus.reading import Reader
from protocols.modbus.messages import Framing
from tests.mbus_bus import Meter, bus_of

SETTINGS = MeterConfiguration()
STORED = bytes.fromhex("04 06 01 00 00 00 44 06 07 00 00 00 42 6C 7F 33")


def read(model: str, data: bytes, **choices: str) -> tuple[Snapshot, list[datetime]]:
    driver = MbusDriver(profile.load(model), choices)
    bus = bus_of([Meter(5, "12345678", (data,))])
    snapshot = bus.run(driver.read_current("5", SETTINGS))
    return snapshot, [record.slot.start for record in bus.records]


@pytest.mark.parametrize(
    ("model", "choices", "start"),
    [
        ("kamstrup-multical-601", {}, datetime(2028, 1, 1)),
        ("kamstrup-multical-601", {"set_day": "end_of_day"}, datetime(2028, 1, 1)),
        ("kamstrup-multical-601", {"set_day": "start_of_day"}, datetime(2027, 12, 31)),
        ("gwf-enercal", {}, datetime(2027, 12, 31)),
        ("gwf-enercal", {"set_day": "end_of_day"}, datetime(2028, 1, 1)),
    ],
)
def test_the_line_says_what_a_set_day_means(model: str, choices: dict[str, str], start: datetime) -> None:
    data = STORED[:-2] + bytes((31 | (27 & 7) << 5, 12 | (27 >> 3) << 4))
    assert read(model, data, **choices)[1] == [start]


def test_energy_of_subunit_3_is_cooling_only_where_the_line_says_so() -> None:
    """heat-meters-m-bus.md 2.4: "presumably E3 cooling, UNCONFIRMED"."""
    data = bytes.fromhex("84 C0 40 06 05 00 00 00")
    assert read("kamstrup-multical-601", data)[0].values == ()
    (value,) = read("kamstrup-multical-601", data, subunit_3="cooling")[0].values
    assert (value.quantity.name, value.value) == ("energy_cooling", Decimal(5000))


def test_a_bare_mass_code_is_followed_by_its_value() -> None:
    """sku-02.md section 2: VIF 93 stands without the VIFE that it announces."""
    data = bytes.fromhex("04 93 C8 05 00 00 04 06 07 00 00 00")
    values = {value.quantity.name: value.value for value in read("axis-sku-02-b", data)[0].values}
    assert values == {"mass_supply": Decimal(1480), "energy_total": Decimal(7000)}


def test_the_standard_mass_code_is_a_volume_with_its_extension() -> None:
    data = bytes.fromhex("04 93 3A C8 05 00 00 04 06 07 00 00 00")
    values = {value.quantity.name for value in read("axis-sku-02-b", data, mass_code="standard")[0].values}
    assert values == {"energy_total"}


@pytest.mark.parametrize(("bits", "volume"), [("32", Decimal("0.00007")), ("49", Decimal("42949.67303"))])
def test_how_many_bits_of_a_register_count(bits: str, volume: Decimal) -> None:
    """skm-2.md section 3: 32 bits wrap at 42949.67; 2^32 + 7 in hundred thousandths."""
    first, second = bytearray(240), bytearray(240)
    first[65 - 19 : 73 - 19] = ((1 << 32) + 7).to_bytes(8, "little")
    second[181 - 19] = 7
    driver = MbusDriver(profile.load("axis-skm-2m"), {"register_bits": bits})
    bus = bus_of([Meter(5, "12345678", (bytes(first), bytes(second)))])
    snapshot = bus.run(driver.read_current("5", SETTINGS))
    values = {(value.quantity.name, value.circuit): value.value for value in snapshot.values}
    assert values["volume_supply", 1] == volume


def test_a_system_that_is_not_used_has_no_values() -> None:
    """skm-2.md section 3: time of work 0."""
    first, second = bytearray(240), bytearray(240)
    second[181 - 19] = 7
    driver = MbusDriver(profile.load("axis-skm-2m"))
    bus = bus_of([Meter(5, "12345678", (bytes(first), bytes(second)))])
    values = bus.run(driver.read_current("5", SETTINGS)).values
    assert {value.circuit for value in values} == {1}
    assert ("operating_time", Decimal(7)) in {(value.quantity.name, value.value) for value in values}


def test_a_meter_that_repeats_its_first_telegram_gives_no_half_of_a_snapshot() -> None:
    driver = MbusDriver(profile.load("axis-skm-2m"))
    with pytest.raises(DecodeError, match="stands in telegram 2"):
        bus_of([Meter(5, "12345678", (bytes(240),))]).run(driver.read_current("5", SETTINGS))


def test_a_telegram_too_short_for_its_fields_is_another_model() -> None:
    driver = MbusDriver(profile.load("axis-skm-2m"))
    with pytest.raises(DecodeError, match="another layout"):
        bus_of([Meter(5, "12345678", (bytes(20),))]).run(driver.read_current("5", SETTINGS))


def test_a_clock_that_is_none_is_not_shown() -> None:
    data = b"\xff" * 6 + bytes(230)
    driver = MbusDriver(profile.load("axis-skm-2m"))
    assert bus_of([Meter(5, "12345678", (data,))]).run(driver.read_clock("5", SETTINGS)) is None


def test_the_catalogue_passes_choices_on_and_refuses_unknown_words() -> None:
    name, choices = "gwf-enercal", {"m-bus.set_day": "end_of_day"}
    assert catalogue.driver(name, framing=Framing.RTU, choices=choices).info.choices[0].name == "set_day"
    with pytest.raises(ConfigurationError, match="start_of_day"):
        catalogue.driver(name, framing=Framing.RTU, choices={"m-bus.set_day": "noon"})


def heard_by(habits: Habits, question: Question, disturbed: bool = False) -> list[str]:
    def silent_to_5b(asked: bytes, reply: bytes) -> bytes | TeploError:
        return NoResponse() if disturbed and asked[1] == 0x5B else reply

    bus = bus_of([Meter(1, "12345678")], silent_to_5b)
    bus.attempts = 1
    bus.run(Reader(Primary(1), habits).read_out(question))
    return [asked.hex(" ").upper() for asked in bus.asked]


def test_skm_2_is_asked_as_its_source_asks() -> None:
    """skm-2.md section 1, the printed requests."""
    habits, question = profile.load("axis-skm-2").habits, profile.load("axis-skm-2").questions.current
    assert heard_by(habits, question)[:3] == [
        "10 40 01 41 16",
        "68 04 04 68 53 01 50 10 B4 16",
        "10 5B 01 5C 16",
    ]


def test_sku_02_b_is_asked_the_other_way_where_it_keeps_silent() -> None:
    """sku-02.md section 2: "some meters answer only to 10 7B"."""
    declared = profile.load("axis-sku-02-b")
    heard = heard_by(declared.habits, declared.questions.current, disturbed=True)
    assert heard[1:4] == ["68 04 04 68 53 01 50 00 A4 16", "10 5B 01 5C 16", "10 7B 01 7C 16"]


def test_sku_02_k_is_asked_as_its_source_asks() -> None:
    """sku-02.md section 3, the printed requests."""
    declared = profile.load("axis-sku-02-k")
    assert heard_by(declared.habits, declared.questions.current)[1:4] == [
        "68 03 03 68 73 01 50 C4 16",
        "68 24 24 68 73 01 51 C8 FF 7F 6D C8 FF 7F 24 C8 0F FE 3B C8 FF 7F 13 C8 FF 7F 3E C8 FF 7F 5B "
        "C8 FF 7F 5F C8 FF 7F FF 0C 66 16",
        "10 7B 01 7C 16",
    ]
    assert declared.logs[0].kind is ArchiveKind.DAY


def test_sensonic_3_is_asked_for_its_short_telegram() -> None:
    """heat-meters-m-bus.md section 13: C field 73, CI 50, sub-code 50."""
    declared = profile.load("ista-sensonic-3")
    assert heard_by(declared.habits, declared.questions.current)[1] == "68 04 04 68 73 01 50 50 14 16"


def test_a_slot_of_an_annual_set_day_is_told_by_its_storage_510() -> None:
    """heat-meters-m-bus.md section 3, T230: "every 1 January" and the clock's year."""
    data = bytes.fromhex("4C 06 09 00 00 00 84 8F 0F 6D 00 00 E1 F1 04 6D 04 0C 8D 11")
    assert read("landis-gyr-t230", data)[1] == [slot_at(ArchiveKind.TOTAL, datetime(2012, 1, 1)).start]

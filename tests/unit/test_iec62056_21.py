"""IEC 62056-21: checks by iec62056-21-heat.md 1, contents by 2.1, and the driver against simulated meters."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from metering.calendar import ArchiveKind, slot_at
from metering.errors import (
    ConfigurationError,
    DecodeError,
    ExchangeError,
    FrameError,
    NoResponse,
    NotSupported,
)
from metering.meters import MeterConfiguration
from metering.readings import Absence, Gap, GapReason
from protocols.conversation import Retune
from protocols.vendor.iec62056_21 import FAMILY, data_block, sign_on
from protocols.vendor.iec62056_21.characters import is_even, with_parity
from protocols.vendor.iec62056_21.contents import ReadOut
from protocols.vendor.iec62056_21.data_sets import Part, data_set, parse
from protocols.vendor.iec62056_21.driver import Iec62056Driver
from protocols.vendor.iec62056_21.models import MODELS
from protocols.vendor.iec62056_21.sign_on import Identification
from simulators.families import DevicePlan
from simulators.vendor.iec62056_21 import OpticalMeter, build, split
from tests.support.back_to_back import Bench
from tests.support.plant import TODAY, memory

UH50 = "landis-gyr-uh50-iec"
NOTHING = MeterConfiguration()
FRAMES = tomllib.loads((Path(__file__).parent.parent / "frames/iec62056-21.toml").read_text("utf-8"))["frame"]
DUMP = next(bytes.fromhex(one["hex"]) for one in FRAMES if "BCC 68" in one["source"])
FIXED_SPEED = NotSupported("no serial settings")


def meter(model: str = UH50, address: str = "0", **settings: Any) -> OpticalMeter:
    return build(DevicePlan(model, address, "66153690", memory(**settings), lambda: 0.0))


def driver(model: str = UH50, **choices: str) -> Iec62056Driver:
    return Iec62056Driver(MODELS[model], choices)


def read_out(text: str, model: str = UH50) -> ReadOut:
    return ReadOut(MODELS[model], Identification("LUG", "C", "UH50", 11), parse(text))


class SlowSwitch:
    """A line on which identification and data come one after the other; `losses` of the data are lost."""

    def __init__(self, model: str = UH50, losses: int = 0) -> None:
        self.device = meter(model)
        self.losses = losses
        self._waiting = b""

    def hear(self, asked: bytes) -> bytes:
        if asked:
            reply = self.device.hear(asked) or b""
            who = sign_on.find_identification(reply)
            self._waiting = reply[who.end :] if who else b""
            return reply[: who.end] if who else reply
        self.losses -= 1
        return b"" if self.losses >= 0 else self._waiting


@pytest.mark.parametrize("parity", [False, True], ids=["7E1 gateway", "8N1 gateway"])
def test_any_wrong_byte_of_a_data_block_is_noticed(parity: bool) -> None:
    block = with_parity(DUMP) if parity else DUMP
    for at in range(len(block)):
        for turned in (0x01, 0x80, 0xFF):
            wrong = bytearray(block)
            wrong[at] ^= turned
            with pytest.raises(FrameError):
                data_block.decode(bytes(wrong))


def test_the_break_command_has_the_printed_check() -> None:
    assert data_block.exclusive_or(b"B0\x03") == 0x71


def test_a_block_with_a_wrong_check_is_resealed() -> None:
    assert FAMILY.reseal(DUMP[:-1] + b"x") == DUMP
    assert FAMILY.reseal(with_parity(DUMP)[:-1] + b"\x00") == with_parity(DUMP)


@pytest.mark.parametrize("sent", [b"/LUGCUH50\r\n" + DUMP, with_parity(b"/LUGCUH50\r\n" + DUMP)])
def test_an_answer_in_one_piece_is_explained_in_one(sent: bytes) -> None:
    words = [one.meaning for one in FAMILY.explain(sent)]
    assert "maker LUG" in words
    assert "6.8: energy: 0328.871 GJ" in words
    assert FAMILY.reseal(sent[:-1] + b"x") == sent


def test_mixed_parity_is_damage() -> None:
    assert is_even(b"/?!") and is_even(with_parity(b"/?!"))
    assert not is_even(b"/" + with_parity(b"/"))


@pytest.mark.parametrize(
    ("written", "address", "storage", "parts"),
    [
        ("6.8(0328.871*GJ)", "6.8", 0, (Part("0328.871", "GJ"),)),
        ("6.8*01(0314.658*GJ)", "6.8", 1, (Part("0314.658", "GJ"),)),
        ("6.36*02(01&00:00)", "6.36", 2, (Part("01", ""), Part("00:00", ""))),
        ("9.4(098.5*C&096.1*C)", "9.4", 0, (Part("098.5", "C"), Part("096.1", "C"))),
        ("6.8.1()", "6.8.1", 0, (Part("", ""),)),
        ("6.8*xy(1)", "6.8*xy", 0, (Part("1", ""),)),
    ],
)
def test_a_data_set_has_address_storage_and_values(
    written: str, address: str, storage: int, parts: tuple[Part, ...]
) -> None:
    (one,) = parse(written)
    assert (one.address, one.storage, one.parts) == (address, storage, parts)
    assert data_set(*written[:-1].split("(")) == one


@pytest.mark.parametrize(
    ("written", "value", "unit", "absence"),
    [
        ("6.8(0123.456*MWh)", "123.456", "MWh", None),
        ("6.8(0123,5*kWh)", "123.5", "kWh", None),
        ("6.8(0123.456)", None, "Gcal", Absence.NOT_DECODED),
        ("6.8(0123.456*m3)", None, "Gcal", Absence.NOT_DECODED),
        ("6.8(032A.871*GJ)", None, "Gcal", Absence.NOT_DECODED),
        ("6.27(000.248*m3ph)", "0.248", "m3/h", None),
        ("6.27()", None, "m3/h", Absence.INVALID_MARK),
        ("6.29(-02.5*C)", "-2.5", "°C", None),
        ("6.30(044.4*C)", "44.4", "°C", None),
    ],
)
def test_a_value_is_its_number_or_the_reason_of_its_absence(
    written: str, value: str | None, unit: str, absence: Absence | None
) -> None:
    (read,) = read_out(written + "9.20(1)").snapshot.values
    assert (read.value, read.unit, read.absence) == (value and Decimal(value), unit, absence)


@pytest.mark.parametrize(
    ("clock", "set_day", "storages", "starts"),
    [
        pytest.param("2022-05-19&19:41:17", "01-01&00:00", 1, [datetime(2022, 1, 1)], id="this year's"),
        pytest.param("2022-05-19&19:41:17", "07-01&00:00", 1, [datetime(2021, 7, 1)], id="last year's"),
        pytest.param("2022-07-01&00:00:00", "07-01&00:00", 1, [datetime(2022, 7, 1)], id="now"),
        pytest.param(
            "2022-05-19&19:41:17", "01-01&00:00", 2, [datetime(2022, 1, 1), datetime(2021, 1, 1)], id="two"
        ),
        pytest.param("2022-05-19&19:41:17", "01-01&12:00", 1, [], id="not at midnight"),
        pytest.param("2022-05-19&19:41:17", "02-29&00:00", 1, [], id="no such day"),
        pytest.param("2022-13-19&19:41:17", "01-01&00:00", 1, [], id="no clock"),
        pytest.param("2022-05-19&19:41:17", "", 1, [], id="no set day"),
    ],
)
def test_levels_of_set_days_stand_at_their_midnight(
    clock: str, set_day: str, storages: int, starts: list[datetime]
) -> None:
    stored = "".join(
        f"6.8*{number:02}(0100.000*GJ)6.32*{number:02}(5*h)" for number in range(1, storages + 1)
    )
    records = read_out(f"9.36({clock})6.36({set_day}){stored}9.20(1)").stored
    assert [record.slot.start for record in records] == starts
    assert all([str(value.quantity) for value in record.values] == ["energy_heating"] for record in records)


@pytest.mark.parametrize(
    ("error", "conditions"),
    [
        ("0", []),
        ("", []),
        ("4", ["battery_low"]),
        ("6", ["sensor_short:1:temperature_return"]),
        ("12", ["unknown:0::F 12"]),
        ("x:y", ["unknown:0::F x y"]),
    ],
)
def test_error_numbers_are_conditions(error: str, conditions: list[str]) -> None:
    assert [str(one) for one in read_out(f"F({error})9.20(1)").snapshot.conditions] == conditions


def test_a_read_out_without_a_number_of_the_meter_is_nobodys() -> None:
    with pytest.raises(DecodeError, match="serial number"):
        _ = read_out("6.8(1*GJ)").identity


@pytest.mark.parametrize("address", ["", "1" * 33, "a/b", "ä"])
def test_an_address_is_up_to_32_letters_and_digits(address: str) -> None:
    with pytest.raises(ConfigurationError):
        sign_on.request(address, "?", 0)


def test_a_line_that_can_follows_the_meter_to_2400_baud() -> None:
    line = Bench(SlowSwitch())
    assert line.run(driver().identify("0")).serial == "66153690"
    assert line.retunes == [Retune(300, "N"), Retune(2400, "N")]
    assert [bool(asked) for asked in line.asked] == [True, False]


def test_a_line_of_one_speed_waits_for_the_whole() -> None:
    line = Bench(meter(), refuse_retune=FIXED_SPEED)
    snapshot = line.run(driver().read_current("0", NOTHING))
    assert snapshot.meter_time == datetime(2026, 2, 10, 14, 17, 30)
    assert len(line.asked) == 1


def test_data_that_were_lost_are_asked_for_with_the_whole() -> None:
    line = Bench(SlowSwitch(losses=2))
    assert line.run(driver().identify("0")).serial == "66153690"
    assert [retune.baud for retune in line.retunes] == [300, 2400] * 3
    with pytest.raises(ExchangeError, match="identifies itself"):
        Bench(SlowSwitch(losses=3)).run(driver().identify("0"))


def test_silence_is_no_response() -> None:
    with pytest.raises(NoResponse):
        Bench(meter(), lambda asked, reply: b"").run(driver().identify("0"))


def test_the_multical_iii_is_acknowledged_and_the_66_cde_is_not() -> None:
    asked: dict[str, int] = {}
    for model in ("kamstrup-multical-iii", "kamstrup-66-cde"):
        line = Bench(meter(model))
        assert line.run(driver(model).identify("0")).serial == "66153690"
        asked[model] = line.asked.count(sign_on.STAY)
    assert asked == {"kamstrup-multical-iii": 1, "kamstrup-66-cde": 0}


def test_the_instantaneous_set_brings_what_flows_and_no_clock() -> None:
    choice = {"readout": "instantaneous"}
    device = build(DevicePlan(UH50, "0", "66153690", memory(), lambda: 0.0, choice))
    snapshot = Bench(device).run(driver(**choice).read_current("0", NOTHING))
    names = {str(value.quantity) for value in snapshot.values}
    assert names >= {"power", "volume_flow", "temperature_supply", "temperature_return"}
    assert snapshot.meter_time is None
    assert {name for name, _ in device.truth_snapshot(device.memory.meter_time())} == names


def test_only_the_level_of_the_set_day_is_an_archive() -> None:
    wanted = [slot_at(ArchiveKind.TOTAL, datetime(2026, month, 1)) for month in (3, 2, 1)]
    line = Bench(meter())
    line.run(driver().read_archive("0", NOTHING, ArchiveKind.TOTAL, wanted))
    ahead, none, record = line.delivered
    assert ahead == Gap(ArchiveKind.TOTAL, wanted[0], GapReason.NOT_YET_CLOSED)
    assert none == Gap(ArchiveKind.TOTAL, wanted[1], GapReason.NO_RECORD)
    assert record.slot == wanted[2]
    with pytest.raises(NotSupported):
        Bench(meter()).run(driver().read_archive("0", NOTHING, ArchiveKind.HOUR, []))


def test_a_set_day_before_the_installation_holds_nothing() -> None:
    line = Bench(meter(installed=TODAY - timedelta(days=5)))
    line.run(driver().read_current("0", NOTHING))
    assert line.delivered == []


def test_a_sleeping_meter_hears_nothing() -> None:
    assert meter().hear(sign_on.request("0", "?", 0)) is None
    assert meter().hear(sign_on.request("0", "?", 40)) is not None


def test_an_address_means_one_meter_and_its_leading_zeros_nothing() -> None:
    device = meter(address="1234")
    heard = [
        bool(device.hear(sign_on.request(address, "?", 40))) for address in ("1234", "0001234", "77", "0")
    ]
    assert heard == [True, True, False, True]


def test_a_request_is_split_off_with_its_nuls() -> None:
    asked = sign_on.request("0", "?", 40)
    assert split(asked + b"\x00") == (asked, len(asked))
    assert split(asked[:-1]) is None


def test_a_battery_grants_one_read_out_an_hour() -> None:
    assert [driver(model).info.polls_per_day for model in MODELS] == [24, 24, 24, None, None]


def test_a_search_says_which_model_fits() -> None:
    found = [*_searched(meter()), *_searched(meter("kamstrup-66-cde"))]
    assert found == [UH50, "", "", "kamstrup-66-cde"]


def _searched(device: OpticalMeter) -> Iterator[str]:
    """What each search says of this meter; empty when it does not know it."""
    for search in FAMILY.search:
        try:
            yield Bench(device).run(search.ask(search.addresses[0])).model
        except ExchangeError:
            yield ""

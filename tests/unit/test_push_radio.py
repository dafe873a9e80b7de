"""Telegrams and uplinks that came by radio (mqtt-wmbus.md sections 3 and 4)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from metering.calendar import ArchiveKind
from metering.errors import AccessDenied, DecodeError
from metering.readings import Absence
from protocols.push import elvaco, uplinks, wireless
from protocols.push.pushed import Message, Pushed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AXIOMA = (
    "7644090708640103 0B0D 7A78000000 046D030FB726 346D00000101 34FD1700000000 04200F13CF01 04240F13CF01"
    "04863B00000000 04863CDC000000 0413B5150600 042B86F1FFFF 043B03020000 0259C002 025D2C05 026194FD"
    "0C7808640103 84086D3B17BF25 8408863B00000000 8408863C0B000000"
).replace(" ", "")
"""Section 3.1, the worked telegram."""
ELVACO = bytes.fromhex(
    "00 0C 06 52 67 61 02 0C 14 97 89 99 00 0B 2D 00 00 00 0B 3B 00 00 00 0A 5A 33 06 0A 5E 41 05"
    "0C 78 29 11 03 66 02 FD 17 00 00"
)
"""Section 4.2, the worked example."""


def heard(text: str, *, retained: bool = False) -> Pushed | None:
    return wireless.decode(Message("rtl_433/x", text.encode(), NOW, retained))


def found(pushed: Pushed | None) -> dict[str, tuple[Decimal | None, str]]:
    assert pushed is not None
    return {one.quantity.name: (one.value, one.unit) for one in pushed.snapshot.values}


def test_the_worked_telegram() -> None:
    pushed = heard(AXIOMA)
    values = found(pushed)
    assert pushed is not None
    assert (pushed.identity, pushed.at) == ("03016408", NOW)
    assert pushed.snapshot.meter_time == datetime(2021, 6, 23, 15, 3)
    expected = {
        "on_time": (Decimal(30348047), "s"),
        "energy_heating": (Decimal(0), "Wh"),
        "energy_cooling": (Decimal(220_000), "Wh"),
        "volume": (Decimal("398.773"), "m3"),
        "power": (Decimal(-3706), "W"),
        "volume_flow": (Decimal("0.515"), "m3/h"),
        "temperature_supply": (Decimal("7.04"), "°C"),
        "temperature_return": (Decimal("13.24"), "°C"),
        "temperature_difference": (Decimal("-6.20"), "K"),
    }
    assert expected.items() <= values.items()


def test_marks_of_the_receiver_and_small_letters_are_passed_over() -> None:
    assert found(heard(f"|{AXIOMA[:22].lower()}|{AXIOMA[22:]}|\n")) == found(heard(AXIOMA))


def test_one_telegram_has_one_key_however_it_is_written() -> None:
    first, second = heard(AXIOMA), heard(AXIOMA.lower())
    assert first is not None
    assert second is not None
    assert first.key == second.key


def test_a_retained_telegram_tells_no_time_and_is_passed_over() -> None:
    assert heard(AXIOMA, retained=True) is None


def test_the_stored_levels_of_the_worked_telegram() -> None:
    pushed = heard(AXIOMA)
    assert pushed is not None
    (record,) = pushed.records
    # Storage 16 stood at 2021-05-31 23:59: the midnight that follows.
    assert (record.kind, record.slot.start) == (ArchiveKind.TOTAL, datetime(2021, 6, 1))
    assert {one.quantity.name: one.value for one in record.values} == {
        "energy_heating": Decimal(0),
        "energy_cooling": Decimal(11_000),
    }


@pytest.mark.parametrize("mode", [5, 7, 13])
def test_an_encrypted_telegram_says_who_can_decrypt_it(mode: int) -> None:
    encrypted = f"{AXIOMA[:26]}10{mode:02X}{AXIOMA[30:]}"
    with pytest.raises(AccessDenied, match=rf"03016408 is encrypted \(mode {mode}"):
        heard(encrypted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is cut"),
        ("no hex", "no text of hexadecimal"),
        (AXIOMA[:-2], "is cut"),
        (AXIOMA + "C2B7", "still has its CRCs"),
        (f"76FF{AXIOMA[4:]}", "C field FF"),
        (f"{AXIOMA[:20]}A0{AXIOMA[22:]}", "maker's own"),
        ("0" * 2000, "no telegram"),
    ],
)
def test_what_is_no_telegram_is_refused(text: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        heard(text)


def test_the_worked_payload_of_elvaco() -> None:
    serial, snapshot = elvaco.decode(ELVACO)
    assert serial == "66031129"
    # Energy is told in kWh, and a record's value stands in its base unit.
    assert {one.quantity.name: (one.value, one.unit) for one in snapshot.values} == {
        "energy_heating": (Decimal(2_616_752_000), "Wh"),
        "volume": (Decimal("9989.97"), "m3"),
        "power": (Decimal(0), "W"),
        "volume_flow": (Decimal(0), "m3/h"),
        "temperature_supply": (Decimal("63.3"), "°C"),
        "temperature_return": (Decimal("54.1"), "°C"),
        "flags": (Decimal(0), ""),
    }


@pytest.mark.parametrize(
    ("records", "value", "unit"),
    [
        ("04 06 10270000", 10_000_000, "Wh"),
        ("04 07 10270000", 100_000_000, "Wh"),
        ("0C 0E 00100000", 1_000_000_000, "J"),
        ("04 FB01 0A000000", 10_000_000, "Wh"),
        ("04 FB08 0A000000", 1_000_000_000, "J"),
        ("04 FB0D 0A000000", 10_000_000, "cal"),
    ],
    ids=["kWh", "10 kWh", "MJ", "MWh", "0.1 GJ", "Mcal"],
)
def test_energy_comes_in_the_unit_of_its_record(records: str, value: int, unit: str) -> None:
    _, snapshot = elvaco.decode(b"\x15" + bytes.fromhex(records))
    assert [(one.value, one.unit) for one in snapshot.values] == [(Decimal(value), unit)]


def test_bcd_without_a_number_is_none() -> None:
    _, snapshot = elvaco.decode(bytes.fromhex("00 0C06 FFFFFFFF 0A5A 3306"))
    energy = next(one for one in snapshot.values if one.quantity.name == "energy_heating")
    assert energy.value is None
    assert energy.absence in (Absence.INVALID_MARK, Absence.NOT_BCD)


@pytest.mark.parametrize("payload", [b"", b"\x20{}", b"\x99\x04\x06", bytes(300)])
def test_a_payload_of_another_format_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        elvaco.decode(payload)


def chirpstack(**changes: Any) -> Message:
    event = {
        "deduplicationId": "d", "time": "2024-03-15T12:00:00.123+00:00",
        "deviceInfo": {"deviceName": "Heat 12", "devEui": "0102030405060708", "tags": {}},
        "devAddr": "00189440", "dr": 5, "fCnt": 123, "fPort": 2,
        "data": base64.b64encode(ELVACO).decode(),
    } | changes  # fmt: skip
    return Message("application/1/device/0102030405060708/event/up", json.dumps(event).encode(), NOW)


def things_stack(**changes: Any) -> Message:
    event = {
        "end_device_ids": {"device_id": "heat-12", "dev_eui": "0102030405060708", "dev_addr": "00189440"},
        "received_at": "2024-03-15T12:00:00.123456789Z",
        "uplink_message": {
            "f_port": 2, "f_cnt": 123, "frm_payload": base64.b64encode(ELVACO).decode(), **changes,
        },
    }  # fmt: skip
    return Message("v3/teplo@ttn/devices/heat-12/up", json.dumps(event).encode(), NOW)


def test_an_uplink_of_chirpstack() -> None:
    pushed = uplinks.chirpstack(chirpstack())
    assert pushed is not None
    assert pushed.identity == "66031129"
    assert pushed.at == datetime(2024, 3, 15, 12, 0, 0, 123000, tzinfo=UTC)
    assert pushed.snapshot == elvaco.decode(ELVACO)[1]


def test_an_uplink_of_the_things_stack() -> None:
    pushed = uplinks.things_stack(things_stack())
    assert pushed is not None
    assert pushed.identity == "66031129"
    assert pushed.at == datetime(2024, 3, 15, 12, 0, 0, 123456, tzinfo=UTC)
    assert pushed.snapshot == elvaco.decode(ELVACO)[1]


def test_a_payload_without_a_serial_number_is_its_radios() -> None:
    short = base64.b64encode(bytes.fromhex("00 0C06 52676102")).decode()
    pushed = uplinks.chirpstack(chirpstack(data=short))
    assert pushed is not None
    assert pushed.identity == "0102030405060708"


def test_a_frame_is_one_by_device_session_and_counter() -> None:
    keys = [
        pushed.key
        for pushed in map(
            uplinks.chirpstack,
            [
                chirpstack(),
                chirpstack(time="2024-03-15T12:00:05+00:00"),
                chirpstack(fCnt=124),
                chirpstack(devAddr="00189441"),
            ],
        )
        if pushed
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("message", [chirpstack(fPort=1), chirpstack(fPort=0, data="")])
def test_uplinks_on_other_ports_are_not_about_readings(message: Message) -> None:
    assert uplinks.chirpstack(message) is None


@pytest.mark.parametrize(
    "message",
    [
        chirpstack(data="!!!"),
        chirpstack(data=7),
        chirpstack(data="A" * 2000),
        chirpstack(deviceInfo=None),
        chirpstack(deviceInfo={"devEui": "12"}),
        chirpstack(fCnt=1.5),
        chirpstack(fCnt="x"),
        chirpstack(time="today"),
    ],
)
def test_a_damaged_event_is_refused(message: Message) -> None:
    with pytest.raises(DecodeError):
        uplinks.chirpstack(message)

"""What `teplo explain m-bus` says, as JSON and byte by byte; frames as printed in m-bus.md."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from metering.errors import FrameError
from protocols.mbus.explain import explain_bytes, explain_json
from protocols.mbus.frames import RSP_UD, LongFrame

FIXTURES = Path(__file__).parents[1] / "fixtures" / "m-bus" / "reference-telegrams.toml"
TELEGRAMS = tomllib.loads(FIXTURES.read_text("utf-8"))["telegram"]
OTHERS = [
    "E5",
    "10 40 05 45 16",
    "68 0B 0B 68 53 FD 52 78 56 34 12 24 23 2A 04 2B 16",
    "68 04 04 68 53 05 50 50 F8 16",
    "68 09 09 68 53 05 51 04 6D 1E 0E 0F 33 88 16",
    "68 04 04 68 53 05 51 7F 28 16",
    "68 03 03 68 08 05 70 7D 16",
    "68 04 04 68 08 05 71 04 82 16",
    "68 13 13 68 08 05 73 78 56 34 12 0A 00 E9 7E 01 00 00 00 35 01 00 00 3C 16",
]


def long_frame(payload: str) -> bytes:
    return LongFrame(RSP_UD, 5, bytes.fromhex(payload)).encode()


def test_json_of_the_issues_example() -> None:
    """heat-meters-m-bus.md section 2.4, Multical 601: 37351 kWh."""
    frame = next(row["frame"] for row in TELEGRAMS if "Multical 601" in row["source"])
    explained = explain_json(bytes.fromhex(frame))
    head = {key: explained[key] for key in ("ok", "manufacturer", "id", "version", "medium")}
    assert head == {"ok": True, "manufacturer": "KAM", "id": "06855817", "version": 8, "medium": 4}
    energy = next(row for row in explained["records"] if row["dif_vif"] == "0406")
    assert energy == {
        "function": "instantaneous",
        "storage": 0,
        "tariff": 0,
        "subunit": 0,
        "quantity": "energy",
        "unit": "Wh",
        "qualifiers": [],
        "value": "37351000",
        "dif_vif": "0406",
    }
    assert explained["manufacturer_data"].startswith("00000000E7E400006366")
    assert explained["more_follows"] is False


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        ("78 02 5A 67 01", "35.9"),
        ("78 05 03 F9 02 15 50", "10000000000"),
        ("78 0C FB 0F 01 00 00 00", "100000000"),
        ("78 04 FB 00 08 00 00 00", "800000"),
        ("78 04 93 7D 08 00 00 00", "8"),
        ("73 78 56 34 12 0A 00 29 29 01 00 00 00 00 00 00 00", "0.001"),
        ("78 42 6C FF 0C", "2007-12-31"),
        ("78 04 6D 30 37 E2 14", "2015-04-02T23:48:00"),
        ("78 03 6D 05 3B 17", "23:59:05"),
        ("78 0D FD 10 02 42 41", "AB"),
        ("78 0D FD 3B 02 42 41", "4241"),
    ],
)
def test_json_value_is_a_plain_text(payload: str, value: str) -> None:
    record = explain_json(long_frame(payload))["records"][0]
    assert record["value"] == value
    assert "why" not in record


def test_json_of_a_missing_value_says_why() -> None:
    (record,) = explain_json(long_frame("78 02 5A 00 80"))["records"]
    assert (record["value"], record["why"]) == (None, "the meter's mark for no value")


def test_json_of_a_compact_profile_has_its_values() -> None:
    """Section 8.3, the example of Annex F."""
    payload = "78 84 04 6D 00 20 41 11 8B 04 15 00 30 12 8D 04 95 1F 05 69 01 03 02 11"
    profile = explain_json(long_frame(payload))["records"][2]["profile"]
    assert profile[0] == {"storage": 8, "meter_time": "2010-01-01T01:00:00", "value": "12300.3"}
    assert [value["value"] for value in profile] == ["12300.3", "12300.5", "12301.6"]


def test_json_of_a_compact_profile_that_contradicts_itself() -> None:
    (record,) = explain_json(long_frame("78 8D 04 95 1F 03 6D 01 03"))["records"]
    assert (record["value"], "data field D" in record["problem"]) == ("6D0103", True)


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        ("", "FrameError"),
        ("68 03 03 68", "FrameError"),
        ("68 03 03 68 08 05 70 7D 16", "NotSupported"),
        ("68 04 04 68 08 05 70 08 85 16", "MeterBusy"),
        ("68 04 04 68 08 05 78 04 89 16", "DecodeError"),
    ],
)
def test_json_of_an_error(octets: str, error: str) -> None:
    explained = explain_json(bytes.fromhex(octets))
    assert (explained["ok"], explained["error"]) == (False, error)
    assert explained["message"]


@pytest.mark.parametrize(
    ("octets", "kind", "quantities"),
    [
        ("E5", "acknowledgement", []),
        ("10 40 05 45 16", "short", []),
        ("68 0B 0B 68 53 FD 52 78 56 34 12 24 23 2A 04 2B 16", "long", []),
        ("68 09 09 68 53 05 51 04 6D 1E 0E 0F 33 88 16", "long", ["date_time"]),
    ],
)
def test_json_of_what_the_head_end_says(octets: str, kind: str, quantities: list[str]) -> None:
    explained = explain_json(bytes.fromhex(octets))
    assert (explained["ok"], explained["frame"]) == (True, kind)
    assert [row["quantity"] for row in explained["records"]] == quantities


@pytest.mark.parametrize("telegram", TELEGRAMS, ids=lambda telegram: telegram["source"])
def test_json_can_be_written(telegram: dict[str, Any]) -> None:
    explained = explain_json(bytes.fromhex(telegram["frame"]))
    assert json.loads(json.dumps(explained)) == explained


def frames_to_annotate() -> list[str]:
    return [*(row["frame"] for row in TELEGRAMS), *OTHERS]


@pytest.mark.parametrize("octets", frames_to_annotate())
def test_annotations_cover_every_byte_once(octets: str) -> None:
    frame = bytes.fromhex(octets)
    annotations = explain_bytes(frame)
    assert b"".join(note.data for note in annotations) == frame
    assert [note.offset for note in annotations] == [
        sum(len(earlier.data) for earlier in annotations[:number]) for number in range(len(annotations))
    ]
    assert all(note.meaning for note in annotations)


def test_annotations_of_the_hyd_heat_meter() -> None:
    """Section 10.1."""
    frame = bytes.fromhex(next(row["frame"] for row in TELEGRAMS if "HYD heat meter" in row["source"]))
    meanings = {(note.offset, note.data.hex()): note.meaning for note in explain_bytes(frame)}
    assert meanings[7, "78563412"] == "identification 12345678"
    assert meanings[11, "2423"] == "manufacturer HYD"
    assert meanings[14, "04"] == "medium: heat, volume measured in the return"
    assert meanings[19, "0c"] == "DIF: 8 digits BCD, instantaneous"
    assert meanings[20, "06"] == "VIF: energy in Wh times 1000"
    assert meanings[21, "27048502"] == "2850427000 Wh"


@pytest.mark.parametrize(
    ("payload", "meaning"),
    [
        ("78 01 13 05 84", "The telegram ends inside the DIF of the record at byte 4."),
        ("78 01 13 05 0F 01 02", "manufacturer's data"),
        ("72 01 02", "The header has 12 bytes, only 2 are there."),
        ("B7 01 02", "data"),
        ("70 08", "Application error 08"),
        ("71 04", "4"),
    ],
)
def test_annotation_of_the_rest_of_a_payload(payload: str, meaning: str) -> None:
    frame = long_frame(payload)
    annotations = explain_bytes(frame)
    assert annotations[-3].meaning.startswith(meaning)
    assert b"".join(note.data for note in annotations) == frame


def test_annotations_of_a_damaged_frame_are_refused() -> None:
    with pytest.raises(FrameError):
        explain_bytes(b"\x10\x40\x05\x46\x16")

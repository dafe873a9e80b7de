"""M-Bus telegrams of real meters: those of the protocol references, and the shared ones where they lie."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from metering.errors import DecodeError, MeterBusy, NotSupported
from protocols.mbus import frames, records
from protocols.mbus.explain import explain_json
from protocols.mbus.layout import LearningDecoder, compile_layout
from protocols.mbus.records import DataRecord

REPOSITORY = Path(__file__).parents[2]
REFERENCES = tomllib.loads((REPOSITORY / "tests/fixtures/m-bus/reference-telegrams.toml").read_text("utf-8"))
SHARED = REPOSITORY.parent / "shared" / "vectors" / "m-bus"
GOOD = sorted((SHARED / "good").glob("*.hex"))
REJECTED = sorted((SHARED / "rejected").glob("*.hex"))

PRINTED_UNITS = {
    "": ("", "1"),
    "Wh": ("Wh", "1"),
    "kWh": ("Wh", "1000"),
    "MJ": ("J", "1000000"),
    "l": ("m3", "0.001"),
    "m3": ("m3", "1"),
    "l/h": ("m3/h", "0.001"),
    "W": ("W", "1"),
    "kW": ("W", "1000"),
    "°C": ("°C", "1"),
    "K": ("K", "1"),
    "s": ("s", "1"),
    "min": ("s", "60"),
    "h": ("s", "3600"),
    "d": ("s", "86400"),
}


def payload_of(hexadecimal: str) -> bytes:
    frame = frames.decode(bytes.fromhex(hexadecimal))
    assert isinstance(frame, frames.LongFrame)
    return frame.payload


def first_with(found: tuple[DataRecord, ...], dif_vif: str) -> DataRecord:
    return next(record for record in found if record.dif_vif.hex().upper() == dif_vif)


def expected(printed: str) -> Any:
    if "-" in printed[1:]:
        return datetime.fromisoformat(printed) if "T" in printed else date.fromisoformat(printed)
    return Decimal(printed)


@pytest.mark.parametrize("telegram", REFERENCES["telegram"], ids=lambda telegram: telegram["source"])
def test_reference_telegram_has_the_values_printed_beside_it(telegram: dict[str, Any]) -> None:
    decoded = records.decode(payload_of(telegram["frame"]))
    assert decoded.header.identification == telegram["identification"]
    assert decoded.header.manufacturer == telegram["manufacturer"]
    for line in telegram["expect"]:
        dif_vif, printed, *rest = line.split(" ")
        record = first_with(decoded.records, dif_vif)
        if printed == "absent":
            assert (record.value, bool(record.why)) == (None, True), line
            continue
        value = expected(printed)
        if isinstance(value, Decimal) and rest:
            unit, factor = PRINTED_UNITS[rest[0]]
            assert (record.unit, record.value) == (unit, value * Decimal(factor)), line
        assert rest or record.value == value, line


@pytest.mark.parametrize("telegram", REFERENCES["telegram"], ids=lambda telegram: telegram["source"])
def test_learned_layout_gives_the_same_reference_telegram(telegram: dict[str, Any]) -> None:
    payload = payload_of(telegram["frame"])
    layout = compile_layout(payload)
    assert layout is not None
    assert layout.decode(payload) == records.decode(payload) == LearningDecoder().decode(payload)


FUNCTIONS = {
    "Actual value": "instantaneous",
    "Instantaneous value": "instantaneous",
    "Maximum value": "maximum",
    "Minimum value": "minimum",
    "Value during error state": "error",
}
UNITS = {"m^3": "m3", "m^3/h": "m3/h", "Units for H.C.A.": ""}
NO_UNIT = {"", "-", "Reserved"}
LARGER_UNITS = {"kWh": ("Wh", 1000), "l": ("m3", Decimal("0.001"))}
NO_RECORD = {"Manufacturer specific", "More records follow"}

NEVER_A_VALUE = {
    "1900-01-00T00:00:00Z": "a day 0",
    "2000-00-00": "a month 0",
    "99999900.000000": "all nines in the error state, m-bus.md section 8",
    "999.900000": "all nines in the error state, m-bus.md section 8",
    "9999.990000": "all nines in the error state, m-bus.md section 8",
}
"""What the other decoder prints for the marks of a missing value."""


def normalised(path: Path) -> list[dict[str, str]]:
    text = path.with_suffix(".norm.xml").read_bytes().decode("latin-1").replace("Â°", "°")
    found = ElementTree.fromstring(text.split("?>", 1)[1]).iter("DataRecord")
    rows = [{child.tag: child.text or "" for child in record} for record in found]
    return [row for row in rows if row["Function"] not in NO_RECORD]


def in_base_unit(row: dict[str, str]) -> tuple[str | None, str]:
    """Unit (None where the other decoder names none) and value, as we should show them."""
    unit, value = row["Unit"], row["Value"]
    if unit in LARGER_UNITS:
        base, factor = LARGER_UNITS[unit]
        return base, str(Decimal(value) * factor)
    return (None if unit in NO_UNIT else UNITS.get(unit, unit)), value


def is_same(theirs: str, ours: str) -> bool:
    """Numbers to the six places that the other decoder prints, times without its Z, texts as they are."""
    try:
        difference = abs(Decimal(theirs) - Decimal(ours))
    except ArithmeticError:
        return theirs.removesuffix("Z") == ours
    return difference <= Decimal("0.0000005") * max(1, abs(Decimal(theirs)))


def assert_same(row: dict[str, str], record: dict[str, Any]) -> None:
    unit, value = in_base_unit(row)
    assert record["function"] == FUNCTIONS[row["Function"]]
    for theirs, ours in (("StorageNumber", "storage"), ("Tariff", "tariff"), ("Device", "subunit")):
        assert record[ours] == int(row.get(theirs) or 0)
    assert unit is None or record["unit"] == unit
    if value in NEVER_A_VALUE:
        assert record["value"] is None, NEVER_A_VALUE[value]
        assert record["why"]
    else:
        assert is_same(value, record["value"])


@pytest.mark.skipif(not GOOD, reason="../shared/vectors/m-bus is not here")
def test_all_shared_telegrams_are_here() -> None:
    assert (len(GOOD), len(REJECTED)) == (44, 11)


@pytest.mark.parametrize("path", GOOD or [None], ids=lambda path: path.stem if path else "absent")
def test_shared_telegram_agrees_with_the_other_decoder(path: Path | None) -> None:
    if path is None:
        pytest.skip("../shared/vectors/m-bus is not here")
    explained = explain_json(bytes.fromhex(path.read_text()))
    assert explained["ok"], explained
    rows = normalised(path)
    assert len(explained["records"]) == len(rows)
    for row, record in zip(rows, explained["records"], strict=True):
        assert_same(row, record)


REFUSALS = {
    "too_many_difes": NotSupported,
    "too_many_readouts": MeterBusy,
    "too_many_vifes": NotSupported,
    "unspecified_error": NotSupported,
}
"""Telegrams in which the meter refuses; all others are malformed."""


@pytest.mark.parametrize("path", REJECTED or [None], ids=lambda path: path.stem if path else "absent")
def test_shared_malformed_telegram_is_refused_whole(path: Path | None) -> None:
    if path is None:
        pytest.skip("../shared/vectors/m-bus is not here")
    error = REFUSALS.get(path.stem, DecodeError)
    with pytest.raises(error):
        records.decode(payload_of(path.read_text()))
    explained = explain_json(bytes.fromhex(path.read_text()))
    assert (explained["ok"], explained["error"]) == (False, error.__name__)

"""Every telegram of the M-Bus vectors and worked frames against pymeterbus: the same values throughout.

Where the other decoder makes a number of a mark for "no value", a display text or a date, ours has none or
a date: those places are the only ones that may differ.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from protocols.mbus import frames, records
from protocols.mbus.records import DataRecord, Telegram
from protocols.vectors import load

meterbus = pytest.importorskip("meterbus", reason="pymeterbus is not installed: nothing to compare with")

TESTS = Path(__file__).parent.parent
NO_RECORDS = {"axis-skm-2m": "fields at fixed places", "axis-sku-02-b": "a VIF without its VIFE"}
"""Models whose telegrams are none by the standard."""
SMALLEST = Decimal("1E-9")
SHARE = Decimal("1E-6")
"""How far floats and the other decoder's binary scales may lie beside our decimals."""


def answers() -> dict[str, bytes]:
    """Every telegram with records, by where it stands."""
    found: dict[bytes, str] = {}
    for file in sorted((TESTS / "vectors" / "m-bus").glob("*.toml")):
        vector = load(file.read_text("utf-8"), file.name)
        exchanges = (each for one in vector.conversations for each in one.exchanges)
        if file.stem not in NO_RECORDS:
            found |= {each.receive: file.stem for each in exchanges if each.receive}
    worked = tomllib.loads((TESTS / "frames" / "m-bus.toml").read_text("utf-8"))["frame"]
    for each in worked:
        found.setdefault(bytes.fromhex(each["hex"]), each["source"])
    telegrams = {data: place for data, place in found.items() if data[0] == 0x68 and data[6] == 0x72}
    return {f"{number}-{place}": data for number, (data, place) in enumerate(telegrams.items())}


ANSWERS = answers()


def ours_of(data: bytes) -> Telegram:
    frame = frames.decode(data)
    assert isinstance(frame, frames.LongFrame)
    return records.decode(frame.payload)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_second_decoder_reads_the_same(name: str) -> None:
    ours, theirs = ours_of(ANSWERS[name]), meterbus.load(ANSWERS[name]).records
    assert len(theirs) - len(ours.records) in (0, 1), "a tail of manufacturer's data counts as a record there"
    for record, other in zip(ours.records, theirs, strict=False):
        if record.value is not None:
            assert_same(record, other)


def test_enough_telegrams_are_compared() -> None:
    assert len(ANSWERS) > 40


def assert_same(record: DataRecord, other: Any) -> None:
    place = record.dif_vif.hex(" ")
    if isinstance(record.value, Decimal):
        difference = abs(Decimal(str(other.value)) - record.value)
        assert difference <= abs(record.value) * SHARE + SMALLEST, place
    elif isinstance(record.value, datetime):
        as_date = other.unit == "date time"
        assert not as_date or other.value == record.value.isoformat(timespec="minutes"), place
        assert as_date or record.qualifiers, "a date that only an extension of a VIF announces"
    elif record.quantity == "date":
        assert other.value == str(record.value), place

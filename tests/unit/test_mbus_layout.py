"""Learned layouts: where one fits, where it does not, and how many are remembered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.errors import DecodeError, MeterBusy
from protocols.mbus import layout, records
from protocols.mbus.layout import LearningDecoder, compile_layout

HEADER = "72 78 56 34 12 2D 2C 34 04 {access} 00 00 00"
RECORDS = "04 06 {energy} 00 00 00 0D FD 10 02 42 41 2F 02 5A {flow} 00"


def payload(access: str = "01", energy: str = "0A", flow: str = "64", tail: str = "") -> bytes:
    header = HEADER.format(access=access)
    return bytes.fromhex(header + RECORDS.format(energy=energy, flow=flow) + tail)


def learned(octets: bytes) -> layout.Layout:
    found = compile_layout(octets)
    assert found is not None
    return found


def test_other_data_are_decoded_by_the_same_layout() -> None:
    telegram = learned(payload()).decode(payload(access="02", energy="0B", flow="65"))
    assert telegram is not None
    assert telegram.header.access == 2
    assert [row.value for row in telegram.records] == [Decimal(11_000), "AB", Decimal("10.1")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("72", "76"),
        ("0406", "0407"),
        ("0406", "4406"),
        ("0D", "0C"),
        ("02424", "01424"),
        ("2F", "0F"),
        ("025A", "025B"),
    ],
)
def test_layout_does_not_fit_when_a_byte_that_is_not_data_differs(old: str, new: str) -> None:
    changed = bytes.fromhex(payload().hex().upper().replace(old, new, 1))
    assert learned(payload()).decode(changed) is None


def test_layout_does_not_fit_another_length() -> None:
    known = learned(payload())
    assert known.decode(payload()[:-1]) is None
    assert known.decode(payload() + b"\x2f") is None


@pytest.mark.parametrize("tail", ["0F", "0F 01 02", "1F", "1F 01"])
def test_manufacturer_data_may_change_in_length(tail: str) -> None:
    known = learned(payload(tail=tail))
    longer = payload(tail=tail + "55 66")
    assert known.decode(longer) == records.decode(longer)
    assert known.decode(payload()) is None


@pytest.mark.parametrize("octets", ["73" + "00" * 16, "71 04"])
def test_what_has_no_layout_of_its_own_is_not_learned(octets: str) -> None:
    assert compile_layout(bytes.fromhex(octets)) is None


def test_layout_of_a_malformed_payload_is_refused() -> None:
    with pytest.raises(DecodeError):
        compile_layout(payload()[:-1])


def test_learning_decoder_decodes_what_it_knows_and_what_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = LearningDecoder()
    first = decoder.decode(payload())
    assert first == records.decode(payload())
    monkeypatch.setattr(layout.records, "split", None)
    assert decoder.decode(payload(flow="65")).records[0] == first.records[0]


def test_layouts_of_the_process_give_the_same_result() -> None:
    for octets in (payload(), payload(flow="65")):
        assert layout.decode(octets) == records.decode(octets)


def test_learning_decoder_learns_a_changed_telegram_anew() -> None:
    decoder = LearningDecoder()
    changed = bytes.fromhex(payload().hex().upper().replace("0406", "0407", 1))
    assert decoder.decode(payload()).records[0].value == Decimal(10_000)
    assert decoder.decode(changed).records[0].value == Decimal(100_000)
    assert decoder.decode(payload()).records[0].value == Decimal(10_000)


def test_learning_decoder_forgets_the_oldest() -> None:
    decoder = LearningDecoder(most=2)
    meters = [payload().replace(b"\x78\x56", bytes((number, 0))) for number in (1, 2, 3, 1)]
    for octets in meters:
        assert decoder.decode(octets) == records.decode(octets)


def test_learning_decoder_raises_what_the_full_decoder_raises() -> None:
    with pytest.raises(MeterBusy):
        LearningDecoder().decode(b"\x70\x08")

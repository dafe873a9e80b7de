"""Serial numbers and versions in registers, by hand."""

from __future__ import annotations

import pytest

from metering.errors import DecodeError
from protocols.modbus.texts import decode_text, encode_text
from protocols.modbus.values import ByteLayout, Order

HIGH_FIRST, LOW_FIRST = ByteLayout(), ByteLayout(word_order=Order.LOW_FIRST)
TEXTS = {
    "tv7.md section 5, serial": ("u32", LOW_FIRST, "e2 40 00 01", "123456"),
    "tv7.md section 5, firmware": ("version", HIGH_FIRST, "02 02", "2.2"),
    "elf-04.md section 2, digits as numbers": ("digits", HIGH_FIRST, "00 00 00 01 02 03 04 05", "00012345"),
    "karat-307.md section 2, eight characters": ("ascii", HIGH_FIRST, "30 30 31 32 33 34 35 36", "00123456"),
    "packed digits": ("bcd", HIGH_FIRST, "00 12 34 56", "00123456"),
}


@pytest.mark.parametrize(("kind", "layout", "written", "text"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_read_and_written(kind: str, layout: ByteLayout, written: str, text: str) -> None:
    data = bytes.fromhex(written)
    assert decode_text(kind, data, layout) == text
    assert encode_text(kind, text, len(data), layout) == data


def test_digits_may_come_as_characters() -> None:
    """elf-04.md section 2: the coding is not confirmed."""
    assert decode_text("digits", b"00012345", HIGH_FIRST) == "00012345"


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"12\x0734"])
def test_what_nobody_can_read_is_no_serial_number(data: bytes) -> None:
    with pytest.raises(DecodeError, match="is no text"):
        decode_text("ascii", data, HIGH_FIRST)

"""How serial numbers and versions are written into registers. Both directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from metering.errors import DecodeError
from protocols.modbus.values import ByteLayout, decode, encode

LAST_MONTH: Final = 0x0F
LAST_NUMBER: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class TextType:
    """`encode` takes the text and the size in bytes."""

    decode: Callable[[bytes], str]
    encode: Callable[[str, int], bytes]


def decode_text(type_name: str, data: bytes, layout: ByteLayout) -> str:
    """The text in these bytes, written as a text type or as a number."""
    if type_name not in TEXTS:
        number = decode(type_name, data, layout)
        return "" if number is None else f"{number:f}"
    text = TEXTS[type_name].decode(layout.arrange(data))
    if not text.isascii() or not text.isprintable():
        raise DecodeError(f"{data.hex(' ')} is no text written as {type_name}; check the model.")
    return text


def encode_text(type_name: str, text: str, size: int, layout: ByteLayout) -> bytes:
    """The bytes of a text; digits are filled with zeros on the left."""
    if type_name not in TEXTS:
        return encode(type_name, Decimal(text), layout)
    return layout.arrange(TEXTS[type_name].encode(text, size))


def _ascii(data: bytes) -> str:
    return data.rstrip(b"\x00 ").decode("latin-1")


def _to_ascii(text: str, size: int) -> bytes:
    return text.encode("ascii").ljust(size, b"\x00")


def _to_bcd(text: str, size: int) -> bytes:
    return bytes.fromhex(text.rjust(2 * size, "0"))


def _digits(data: bytes) -> str:
    return "".join(chr(byte | 0x30) if byte <= 9 else chr(byte) for byte in data)


def _to_digits(text: str, size: int) -> bytes:
    return bytes(int(digit) for digit in text.rjust(size, "0"))


def _version(data: bytes) -> str:
    return ".".join(str(byte) for byte in data)


def _to_version(text: str, size: int) -> bytes:
    return bytes(int(part) for part in text.split("."))[:size]


def _batch(data: bytes) -> str:
    """The day of production is left out: years 9-15, months 5-8 of its bits."""
    number, date = int.from_bytes(data[2:4], "big"), int.from_bytes(data[6:8], "big")
    return f"{date >> 9:02}{date >> 5 & 0x0F:02}{number:03}"


def _to_batch(text: str, size: int) -> bytes:
    year, month, number = int(text[:2]), int(text[2:4]), int(text[4:])
    if month > LAST_MONTH or number > LAST_NUMBER:
        raise DecodeError(f"{text!r} is no year, month and number in its batch.")
    return number.to_bytes(4, "big") + (year << 9 | month << 5).to_bytes(4, "big")


TEXTS: Final[Mapping[str, TextType]] = {
    "ascii": TextType(_ascii, _to_ascii),
    "bcd": TextType(bytes.hex, _to_bcd),
    "digits": TextType(_digits, _to_digits),
    "version": TextType(_version, _to_version),
    "batch": TextType(_batch, _to_batch),
}
"""`digits` are one byte each, as number or as character; `version` 2.5 is the bytes 2 and 5; `batch` is the
number of a meter in the batch of a year and month, in words 2 and 4.
"""

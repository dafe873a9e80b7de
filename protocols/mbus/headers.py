"""The header before the records: long, short or none (m-bus.md section 5), in both directions."""

from __future__ import annotations

from typing import Final, Literal

from protocols.mbus.telegram import NO_HEADER, Header

LONG_SIZE: Final = 12
SHORT_SIZE: Final = 4
_LETTER_BITS: Final = 5
_BEFORE_A: Final = 64


def manufacturer_letters(code: int) -> str:
    """Three letters of five bits each; bit 15 does not belong to them."""
    return "".join(chr(_BEFORE_A + (code >> shift & 0x1F)) for shift in (2 * _LETTER_BITS, _LETTER_BITS, 0))


def manufacturer_code(letters: str) -> int:
    """The reverse of `manufacturer_letters`."""
    first, second, third = (ord(letter) - _BEFORE_A for letter in letters)
    return (first << _LETTER_BITS | second) << _LETTER_BITS | third


def parse(octets: bytes, order: Literal["little", "big"] = "little") -> Header:
    """A header by its size: 12 bytes are long, 4 are short, 0 are none; `order` is that of its numbers."""
    if len(octets) == LONG_SIZE:
        return _long(octets, order)
    if len(octets) == SHORT_SIZE:
        return Header(access=octets[0], status=octets[1], signature=int.from_bytes(octets[2:], order))
    return NO_HEADER


def encode(header: Header) -> bytes:
    """The long header of a CI 72."""
    return b"".join(
        (
            bytes.fromhex(header.identification)[::-1],
            manufacturer_code(header.manufacturer).to_bytes(2, "little"),
            bytes((header.version, header.medium, header.access, header.status)),
            header.signature.to_bytes(2, "little"),
        )
    )


def _long(octets: bytes, order: Literal["little", "big"]) -> Header:
    return Header(
        identification=f"{int.from_bytes(octets[:4], order):08X}",
        manufacturer=manufacturer_letters(int.from_bytes(octets[4:6], order)),
        version=octets[6],
        medium=octets[7],
        access=octets[8],
        status=octets[9],
        signature=int.from_bytes(octets[10:12], order),
    )

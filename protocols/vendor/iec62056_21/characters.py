"""Characters of seven bits and even parity on a line of eight bits (iec62056-21-heat.md 1).

Our links have eight data bits. The parity bit is made here, so that any 8N1 gateway will do; behind a line
that is set to 7E1 the bit is lost on both ways, and bytes come without it.
"""

from __future__ import annotations

from typing import Final

SOH: Final = 0x01
STX: Final = 0x02
ETX: Final = 0x03
ACK: Final = 0x06
END_OF_LINE: Final = b"\r\n"

SEVEN_BITS: Final = bytes(octet & 0x7F for octet in range(256))
_EVEN: Final = bytes(octet | (octet.bit_count() & 1) << 7 for octet in range(128)) * 2


def with_parity(text: bytes) -> bytes:
    """These characters as they travel."""
    return text.translate(_EVEN)


def without_parity(octets: bytes) -> bytes:
    """The characters; whether their parity is right, `is_even` tells."""
    return octets.translate(SEVEN_BITS)


def carries_parity(octets: bytes) -> bool:
    """Whether any of these bytes has a parity bit."""
    return octets != without_parity(octets)


def is_even(octets: bytes) -> bool:
    """Whether the parity of all is right, or was taken away from all."""
    return not carries_parity(octets) or with_parity(octets) == octets

"""Numbers as meters send them, exactly: floats as the shortest decimals that are rounded to them, BCD digits.

Sources: IEEE 754. Bytes come most significant first; turn them round where a maker sends them otherwise.
"""

from __future__ import annotations

import math
import struct
from decimal import Decimal


def float32(octets: bytes) -> Decimal | None:
    """Four bytes, high first; None for NaN and infinity.

    Six digits always survive the way through a float32 and nine always suffice, subnormal numbers apart.
    """
    (number,) = struct.unpack(">f", octets)
    if not math.isfinite(number):
        return None
    shorter = (f"{number:.{digits}g}" for digits in (6, 7, 8))
    return Decimal(next((text for text in shorter if _packed(float(text)) == octets), f"{number:.9g}"))


def float64(octets: bytes) -> Decimal | None:
    """Eight bytes, high first; None for NaN and infinity."""
    (number,) = struct.unpack(">d", octets)
    return Decimal(repr(number)) if math.isfinite(number) else None


def to_float32(value: Decimal) -> bytes:
    """Four bytes, high first; the nearest float."""
    return struct.pack(">f", value)


def to_float64(value: Decimal) -> bytes:
    """Eight bytes, high first; the nearest float."""
    return struct.pack(">d", value)


def bcd(octets: bytes) -> int | None:
    """Two decimal digits a byte, high first; None where a digit is above 9."""
    digits = octets.hex()
    return int(digits) if digits.isdecimal() else None


def to_bcd(number: int, size: int) -> bytes:
    """`size` bytes of two decimal digits each, high first; ValueError when it is longer."""
    digits = str(number).zfill(2 * size)
    if number < 0 or len(digits) > 2 * size:
        raise ValueError(f"{number} does not fit into {size} bytes of BCD")
    return bytes.fromhex(digits)


def _packed(number: float) -> bytes:
    try:
        return struct.pack(">f", number)
    except OverflowError:
        return b""

"""How SA-94 writes numbers, times and dates (sa-94.md section 3)."""

from __future__ import annotations

import struct
from datetime import datetime
from decimal import Decimal
from typing import Final

ERASED: Final = b"\xff" * 4


def number(value: Decimal) -> bytes:
    """The nearest number of 24 bits: exponent plus two, sign and mantissa."""
    (bits,) = struct.unpack(">I", struct.pack(">f", float(value)))
    exponent = bits >> 23 & 0xFF
    if not exponent:
        return bytes(4)
    return bytes((exponent + 2, bits >> 24 & 0x80 | bits >> 16 & 0x7F, bits >> 8 & 0xFF, bits & 0xFF))


def day(moment: datetime) -> bytes:
    """EE, day, month, year in BCD."""
    return bytes.fromhex(f"ee{moment:%d%m%y}")


def time(moment: datetime) -> bytes:
    """A byte that means nothing, hours, minutes, seconds in BCD."""
    return bytes.fromhex(f"00{moment:%H%M%S}")

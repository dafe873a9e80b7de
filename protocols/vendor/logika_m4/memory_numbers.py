"""Numbers in the memory of the older devices (logika-m4.md section 8).

A float has three bytes of mantissa, low first, the sign in the third one's top bit, then the exponent. A
total is a whole number of four bytes and such a float; what the current hour adds to it stands elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from protocols.fields import float32
from protocols.modbus.moments import meter_time

FLOAT_SIZE: Final = 4
TOTAL_SIZE: Final = 8
CLOCK_SIZE: Final = 6
_CENTURY: Final = 2000
_SIGN: Final = 1 << 23


def meter_float(octets: bytes) -> Decimal | None:
    """Four bytes as in the memory; None for an exponent that no number has."""
    stored = int.from_bytes(octets, "little")
    sign, exponent, mantissa = stored & _SIGN, stored >> 24, stored & (_SIGN - 1)
    return float32((sign << 8 | exponent << 23 | mantissa).to_bytes(FLOAT_SIZE, "big"))


def meter_total(octets: bytes) -> Decimal | None:
    """Eight bytes as in the memory."""
    fraction = meter_float(octets[FLOAT_SIZE:])
    return None if fraction is None else int.from_bytes(octets[:FLOAT_SIZE], "little") + fraction


def meter_clock(octets: bytes) -> datetime:
    """Year, month, day, hour, minute, second; DecodeError when no calendar has it."""
    year, *rest = octets[:CLOCK_SIZE]
    return meter_time(_CENTURY + year, *rest)

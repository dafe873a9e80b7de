"""Number types of M-Bus: A, B, C, D and H (m-bus.md section 8); bytes come least significant first.

All numbers are exact: whole ones as they are, a float32 as the shortest decimal that is rounded to it.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from metering.readings import Absence
from protocols.fields import float32

Raw = int | Absence
"""A number before its scale, or why there is none."""

EXACT: Final = Context(prec=500)
"""Wide enough for the longest number on the wire, 16 bytes, with every multiplier."""


def unsigned(data: bytes) -> Raw:
    """Type C; all ones is no value."""
    raw = int.from_bytes(data, "little")
    return Absence.INVALID_MARK if raw == (1 << 8 * len(data)) - 1 else raw


def signed(data: bytes) -> Raw:
    """Type B; the smallest number is no value."""
    raw = int.from_bytes(data, "little", signed=True)
    return Absence.INVALID_MARK if raw == -(1 << 8 * len(data) - 1) else raw


def flags(data: bytes) -> Raw:
    """Type D: every pattern of bits means something."""
    return int.from_bytes(data, "little")


def bcd(data: bytes) -> Raw:
    """Type A; an F in front is a minus sign, every other digit above 9 makes it no number."""
    digits = data[::-1].hex()
    if digits.isdecimal():
        return int(digits)
    if digits[0] == "f" and digits[1:].isdecimal():
        return -int(digits[1:])
    return Absence.NOT_BCD


def error_state_bcd(data: bytes) -> Raw:
    """Type A in a record of the error state, where all nines are a full display and not a number."""
    return Absence.INVALID_MARK if data == b"\x99" * len(data) else bcd(data)


def negative_bcd(data: bytes) -> Raw:
    """Type A whose minus sign stands outside, in its LVAR."""
    raw = bcd(data)
    return raw if isinstance(raw, Absence) else -raw


def real(data: bytes) -> Decimal | None:
    """Type H; None for NaN and infinity."""
    return float32(data[::-1])

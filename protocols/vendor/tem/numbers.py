"""Numbers in the memories of the meters: F, L, I and C of the maker's descriptions, in either byte order.

Source: tem-104.md section 2: big-endian, but little-endian inside the memory of the M models.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Final

from protocols.fields import float32


class Order(Enum):
    """Which byte of a number comes first."""

    BIG = "big"
    LITTLE = "little"


class Number(Enum):
    """A type of number; its value is the maker's letter."""

    FLOAT = "F"
    LONG = "L"
    WORD = "I"
    SIGNED = "signed I"
    BYTE = "C"

    @property
    def size(self) -> int:
        """Bytes."""
        return _SIZES[self]


_SIZES: Final = {Number.FLOAT: 4, Number.LONG: 4, Number.WORD: 2, Number.SIGNED: 2, Number.BYTE: 1}


def number_at(number: Number, data: bytes, at: int, order: Order) -> Decimal | None:
    """The number at this place; None for a float that is none."""
    octets = data[at : at + number.size]
    high_first = octets if order is Order.BIG else octets[::-1]
    if number is Number.FLOAT:
        return float32(high_first)
    return Decimal(int.from_bytes(high_first, "big", signed=number is Number.SIGNED))


def whole_at(number: Number, data: bytes, at: int, order: Order) -> int:
    """The integer at this place."""
    octets = data[at : at + number.size]
    return int.from_bytes(octets, "big" if order is Order.BIG else "little")

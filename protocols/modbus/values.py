"""How numbers lie in registers: types, word order, byte order. Both directions.

Sources: IEEE 754 for floats; each profile's manual for the orders. A float becomes the shortest decimal that
the meter would round to the same bits, so 0.45 stays 0.45.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final

from protocols.fields import float32, float64, to_float32, to_float64


class Order(StrEnum):
    """Which part of a number comes first."""

    HIGH_FIRST = "high_first"
    LOW_FIRST = "low_first"


@dataclass(frozen=True, slots=True)
class ByteLayout:
    """Order of the registers of a number, and of the two bytes of a register; Modbus itself is high first."""

    word_order: Order = Order.HIGH_FIRST
    byte_order: Order = Order.HIGH_FIRST

    def arrange(self, data: bytes) -> bytes:
        """From the meter's order to high first and back: the same exchange both ways."""
        registers = [data[at : at + 2] for at in range(0, len(data), 2)]
        if self.word_order is Order.LOW_FIRST:
            registers.reverse()
        if self.byte_order is Order.LOW_FIRST:
            registers = [register[::-1] for register in registers]
        return b"".join(registers)


@dataclass(frozen=True, slots=True)
class NumberType:
    """`decode` takes `size` bytes, high first, and gives None for what is no number."""

    size: int
    decode: Callable[[bytes], Decimal | None]
    encode: Callable[[Decimal], bytes]


def decode(type_name: str, data: bytes, layout: ByteLayout) -> Decimal | None:
    """The number in these bytes; None when the meter sent its "not a number".

    A type like `u32+f32` is a whole part and a fraction side by side, each in the layout's order.
    """
    total, at = Decimal(0), 0
    for part in _parts(type_name):
        value = part.decode(layout.arrange(data[at : at + part.size]))
        if value is None:
            return None
        total, at = total + value, at + part.size
    return total


def encode(type_name: str, value: Decimal, layout: ByteLayout) -> bytes:
    """The bytes of a number, rounded half to even to what the type can hold."""
    parts = _parts(type_name)
    if len(parts) == 1:
        return layout.arrange(parts[0].encode(value))
    whole = Decimal(math.floor(value))
    return layout.arrange(parts[0].encode(whole)) + layout.arrange(parts[1].encode(value - whole))


def absent_marks(type_name: str) -> list[bytes]:
    """For every part of a type what says "not a number", high first; zeros where nothing does."""
    return [NOT_A_NUMBER.get(name, bytes(TYPES[name].size)) for name in type_name.split("+")]


def size_of(type_name: str) -> int:
    """Bytes of a type; KeyError when there is no such type."""
    return sum(TYPES[name].size for name in type_name.split("+"))


def _parts(type_name: str) -> list[NumberType]:
    return [TYPES[name] for name in type_name.split("+")]


def _integer(size: int, signed: bool) -> NumberType:
    def decode_integer(data: bytes) -> Decimal:
        return Decimal(int.from_bytes(data, "big", signed=signed))

    def encode_integer(value: Decimal) -> bytes:
        whole = int(value.to_integral_value(ROUND_HALF_EVEN))
        return whole.to_bytes(size, "big", signed=signed)

    return NumberType(size, decode_integer, encode_integer)


TYPES: Final[Mapping[str, NumberType]] = {
    "u16": _integer(2, signed=False),
    "s16": _integer(2, signed=True),
    "u32": _integer(4, signed=False),
    "s32": _integer(4, signed=True),
    "f32": NumberType(4, float32, to_float32),
    "f64": NumberType(8, float64, to_float64),
    "u8": _integer(1, signed=False),
    "s8": _integer(1, signed=True),
}

NOT_A_NUMBER: Final[Mapping[str, bytes]] = {
    "f32": bytes.fromhex("7fc00000"),
    "f64": bytes.fromhex("7ff8000000000000"),
}

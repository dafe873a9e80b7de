"""Single entries of a profile: numbers within bounds, addresses, factors, tables of words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from metering.errors import ProfileError
from protocols.declaration import Declaration
from protocols.modbus.messages import READ_HOLDING, READ_INPUT
from protocols.modbus.values import TYPES, ByteLayout, Order


def named(parent: Declaration, key: str) -> Iterator[tuple[str, Declaration]]:
    for name, table in parent.take_or(key, dict[str, Any]()).items():
        place = f"{parent.place}, [{key}.{name}]"
        if not isinstance(table, dict):
            raise ProfileError(f"{place} must be a table.")
        yield name, Declaration(table, place)


def words(table: Declaration, key: str) -> dict[str, str]:
    found = table.take_or(key, dict[str, Any]())
    if not all(isinstance(word, str) for word in found.values()):
        raise ProfileError(f"{table.place}: every word of {key} must be a text.")
    return found


def within(table: Declaration, key: str, smallest: int, largest: int, default: int | None = None) -> int:
    number = table.take(key, int) if default is None else table.take_or(key, default)
    if not smallest <= number <= largest:
        raise ProfileError(f"{table.place}: {key} = {number} must lie between {smallest} and {largest}.")
    return number


def address(table: Declaration, key: str = "at") -> int:
    return within(table, key, 0, 0xFFFF)


def function(table: Declaration) -> int:
    return within(table, "function", READ_HOLDING, READ_INPUT)


def byte_layout(table: Declaration, default: ByteLayout) -> ByteLayout:
    return ByteLayout(
        table.word("word_order", Order, default.word_order),
        table.word("byte_order", Order, default.byte_order),
    )


def number_type(table: Declaration, kind: str) -> str:
    if not all(part in TYPES for part in kind.split("+")):
        raise ProfileError(f"{table.place}: unknown type {kind!r}; known are {', '.join(TYPES)}.")
    return kind


def factor(table: Declaration, key: str, written: str) -> Decimal:
    try:
        number = Decimal(written)
    except InvalidOperation as error:
        raise ProfileError(f"{table.place}: {key} = {written!r} is not a number.") from error
    if not number.is_finite() or number <= 0:
        raise ProfileError(f"{table.place}: {key} = {written!r} must be a number above 0.")
    return number


def scale(table: Declaration) -> Decimal:
    return factor(table, "scale", table.take_or("scale", "1"))

"""Archives that keep levels as 32-bit floats: what a device stores, and what a reader can make of it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from metering.calendar import MeterSlot
from metering.quantities import QUANTITIES, Behaviour, Quantity
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, Sent, numbers_over, truths_of
from simulators.truth import Truth, Truths

LEVELS_OF_AN_AMOUNT: Final = 2


def numbers_closing(memory: MeterMemory, slot: MeterSlot) -> Numbers:
    """Registers as they stand at the end of a slot, means over it of what is measured."""

    def number(quantity: Quantity, circuit: int) -> Decimal:
        if quantity.behaviour is Behaviour.REGISTER:
            return memory.level(quantity.name, circuit, slot.end)
        return memory.mean(quantity.name, circuit, slot)

    return number


def truths_between(rows: Iterable[Sent], memory: MeterMemory, slot: MeterSlot) -> Truths:
    """What a slot's record says by itself and by the one before: an amount is as inexact as two levels."""
    sent = tuple(rows)
    levels = truths_of(sent, numbers_closing(memory, slot), steps=LEVELS_OF_AN_AMOUNT)
    gained = truths_of(sent, numbers_over(memory, slot))
    return {key: Truth(truth.value, levels[key].tolerance) for key, truth in gained.items()}


def instants(rows: Iterable[Sent]) -> tuple[Sent, ...]:
    """What is measured, without the registers."""
    return tuple(row for row in rows if not is_register(row))


def registers(rows: Iterable[Sent]) -> tuple[Sent, ...]:
    """What is counted."""
    return tuple(row for row in rows if is_register(row))


def is_register(row: Sent) -> bool:
    return QUANTITIES[row.quantity].behaviour is Behaviour.REGISTER

"""What a simulated meter's memory says, quantity by quantity: devices encode it, truths hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from metering.calendar import MeterSlot
from metering.errors import NotSupported
from metering.quantities import QUANTITIES, Behaviour, Quantity
from metering.units import convert
from simulators.memory import MeterMemory
from simulators.truth import Truth, Truths

Numbers = Callable[[Quantity, int], Decimal]
"""The canonical value of a quantity of a circuit; NotSupported when no plant has it."""

FLOAT_STEP: Final = Decimal(2) ** -23
"""How far a 32-bit float may lie beside its number, as a share of it."""

ROUNDING: Final = Decimal("1E-11")
"""What converting to the wire's unit and back may lose, each rounded to 12 places."""


class Sent(NamedTuple):
    """A number as a meter sends it: in `unit`, rounded to `step`; step None: a 32-bit float."""

    quantity: str
    unit: str
    step: Decimal | None = None
    circuit: int = 1


def numbers_at(memory: MeterMemory, at: datetime) -> Numbers:
    """Registers as they stand, and what is measured, at a moment."""

    def number(quantity: Quantity, circuit: int) -> Decimal:
        register = quantity.behaviour is Behaviour.REGISTER
        return (memory.level if register else memory.instant)(quantity.name, circuit, at)

    return number


def numbers_over(memory: MeterMemory, slot: MeterSlot) -> Numbers:
    """What registers gained over a slot, and means of what is measured."""

    def number(quantity: Quantity, circuit: int) -> Decimal:
        register = quantity.behaviour is Behaviour.REGISTER
        return (memory.amount if register else memory.mean)(quantity.name, circuit, slot)

    return number


def on_wire(sent: Sent, numbers: Numbers) -> Decimal:
    """The number in the unit of the wire, not yet rounded."""
    quantity = QUANTITIES[sent.quantity]
    return numbers(quantity, sent.circuit) / convert(Decimal(1), sent.unit, quantity).factor


def truths_of(rows: Iterable[Sent], numbers: Numbers, steps: int = 1) -> Truths:
    """What a reader must understand; `steps`: of how many rounded numbers each value is made.

    What no plant measures is left out.
    """
    found: dict[tuple[str, int], Truth] = {}
    for sent in rows:
        quantity = QUANTITIES[sent.quantity]
        try:
            value = numbers(quantity, sent.circuit)
        except NotSupported:
            continue
        factor = convert(Decimal(1), sent.unit, quantity).factor
        step = abs(value) * FLOAT_STEP if sent.step is None else sent.step * factor
        found[sent.quantity, sent.circuit] = Truth(value, step * steps + ROUNDING)
    return found

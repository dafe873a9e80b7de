"""Numbers in the memory of a simulated TEM meter: where each lies, in which form, and its truth."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from metering.errors import NotSupported
from metering.quantities import QUANTITIES, Behaviour
from simulators.numbers import FLOAT_STEP, Numbers, Sent, on_wire

WHOLE, WORD, BYTE, FLOAT = "I", "h", "B", "f"
"""Forms of numbers: L, I, C and F of the maker's descriptions."""

BIG, LITTLE = ">", "<"


class Cell(NamedTuple):
    """One number. `fraction`: where the float lies that is added to it; `times`: a scale of the meter."""

    at: int
    form: str
    sent: Sent
    fraction: int | None = None
    times: int = 1


def total(at: int, fraction: int, quantity: str, unit: str, circuit: int = 1, times: int = 1) -> Cell:
    """A register as a whole number and a float beside it."""
    return Cell(at, WHOLE, Sent(quantity, unit, FLOAT_STEP, circuit), fraction, times)


def seconds(at: int, quantity: str, circuit: int = 1) -> Cell:
    """A time in whole seconds."""
    return Cell(at, WHOLE, Sent(quantity, "s", Decimal(1), circuit))


def measured(at: int, quantity: str, unit: str, circuit: int = 1) -> Cell:
    """A float."""
    return Cell(at, FLOAT, Sent(quantity, unit, None, circuit))


HUNDREDTH: Final = Decimal("0.01")


def temperature(at: int, place: str, circuit: int = 1) -> Cell:
    """Hundredths of a degree in two bytes."""
    return Cell(at, WORD, Sent(f"temperature_{place}", "°C", HUNDREDTH, circuit))


def pressure(at: int, place: str, circuit: int = 1, step: Decimal = HUNDREDTH) -> Cell:
    """Hundredths of a MPa, or tenths, in one byte."""
    return Cell(at, BYTE, Sent(f"pressure_{place}", "MPa", step, circuit))


def is_register(cell: Cell) -> bool:
    return QUANTITIES[cell.sent.quantity].behaviour is Behaviour.REGISTER


def of_circuits(cells: Iterable[Cell], circuits: int) -> tuple[Cell, ...]:
    """The cells of the circuits that the meter has."""
    return tuple(cell for cell in cells if cell.sent.circuit <= circuits)


def fill(image: bytearray, cells: Iterable[Cell], numbers: Numbers, order: str) -> None:
    """Writes every number that the plant has."""
    for cell in cells:
        try:
            number = on_wire(cell.sent, numbers) * cell.times
        except NotSupported:
            continue
        whole = number if cell.form == FLOAT else _steps(cell, number)
        struct.pack_into(order + cell.form, image, cell.at, whole)
        if cell.fraction is not None:
            struct.pack_into(order + FLOAT, image, cell.fraction, number - Decimal(math.floor(number)))


def _steps(cell: Cell, number: Decimal) -> int:
    if cell.fraction is not None or cell.sent.step is None:
        return math.floor(number)
    return int((number / cell.sent.step).to_integral_value(ROUND_HALF_EVEN))

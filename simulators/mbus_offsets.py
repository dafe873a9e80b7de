"""Telegrams of a simulated meter whose data are fields at fixed places (skm-2.md section 3, SKM-2M).

Offsets count from the first byte of the frame; numbers come least significant byte first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from metering.quantities import QUANTITIES, Behaviour
from simulators.memory import MeterMemory
from simulators.numbers import FLOAT_STEP, ROUNDING
from simulators.truth import Truth

DATA_START: Final = 19
_CLOCK_AT: Final = 19
_FIRST: Final = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A number of `size` bytes in whole steps of the canonical unit; without a step, a 32-bit float."""

    at: int
    quantity: str
    size: int = 4
    step: Fraction | None = None
    circuit: int = 1


def placed_data(
    entries: Iterable[Placed], number: int, size: int, memory: MeterMemory, at: datetime
) -> bytes:
    """The data of telegram `number`, from 0; the first one begins with the clock."""
    data = bytearray(size)
    if number == _FIRST:
        clock = at.strftime("%S%M%H%d%m%y")
        data[_CLOCK_AT - DATA_START : _CLOCK_AT - DATA_START + len(clock) // 2] = bytes.fromhex(clock)
    for entry in entries:
        start = entry.at - DATA_START
        data[start : start + entry.size] = _octets(entry, _exact(entry, memory, at))
    return bytes(data)


def placed_truth(entry: Placed, memory: MeterMemory, at: datetime) -> Truth:
    """What a reader must understand of this number."""
    exact = _exact(entry, memory, at)
    if entry.step is None:
        return Truth(exact, abs(exact) * FLOAT_STEP + ROUNDING)
    return Truth(exact, Decimal(entry.step.numerator) / Decimal(entry.step.denominator))


def _octets(entry: Placed, exact: Decimal) -> bytes:
    if entry.step is None:
        return struct.pack("<f", float(exact))
    steps = Fraction(exact) / entry.step
    whole = steps.__floor__() if _is_register(entry) else round(steps)
    return whole.to_bytes(entry.size, "little")


def _exact(entry: Placed, memory: MeterMemory, at: datetime) -> Decimal:
    if _is_register(entry):
        return memory.level(entry.quantity, entry.circuit, at)
    return memory.instant(entry.quantity, entry.circuit, at)


def _is_register(entry: Placed) -> bool:
    return QUANTITIES[entry.quantity].behaviour is Behaviour.REGISTER

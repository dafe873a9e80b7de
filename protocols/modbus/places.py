"""Single places of a register map: a number, a text, the clock, a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from metering.quantities import Quantity
from protocols.modbus.moments import MomentLayout
from protocols.modbus.values import ByteLayout, size_of

LARGEST_BLOCK: Final = 125
"""Registers in one reply, by the standard."""


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit that the meter's own setting decides: the setting's words, each with its unit."""

    setting: str
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScaleChoice:
    """A scale that the meter's own setting decides: the setting's words, each with its factor."""

    setting: str
    scales: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Value:
    """One number. `at` is a register's address, or in a record the byte from its start.

    It is multiplied by `scale`, and by what `scale_by` says of the meter's settings. `step` is the distance
    to the same number of the next circuit, 0 when only circuit 1 has it; `minus` is where a number lies that
    is subtracted. The raw number is absent when it is one of `absent`. `amount`: it begins anew with every
    record, also where the record's other numbers are running totals.
    """

    quantity: Quantity
    at: int
    type: str
    unit: str | UnitChoice
    layout: ByteLayout
    scale: Decimal = Decimal(1)
    step: int = 0
    minus: int | None = None
    absent: frozenset[int] = frozenset()
    scale_by: ScaleChoice | None = None
    amount: bool = False

    @property
    def size(self) -> int:
        """Bytes of the number."""
        return size_of(self.type)

    def places(self, circuit: int) -> tuple[int, ...]:
        """Where the number of this circuit lies, and then what is subtracted from it."""
        shift = self.step * (circuit - 1)
        return (self.at + shift,) if self.minus is None else (self.at + shift, self.minus + shift)


@dataclass(frozen=True, slots=True)
class Text:
    """A serial number or a version in registers; `size` in bytes, after `skip` bytes of the answer.

    `count`: so many registers are asked for, where it is not what the size needs.
    """

    function: int
    at: int
    type: str
    size: int
    layout: ByteLayout
    skip: int = 0
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Registers of the meter's own clock; `count` as in Text. `sets`: writing them sets the clock."""

    function: int
    at: int
    layout: MomentLayout
    count: int | None = None
    sets: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """Some bits of one register, as a word of `words` or, where there are none, as a number."""

    name: str
    function: int
    at: int
    first_bit: int
    bits: int
    words: Mapping[str, str]

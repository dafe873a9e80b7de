"""What the numbers of a profile may refer to by name: units, scales and meanings of status words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from metering.conditions import Condition
from metering.errors import DecodeError, ProfileError
from protocols.declaration import Declaration
from protocols.modbus import entries
from protocols.modbus.places import ScaleChoice, UnitChoice
from protocols.modbus.states import Meanings
from protocols.modbus.values import ByteLayout, Order


class Known(NamedTuple):
    """What every number of a profile may refer to. `pair`: the layout of a whole part with its fraction."""

    layout: ByteLayout
    pair: ByteLayout
    units: Mapping[str, UnitChoice | str]
    scales: Mapping[str, ScaleChoice | Decimal]
    meanings: Mapping[str, Meanings]


def references(root: Declaration, registers: Declaration) -> Known:
    layout = entries.byte_layout(registers, ByteLayout())
    pair = ByteLayout(registers.word("pair_word_order", Order, layout.word_order), layout.byte_order)
    return Known(layout, pair, _unit_choices(root), _scale_choices(root), _meanings(root))


def _unit_choices(root: Declaration) -> dict[str, UnitChoice | str]:
    """A unit that a setting decides, or one that stands once for many numbers."""
    choices: dict[str, UnitChoice | str] = {}
    for name, table in entries.named(root, "unit_by"):
        fixed = "unit" in table
        choices[name] = table.take("unit", str) if fixed else _unit_choice(table)
        table.finish()
    return choices


def _unit_choice(table: Declaration) -> UnitChoice:
    return UnitChoice(table.take("setting", str), entries.words(table, "units"))


def _scale_choices(root: Declaration) -> dict[str, ScaleChoice | Decimal]:
    choices: dict[str, ScaleChoice | Decimal] = {}
    for name, table in entries.named(root, "scale_by"):
        fixed = "scale" in table
        choices[name] = entries.scale(table) if fixed else _scale_choice(table)
        table.finish()
    return choices


def _scale_choice(table: Declaration) -> ScaleChoice:
    words = entries.words(table, "scales")
    return ScaleChoice(
        table.take("setting", str),
        {word: entries.factor(table, f"scales.{word}", written) for word, written in words.items()},
    )


def _meanings(root: Declaration) -> dict[str, Meanings]:
    found = {}
    for name, table in entries.named(root, "conditions"):
        what = table.take_or("what", name)
        bits = _reported(table, "bits", what) if "bits" in table else None
        codes = _reported(table, "codes", what)
        nonzero = _condition(table, table.take("nonzero", str)) if "nonzero" in table else None
        found[name] = Meanings(what, bits, codes, nonzero)
        table.finish()
    return found


def _reported(table: Declaration, key: str, what: str) -> dict[int, Condition | None]:
    """Numbers of bits, or codes, with their conditions; an empty text reports nothing."""
    reported = {}
    for number, text in entries.words(table, key).items():
        if not number.isdecimal():
            raise ProfileError(f"{table.place}: {number!r} is no number of {what}.")
        reported[int(number)] = _condition(table, text) if text else None
    return reported


def _condition(table: Declaration, text: str) -> Condition:
    try:
        return Condition.parse(text)
    except DecodeError as error:
        raise ProfileError(f"{table.place}: {error}") from error

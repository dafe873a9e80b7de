"""Reads what a profile says of its numbers: in registers, in records, in the meter's own list."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from metering.errors import ProfileError
from metering.quantities import QUANTITIES
from protocols.declaration import Declaration
from protocols.modbus import entries
from protocols.modbus.archive_map import (
    ParameterList,
    RecordLayout,
)
from protocols.modbus.known import Known
from protocols.modbus.moments import MomentLayout
from protocols.modbus.places import LARGEST_BLOCK, ScaleChoice, UnitChoice, Value
from protocols.modbus.register_map import Current
from protocols.modbus.sections import moment_layout, register_count
from protocols.modbus.states import StateWord

LARGEST_RECORD: Final = 253
"""Bytes of a record, which must come in one reply."""


def parameters(table: Declaration, known: Known) -> ParameterList:
    rows = list(table.tables("values"))
    states = list(table.tables("states"))
    found = ParameterList(
        entries.function(table),
        entries.address(table),
        entries.within(table, "count", 1, LARGEST_BLOCK),
        entries.within(table, "skip", 0, 2 * LARGEST_BLOCK, 0),
        entries.within(table, "end", 0, 0xFF),
        entries.within(table, "size", 1, 8),
        {entries.within(row, "code", 0, 0xFF): _value(row, known, at=0) for row in rows},
        {entries.within(row, "code", 0, 0xFF): _state(row, known, at=0) for row in states},
    )
    table.finish()
    return found


def current(table: Declaration, records: Mapping[str, RecordLayout], known: Known) -> Current:
    if "selected" in table:
        number = entries.within(table, "selected", 0, 0xFF)
        current = Current(0, (), selected=number, record=record_named(table, records))
    elif "record" in table:
        record = record_named(table, records)
        current = Current(entries.function(table), (), record=record, at=entries.address(table))
    else:
        current = Current(entries.function(table), _values(table, known), _states(table, known))
    table.finish()
    return current


def record(table: Declaration, name: str, known: Known) -> RecordLayout:
    stamped = "stamp" in table
    stamp = table.table("stamp")
    record = RecordLayout(
        name,
        entries.within(table, "size", 0, LARGEST_RECORD),
        entries.within(stamp, "at", 0, LARGEST_RECORD) if stamped else 0,
        moment_layout(stamp) if stamped else MomentLayout(()),
        _values(table, known),
        _states(table, known),
        table.take_or("longer", False),
        register_count(table),
        entries.within(table, "listed_at", 0, LARGEST_RECORD) if "listed_at" in table else None,
    )
    stamp.finish()
    table.finish()
    return record


def record_named(table: Declaration, records: Mapping[str, RecordLayout]) -> RecordLayout:
    """The record that `record` names in this table."""
    name = table.take("record", str)
    if name not in records:
        raise ProfileError(f"{table.place}: there is no [record.{name}].")
    return records[name]


def _values(table: Declaration, known: Known) -> tuple[Value, ...]:
    return tuple(_value(value, known) for value in table.tables("values"))


def _states(table: Declaration, known: Known) -> tuple[StateWord, ...]:
    return tuple(_state(state, known) for state in table.tables("states"))


def _state(table: Declaration, known: Known, at: int | None = None) -> StateWord:
    name = table.take("conditions", str)
    if name not in known.meanings:
        raise ProfileError(f"{table.place}: there is no [conditions.{name}].")
    state = StateWord(
        entries.address(table) if at is None else at,
        entries.number_type(table, table.take("type", str)),
        entries.byte_layout(table, known.layout),
        known.meanings[name],
        entries.within(table, "step", 0, 0xFFFF, 0),
    )
    table.finish()
    return state


def _value(table: Declaration, known: Known, at: int | None = None) -> Value:
    name = table.take("quantity", str)
    if name not in QUANTITIES:
        raise ProfileError(f"{table.place}: unknown quantity {name!r}.")
    scale_by, kind = _scale_by(table, known.scales), entries.number_type(table, table.take("type", str))
    value = Value(
        quantity=QUANTITIES[name],
        at=entries.address(table) if at is None else at,
        type=kind,
        unit=_unit(table, known.units),
        layout=entries.byte_layout(table, known.pair if "+" in kind else known.layout),
        scale=entries.scale(table) * (scale_by if isinstance(scale_by, Decimal) else 1),
        step=entries.within(table, "step", 0, 0xFFFF, 0),
        minus=entries.address(table, "minus") if "minus" in table else None,
        absent=frozenset(table.listed("absent", int)),
        scale_by=scale_by if isinstance(scale_by, ScaleChoice) else None,
        amount=table.take_or("amount", False),
    )
    table.finish()
    return value


def _unit(table: Declaration, choices: Mapping[str, UnitChoice | str]) -> str | UnitChoice:
    if "unit_by" not in table:
        return table.take_or("unit", "")
    name = table.take("unit_by", str)
    if name not in choices:
        raise ProfileError(f"{table.place}: there is no [unit_by.{name}].")
    return choices[name]


def _scale_by(
    table: Declaration, choices: Mapping[str, ScaleChoice | Decimal]
) -> ScaleChoice | Decimal | None:
    if "scale_by" not in table:
        return None
    name = table.take("scale_by", str)
    if name not in choices:
        raise ProfileError(f"{table.place}: there is no [scale_by.{name}].")
    return choices[name]

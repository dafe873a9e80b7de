"""Reads the sections of a profile: what is missing, unknown or out of range is a ProfileError."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from metering.calendar import ArchiveKind
from metering.errors import ProfileError
from metering.quantities import QUANTITIES
from metering.readings import GapReason
from protocols.declaration import Declaration
from protocols.driver import LineDefaults
from protocols.modbus import entries
from protocols.modbus.known import Known
from protocols.modbus.moments import PARTS, UNIX, WRITTEN, MomentLayout
from protocols.modbus.register_map import (
    LARGEST_BLOCK,
    NUMBER,
    Addressing,
    Archive,
    Clock,
    Content,
    Current,
    Detection,
    Identity,
    ParameterList,
    Position,
    RecordLayout,
    RecordStamp,
    ScaleChoice,
    Selection,
    Setting,
    Text,
    UnitChoice,
    Value,
)
from protocols.modbus.states import StateWord
from protocols.modbus.texts import TEXTS
from protocols.modbus.values import ByteLayout, size_of

LARGEST_RECORD: Final = 253
"""Bytes of a record, which must come in one reply."""
LARGEST_DEPTH: Final = 100_000

_COMMON: Final[Mapping[str, type]] = {
    "addressing": str,
    "record": str,
    "stamp": str,
    "content": str,
    "empty_is_zeros": bool,
    "no_record": list,
    "unreadable": list,
}
"""Keys of [archive] that hold for each kind that does not say otherwise."""


def line(table: Declaration) -> LineDefaults:
    usual = LineDefaults()
    line = LineDefaults(
        table.take_or("baud", usual.baud),
        table.take_or("parity", usual.parity),
        table.take_or("timeout", usual.timeout),
        table.take_or("quiet", usual.quiet),
        table.take_or("stop", usual.stop),
    )
    table.finish()
    return line


def identity(table: Declaration, layout: ByteLayout) -> Identity:
    serial = _text(table.table("serial"), layout) if "serial" in table else None
    firmware = _text(table.table("firmware"), layout) if "firmware" in table else None
    identity = Identity(serial, firmware, table.take_or("report_id", False))
    table.finish()
    return identity


def detection(table: Declaration) -> Detection:
    detection = Detection(
        table.listed("reports", str),
        table.take_or("firmware_from", ""),
        table.take_or("firmware_before", ""),
    )
    table.finish()
    return detection


def _text(table: Declaration, layout: ByteLayout) -> Text:
    kind = table.take("type", str)
    size = _counted_size(table) if kind in TEXTS else size_of(entries.number_type(table, kind))
    text = Text(
        entries.function(table),
        entries.address(table),
        kind,
        size,
        _text_layout(table, kind, layout),
        entries.within(table, "skip", 0, 2 * LARGEST_BLOCK, 0),
        _register_count(table),
    )
    table.finish()
    return text


def _counted_size(table: Declaration) -> int:
    return entries.within(table, "size", 1, 2 * LARGEST_BLOCK)


def _register_count(table: Declaration) -> int | None:
    return entries.within(table, "count", 1, LARGEST_BLOCK) if "count" in table else None


def _text_layout(table: Declaration, kind: str, layout: ByteLayout) -> ByteLayout:
    return entries.byte_layout(table, ByteLayout() if kind in TEXTS else layout)


def setting(table: Declaration) -> Setting:
    setting = Setting(
        table.take("name", str),
        entries.function(table),
        entries.address(table),
        entries.within(table, "first_bit", 0, 15, 0),
        entries.within(table, "bits", 1, 16, 16),
        entries.words(table, "words"),
    )
    table.finish()
    return setting


def clock(table: Declaration) -> Clock:
    clock = Clock(
        entries.function(table),
        entries.address(table),
        _moment_layout(table),
        _register_count(table),
        table.take_or("sets", False),
    )
    table.finish()
    return clock


def _moment_layout(table: Declaration) -> MomentLayout:
    parts = table.listed("parts", str)
    if parts != UNIX and not (parts and set(parts) <= set(WRITTEN)):
        raise ProfileError(f"{table.place}: parts must be some of {', '.join(WRITTEN)}, or unix alone.")
    return MomentLayout(parts, entries.within(table, "mask", 1, 0xFF, 0xFF))


def selection(table: Declaration) -> Selection:
    content: list[Any] = table.take("content", list)
    if not all(part in (*PARTS, NUMBER) or part in range(256) for part in content) or len(content) % 2:
        raise ProfileError(
            f"{table.place}: content must be whole registers of date parts, {NUMBER!r} or bytes."
        )
    selection = Selection(
        entries.address(table),
        tuple(content),
        entries.function(table),
        entries.address(table, "read_at"),
        table.take_or("pause", 1.0),
        entries.within(table, "attempts", 1, 10, 1),
        table.take_or("one_transaction", False),
        table.take_or("finds_next", False),
    )
    table.finish()
    return selection


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
        current = Current(0, (), selected=number, record=_record_named(table, records))
    elif "record" in table:
        record = _record_named(table, records)
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
        _moment_layout(stamp) if stamped else MomentLayout(()),
        _values(table, known),
        _states(table, known),
        table.take_or("longer", False),
        _register_count(table),
        entries.within(table, "listed_at", 0, LARGEST_RECORD) if "listed_at" in table else None,
    )
    stamp.finish()
    table.finish()
    return record


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


def archives(table: Declaration, records: Mapping[str, RecordLayout]) -> dict[ArchiveKind, Archive]:
    common: dict[str, Any] = {key: table.take(key, kind) for key, kind in _COMMON.items() if key in table}
    found = {}
    for kind in ArchiveKind:
        if kind in table:
            place = f"{table.place}, [{kind}]"
            found[kind] = _archive(Declaration(common | table.take(kind, dict), place), kind, records)
    table.finish()
    return found


def _archive(table: Declaration, kind: ArchiveKind, records: Mapping[str, RecordLayout]) -> Archive:
    archive = Archive(
        kind=kind,
        addressing=table.word("addressing", Addressing),
        numbers=_numbers(table),
        record=_record_named(table, records),
        depth=entries.within(table, "depth", 1, LARGEST_DEPTH),
        stamp=table.word("stamp", RecordStamp, RecordStamp.SLOT_START),
        content=table.word("content", Content, Content.AMOUNTS),
        empty_is_zeros=table.take_or("empty_is_zeros", False),
        refusals=_refusals(table),
        position=_position(table.table("position")) if "position" in table else None,
        read_at=entries.address(table, "read_at") if "read_at" in table else None,
        closes_when=entries.words(table, "closes_when"),
    )
    table.finish()
    return archive


def _numbers(table: Declaration) -> tuple[int, ...]:
    if "numbers" not in table:
        return (entries.within(table, "number", 0, 0xFFFF, 0),)
    numbers = table.listed("numbers", int)
    if not numbers or not all(0 <= number <= 0xFFFF for number in numbers):
        raise ProfileError(f"{table.place}: numbers must be one or more from 0 to 65535.")
    return numbers


def _refusals(table: Declaration) -> dict[int, GapReason]:
    reasons = (GapReason.NO_RECORD, GapReason.UNREADABLE)
    return {code: reason for reason in reasons for code in table.listed(reason, int)}


def _position(table: Declaration) -> Position:
    position = Position(entries.function(table), entries.address(table), table.take_or("newest", 0))
    table.finish()
    return position


def _record_named(table: Declaration, records: Mapping[str, RecordLayout]) -> RecordLayout:
    name = table.take("record", str)
    if name not in records:
        raise ProfileError(f"{table.place}: there is no [record.{name}].")
    return records[name]

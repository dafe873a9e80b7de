"""Reads the sections of a profile: what is missing, unknown or out of range is a ProfileError."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from metering.calendar import ArchiveKind
from metering.errors import ProfileError
from metering.quantities import QUANTITIES
from metering.readings import GapReason
from protocols.declaration import Declaration
from protocols.driver import LineDefaults
from protocols.modbus.messages import READ_HOLDING, READ_INPUT
from protocols.modbus.moments import PARTS, UNIX, MomentLayout
from protocols.modbus.register_map import (
    LARGEST_BLOCK,
    NUMBER,
    Addressing,
    Archive,
    Clock,
    Content,
    Current,
    Identity,
    Position,
    RecordLayout,
    RecordStamp,
    Selection,
    Setting,
    Text,
    UnitChoice,
    Value,
)
from protocols.modbus.texts import TEXTS
from protocols.modbus.values import TYPES, ByteLayout, Order, size_of

LARGEST_RECORD: Final = 253
"""Bytes of a record, which must come in one reply."""
LARGEST_DEPTH: Final = 100_000

_COMMON: Final[Mapping[str, type]] = {
    "addressing": str,
    "stamp": str,
    "content": str,
    "empty_is_zeros": bool,
    "no_record": list,
    "unreadable": list,
}
"""Keys of [archive] that hold for each kind that does not say otherwise."""


class Known(NamedTuple):
    """What every number of a profile may refer to."""

    layout: ByteLayout
    choices: Mapping[str, UnitChoice]


def named(parent: Declaration, key: str) -> Iterator[tuple[str, Declaration]]:
    for name, table in parent.take_or(key, dict[str, Any]()).items():
        place = f"{parent.place}, [{key}.{name}]"
        if not isinstance(table, dict):
            raise ProfileError(f"{place} must be a table.")
        yield name, Declaration(table, place)


def unit_choices(root: Declaration) -> dict[str, UnitChoice]:
    choices = {}
    for name, table in named(root, "unit_by"):
        choices[name] = UnitChoice(table.take("setting", str), _words(table, "units"))
        table.finish()
    return choices


def _words(table: Declaration, key: str) -> dict[str, str]:
    words = table.take_or(key, dict[str, Any]())
    if not all(isinstance(word, str) for word in words.values()):
        raise ProfileError(f"{table.place}: every word of {key} must be a text.")
    return words


def within(table: Declaration, key: str, smallest: int, largest: int, default: int | None = None) -> int:
    number = table.take(key, int) if default is None else table.take_or(key, default)
    if not smallest <= number <= largest:
        raise ProfileError(f"{table.place}: {key} = {number} must lie between {smallest} and {largest}.")
    return number


def _address(table: Declaration, key: str = "at") -> int:
    return within(table, key, 0, 0xFFFF)


def _function(table: Declaration) -> int:
    return within(table, "function", READ_HOLDING, READ_INPUT)


def byte_layout(table: Declaration, default: ByteLayout) -> ByteLayout:
    return ByteLayout(
        table.word("word_order", Order, default.word_order),
        table.word("byte_order", Order, default.byte_order),
    )


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
    serial = _text(table.table("serial"), layout)
    firmware = _text(table.table("firmware"), layout) if "firmware" in table else None
    identity = Identity(serial, firmware, table.take_or("report_id", False))
    table.finish()
    return identity


def _text(table: Declaration, layout: ByteLayout) -> Text:
    kind = table.take("type", str)
    counted = kind in TEXTS
    size = within(table, "size", 1, 2 * LARGEST_BLOCK) if counted else size_of(_type(table, kind))
    text = Text(_function(table), _address(table), kind, size, _text_layout(table, kind, layout))
    table.finish()
    return text


def _text_layout(table: Declaration, kind: str, layout: ByteLayout) -> ByteLayout:
    return byte_layout(table, ByteLayout() if kind in TEXTS else layout)


def _type(table: Declaration, kind: str) -> str:
    if not all(part in TYPES for part in kind.split("+")):
        raise ProfileError(f"{table.place}: unknown type {kind!r}; known are {', '.join(TYPES)}.")
    return kind


def setting(table: Declaration) -> Setting:
    setting = Setting(
        table.take("name", str),
        _function(table),
        _address(table),
        within(table, "first_bit", 0, 15, 0),
        within(table, "bits", 1, 16, 16),
        _words(table, "words"),
    )
    table.finish()
    return setting


def clock(table: Declaration) -> Clock:
    clock = Clock(_function(table), _address(table), _moment_layout(table))
    table.finish()
    return clock


def _moment_layout(table: Declaration) -> MomentLayout:
    parts = table.listed("parts", str)
    if parts != UNIX and not (parts and set(parts) <= set(PARTS)):
        raise ProfileError(f"{table.place}: parts must be some of {', '.join(PARTS)}, or unix alone.")
    return MomentLayout(parts, within(table, "mask", 1, 0xFF, 0xFF))


def selection(table: Declaration) -> Selection:
    content: list[Any] = table.take("content", list)
    if not all(part in (*PARTS, NUMBER) or part in range(256) for part in content) or len(content) % 2:
        raise ProfileError(
            f"{table.place}: content must be whole registers of date parts, {NUMBER!r} or bytes."
        )
    selection = Selection(
        _address(table),
        tuple(content),
        _function(table),
        _address(table, "read_at"),
        table.take_or("pause", 1.0),
        within(table, "attempts", 1, 10, 1),
        table.take_or("one_transaction", False),
    )
    table.finish()
    return selection


def current(table: Declaration, records: Mapping[str, RecordLayout], known: Known) -> Current:
    if "selected" in table:
        current = Current(0, (), within(table, "selected", 0, 0xFF), _record_named(table, records))
    else:
        current = Current(_function(table), _values(table, known), None, None)
    table.finish()
    return current


def record(table: Declaration, name: str, known: Known) -> RecordLayout:
    stamp = table.table("stamp")
    record = RecordLayout(
        name,
        within(table, "size", 1, LARGEST_RECORD),
        within(stamp, "at", 0, LARGEST_RECORD),
        _moment_layout(stamp),
        _values(table, known),
    )
    stamp.finish()
    table.finish()
    return record


def _values(table: Declaration, known: Known) -> tuple[Value, ...]:
    return tuple(_value(value, known) for value in table.tables("values"))


def _value(table: Declaration, known: Known) -> Value:
    name = table.take("quantity", str)
    if name not in QUANTITIES:
        raise ProfileError(f"{table.place}: unknown quantity {name!r}.")
    value = Value(
        quantity=QUANTITIES[name],
        at=_address(table),
        type=_type(table, table.take("type", str)),
        unit=_unit(table, known.choices),
        layout=byte_layout(table, known.layout),
        scale=_scale(table),
        step=within(table, "step", 0, 0xFFFF, 0),
        minus=_address(table, "minus") if "minus" in table else None,
        absent=frozenset(table.listed("absent", int)),
    )
    table.finish()
    return value


def _unit(table: Declaration, choices: Mapping[str, UnitChoice]) -> str | UnitChoice:
    if "unit_by" not in table:
        return table.take_or("unit", "")
    name = table.take("unit_by", str)
    if name not in choices:
        raise ProfileError(f"{table.place}: there is no [unit_by.{name}].")
    return choices[name]


def _scale(table: Declaration) -> Decimal:
    written = table.take_or("scale", "1")
    try:
        scale = Decimal(written)
    except InvalidOperation as error:
        raise ProfileError(f"{table.place}: scale = {written!r} is not a number.") from error
    if not scale.is_finite() or scale <= 0:
        raise ProfileError(f"{table.place}: scale = {written!r} must be a number above 0.")
    return scale


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
        number=within(table, "number", 0, 0xFFFF),
        record=_record_named(table, records),
        depth=within(table, "depth", 1, LARGEST_DEPTH),
        stamp=table.word("stamp", RecordStamp, RecordStamp.SLOT_START),
        content=table.word("content", Content, Content.AMOUNTS),
        empty_is_zeros=table.take_or("empty_is_zeros", False),
        refusals=_refusals(table),
        position=_position(table.table("position")) if "position" in table else None,
        read_at=_address(table, "read_at") if "read_at" in table else None,
    )
    table.finish()
    return archive


def _refusals(table: Declaration) -> dict[int, GapReason]:
    reasons = (GapReason.NO_RECORD, GapReason.UNREADABLE)
    return {code: reason for reason in reasons for code in table.listed(reason, int)}


def _position(table: Declaration) -> Position:
    position = Position(_function(table), _address(table), table.take_or("newest", 0))
    table.finish()
    return position


def _record_named(table: Declaration, records: Mapping[str, RecordLayout]) -> RecordLayout:
    name = table.take("record", str)
    if name not in records:
        raise ProfileError(f"{table.place}: there is no [record.{name}].")
    return records[name]

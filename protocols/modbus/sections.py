"""Reads the sections of a profile: what is missing, unknown or out of range is a ProfileError."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from metering.calendar import ArchiveKind
from metering.conditions import Condition
from metering.errors import DecodeError, ProfileError
from metering.quantities import QUANTITIES
from metering.readings import GapReason
from protocols.declaration import Declaration
from protocols.driver import LineDefaults
from protocols.modbus.messages import READ_HOLDING, READ_INPUT
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
from protocols.modbus.states import Meanings, StateWord
from protocols.modbus.texts import TEXTS
from protocols.modbus.values import TYPES, ByteLayout, Order, size_of

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


class Known(NamedTuple):
    """What every number of a profile may refer to. `pair`: the layout of a whole part with its fraction."""

    layout: ByteLayout
    pair: ByteLayout
    units: Mapping[str, UnitChoice | str]
    scales: Mapping[str, ScaleChoice | Decimal]
    meanings: Mapping[str, Meanings]


def known(root: Declaration, registers: Declaration) -> Known:
    layout = byte_layout(registers, ByteLayout())
    pair = ByteLayout(registers.word("pair_word_order", Order, layout.word_order), layout.byte_order)
    return Known(layout, pair, _unit_choices(root), _scale_choices(root), _meanings(root))


def named(parent: Declaration, key: str) -> Iterator[tuple[str, Declaration]]:
    for name, table in parent.take_or(key, dict[str, Any]()).items():
        place = f"{parent.place}, [{key}.{name}]"
        if not isinstance(table, dict):
            raise ProfileError(f"{place} must be a table.")
        yield name, Declaration(table, place)


def _unit_choices(root: Declaration) -> dict[str, UnitChoice | str]:
    """A unit that a setting decides, or one that stands once for many numbers."""
    choices: dict[str, UnitChoice | str] = {}
    for name, table in named(root, "unit_by"):
        fixed = "unit" in table
        choices[name] = table.take("unit", str) if fixed else _unit_choice(table)
        table.finish()
    return choices


def _unit_choice(table: Declaration) -> UnitChoice:
    return UnitChoice(table.take("setting", str), _words(table, "units"))


def _scale_choices(root: Declaration) -> dict[str, ScaleChoice | Decimal]:
    choices: dict[str, ScaleChoice | Decimal] = {}
    for name, table in named(root, "scale_by"):
        fixed = "scale" in table
        choices[name] = _scale(table) if fixed else _scale_choice(table)
        table.finish()
    return choices


def _scale_choice(table: Declaration) -> ScaleChoice:
    words = _words(table, "scales")
    return ScaleChoice(
        table.take("setting", str),
        {word: _factor(table, f"scales.{word}", written) for word, written in words.items()},
    )


def _meanings(root: Declaration) -> dict[str, Meanings]:
    found = {}
    for name, table in named(root, "conditions"):
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
    for number, text in _words(table, key).items():
        if not number.isdecimal():
            raise ProfileError(f"{table.place}: {number!r} is no number of {what}.")
        reported[int(number)] = _condition(table, text) if text else None
    return reported


def _condition(table: Declaration, text: str) -> Condition:
    try:
        return Condition.parse(text)
    except DecodeError as error:
        raise ProfileError(f"{table.place}: {error}") from error


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
    counted = kind in TEXTS
    size = within(table, "size", 1, 2 * LARGEST_BLOCK) if counted else size_of(_type(table, kind))
    text = Text(
        _function(table),
        _address(table),
        kind,
        size,
        _text_layout(table, kind, layout),
        within(table, "skip", 0, 2 * LARGEST_BLOCK, 0),
        _register_count(table),
    )
    table.finish()
    return text


def _register_count(table: Declaration) -> int | None:
    return within(table, "count", 1, LARGEST_BLOCK) if "count" in table else None


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
    clock = Clock(
        _function(table),
        _address(table),
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
        table.take_or("finds_next", False),
    )
    table.finish()
    return selection


def parameters(table: Declaration, known: Known) -> ParameterList:
    rows = list(table.tables("values"))
    states = list(table.tables("states"))
    found = ParameterList(
        _function(table),
        _address(table),
        within(table, "count", 1, LARGEST_BLOCK),
        within(table, "skip", 0, 2 * LARGEST_BLOCK, 0),
        within(table, "end", 0, 0xFF),
        within(table, "size", 1, 8),
        {within(row, "code", 0, 0xFF): _value(row, known, at=0) for row in rows},
        {within(row, "code", 0, 0xFF): _state(row, known, at=0) for row in states},
    )
    table.finish()
    return found


def current(table: Declaration, records: Mapping[str, RecordLayout], known: Known) -> Current:
    if "selected" in table:
        number = within(table, "selected", 0, 0xFF)
        current = Current(0, (), selected=number, record=_record_named(table, records))
    elif "record" in table:
        record = _record_named(table, records)
        current = Current(_function(table), (), record=record, at=_address(table))
    else:
        current = Current(_function(table), _values(table, known), _states(table, known))
    table.finish()
    return current


def record(table: Declaration, name: str, known: Known) -> RecordLayout:
    stamped = "stamp" in table
    stamp = table.table("stamp")
    record = RecordLayout(
        name,
        within(table, "size", 0, LARGEST_RECORD),
        within(stamp, "at", 0, LARGEST_RECORD) if stamped else 0,
        _moment_layout(stamp) if stamped else MomentLayout(()),
        _values(table, known),
        _states(table, known),
        table.take_or("longer", False),
        _register_count(table),
        within(table, "listed_at", 0, LARGEST_RECORD) if "listed_at" in table else None,
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
        _address(table) if at is None else at,
        _type(table, table.take("type", str)),
        byte_layout(table, known.layout),
        known.meanings[name],
        within(table, "step", 0, 0xFFFF, 0),
    )
    table.finish()
    return state


def _value(table: Declaration, known: Known, at: int | None = None) -> Value:
    name = table.take("quantity", str)
    if name not in QUANTITIES:
        raise ProfileError(f"{table.place}: unknown quantity {name!r}.")
    scale_by, kind = _scale_by(table, known.scales), _type(table, table.take("type", str))
    value = Value(
        quantity=QUANTITIES[name],
        at=_address(table) if at is None else at,
        type=kind,
        unit=_unit(table, known.units),
        layout=byte_layout(table, known.pair if "+" in kind else known.layout),
        scale=_scale(table) * (scale_by if isinstance(scale_by, Decimal) else 1),
        step=within(table, "step", 0, 0xFFFF, 0),
        minus=_address(table, "minus") if "minus" in table else None,
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


def _scale(table: Declaration) -> Decimal:
    return _factor(table, "scale", table.take_or("scale", "1"))


def _scale_by(
    table: Declaration, choices: Mapping[str, ScaleChoice | Decimal]
) -> ScaleChoice | Decimal | None:
    if "scale_by" not in table:
        return None
    name = table.take("scale_by", str)
    if name not in choices:
        raise ProfileError(f"{table.place}: there is no [scale_by.{name}].")
    return choices[name]


def _factor(table: Declaration, key: str, written: str) -> Decimal:
    try:
        factor = Decimal(written)
    except InvalidOperation as error:
        raise ProfileError(f"{table.place}: {key} = {written!r} is not a number.") from error
    if not factor.is_finite() or factor <= 0:
        raise ProfileError(f"{table.place}: {key} = {written!r} must be a number above 0.")
    return factor


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


def _numbers(table: Declaration) -> tuple[int, ...]:
    if "numbers" not in table:
        return (within(table, "number", 0, 0xFFFF, 0),)
    numbers = table.listed("numbers", int)
    if not numbers or not all(0 <= number <= 0xFFFF for number in numbers):
        raise ProfileError(f"{table.place}: numbers must be one or more from 0 to 65535.")
    return numbers


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

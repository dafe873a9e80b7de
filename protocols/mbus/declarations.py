"""The tables of a profile file as parts of a model; profile.py says what may be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from metering.calendar import ArchiveKind
from metering.conditions import Condition
from metering.errors import DecodeError, ProfileError
from protocols.declaration import Declaration
from protocols.driver import Choice
from protocols.mbus.asking import Habits, Question
from protocols.mbus.model import (
    BareVif,
    Conditions,
    Convention,
    Detection,
    Log,
    Questions,
    Row,
    Stored,
    StoredDate,
)
from protocols.mbus.offsets import Field, FieldType
from protocols.mbus.records import Function
from protocols.mbus.when import When

_BITS: Mapping[str, int] = {str(bit): bit for bit in range(64)}
_BYTES: Mapping[str, int] = {f"0x{octet:02x}": octet for octet in range(256)}


def habits(table: Declaration) -> Habits:
    """[requests]: C fields."""
    usual = Habits()
    kept = Habits(
        table.take_or("send", usual.send),
        table.take_or("first", usual.first),
        table.take_or("either", usual.either),
    )
    table.finish()
    return kept


def questions(application_reset: Declaration, selection: Declaration) -> Questions:
    """[application_reset] and [selection]: what is sent before a read-out."""
    found = Questions(*(_question(application_reset, selection, of) for of in ("current", "total")))
    application_reset.finish()
    selection.finish()
    return found


def _question(application_reset: Declaration, selection: Declaration, of: str) -> Question:
    sub_code = application_reset.take(of, int) if of in application_reset else None
    return Question(sub_code, _octets(selection, of))


def detection(table: Declaration) -> Detection:
    """[[detect]]"""
    found = Detection(
        table.take("manufacturer", str), table.listed("versions", int), table.listed("media", int)
    )
    table.finish()
    return found


def row(table: Declaration) -> Row:
    """[[record]]"""
    found = Row(
        table.take("quantity", str),
        table.take("of", str),
        table.listed("qualifiers", str),
        table.word("function", Function, Function.INSTANTANEOUS),
        table.take_or("tariff", 0),
        table.take_or("subunit", 0),
        table.take_or("circuit", 1),
        tuple(_decimal(table, text) for text in table.listed("absent", str)),
        _when(table),
    )
    table.finish()
    return found


def stored(table: Declaration) -> Stored:
    """[[stored]]"""
    found = Stored(
        table.take("first", int),
        table.take("last", int),
        table.word("date", StoredDate, StoredDate.RECORDED),
        table.word("convention", Convention),
        table.take_or("dated_by", 0),
    )
    table.finish()
    return found


def log(table: Declaration) -> Log:
    """[[log]]"""
    found = Log(
        table.word("kind", ArchiveKind),
        Question(table.take("sub_code", int), _octets(table, "selection")),
        table.take("storage", int),
        table.take("depth", int),
    )
    table.finish()
    return found


def conditions(table: Declaration) -> Conditions:
    """[conditions.status], [conditions.status_values] and [conditions.flags]"""
    found = Conditions(
        status=_meanings(table.table("status"), _BITS),
        status_values=_meanings(table.table("status_values"), _BYTES),
        flags=_meanings(table.table("flags"), _BITS),
    )
    table.finish()
    return found


def choice(table: Declaration) -> Choice:
    """[[choice]]"""
    found = Choice(table.take("name", str), table.listed("words", str), table.take("why", str))
    table.finish()
    return found


def bare_vif(table: Declaration) -> BareVif:
    """[[bare_vif]]"""
    found = BareVif(table.take("sent", int), table.take("means", int), _when(table))
    table.finish()
    return found


def field(table: Declaration) -> Field:
    """[[field]]"""
    found = Field(
        table.take("quantity", str),
        table.take("telegram", int),
        table.take("at", int),
        table.word("type", FieldType),
        table.take("unit", str),
        _decimal(table, table.take_or("scale", "1")),
        table.take_or("bits", 0),
        table.take_or("circuit", 1),
        _when(table),
    )
    table.finish()
    return found


def _meanings(table: Declaration, numbers: Mapping[str, int]) -> dict[int, Condition | None]:
    found = dict(_written(table, numbers))
    table.finish()
    return found


def _written(table: Declaration, numbers: Mapping[str, int]) -> Iterator[tuple[int, Condition | None]]:
    for text, number in numbers.items():
        if text in table:
            yield number, _condition(table, table.take(text, str))


def _condition(table: Declaration, text: str) -> Condition | None:
    try:
        return Condition.parse(text) if text else None
    except DecodeError as error:
        raise ProfileError(f"{table.place}: {error}") from error


def _octets(table: Declaration, key: str) -> bytes:
    text = table.take_or(key, "")
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProfileError(f"{table.place}: {key} = {text!r} is not hexadecimal.") from error


def _decimal(table: Declaration, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ProfileError(f"{table.place}: {text!r} is not a number.") from error


def _when(table: Declaration) -> When | None:
    text = table.take_or("when", "")
    name, equals, word = text.partition("=")
    if text and not (name and equals and word):
        raise ProfileError(f"{table.place}: when = {text!r}; write it like name=word.")
    return When(name, word) if text else None

"""Reads what a profile says of its archives, and how a record is selected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from metering.calendar import ArchiveKind
from metering.errors import ProfileError
from metering.readings import GapReason
from protocols.declaration import Declaration
from protocols.modbus import entries
from protocols.modbus.archive_map import (
    NUMBER,
    Addressing,
    Archive,
    Content,
    Position,
    RecordLayout,
    RecordStamp,
    Selection,
)
from protocols.modbus.moments import PARTS
from protocols.modbus.record_sections import record_named

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
        record=record_named(table, records),
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

"""Replies of a meter (kamstrup-kmp.md sections 3, 6 and 7; kamstrup-kmp-mc601-logs.md section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from metering.errors import DecodeError
from protocols.vendor.kmp.values import Cursor, Header, Value

NO_REGISTER: Final = b"\xff\xff"
"""What a log that is read by age says of a register that it does not keep."""

_TAIL: Final = 5
"""Last read record, newest record and info byte behind the records of a module's log."""

LOG_EMPTY, LOG_OUT_OF_RANGE = 0x01, 0x04

LOGGER_MEMORY_ERROR, LOGGER_INVALID_REQUEST = 0x0100, 0x0200
"""Info bits of a logger (B8) beside which entries mean nothing."""

MOST_ENTRIES: Final = 255
"""Entries of one reply that are believed; no reply is long enough for more."""

Row = dict[int, Value]
"""One record's values by register."""


class MeterType(NamedTuple):
    """What GetType says: the type in hexadecimal, and the software such as `F1`; empty where not told."""

    type: str
    software: str


def registers_of(data: bytes) -> Row:
    """The values that a GetRegister reply holds."""
    cursor, values = Cursor(data), {}
    while cursor.left:
        header = Header.read(cursor)
        values[header.register] = Value(header, cursor.take(header.size))
    return values


def type_of(data: bytes) -> MeterType:
    """Type and software revision: a letter by its place in the alphabet, and a number."""
    cursor = Cursor(data)
    kind, letter, number = cursor.take(2), cursor.number(1), cursor.number(1)
    known = 1 <= letter <= 26
    return MeterType(kind.hex().upper(), f"{chr(ord('A') + letter - 1)}{number}" if known else "")


def serial_of(data: bytes) -> str:
    """The serial number as it stands on the meter."""
    return str(Cursor(data).number(4))


def series_of(data: bytes) -> list[Value] | None:
    """The values of a log that is read by age, the newest first; None where it does not keep the register."""
    if data == NO_REGISTER:
        return None
    cursor = Cursor(data)
    header = Header.read(cursor)
    if not header.size or cursor.left % header.size:
        raise DecodeError("The values of a KMP log are cut short: ask again.")
    return [Value(header, cursor.take(header.size)) for _ in range(cursor.left // header.size)]


@dataclass(frozen=True, slots=True)
class LogReply:
    """Records of a log by their IDs; `newest` is the ID of the newest of all."""

    records: dict[int, Row]
    newest: int
    info: int


def log_of(data: bytes) -> LogReply:
    """A reply to A0..A3. Its info byte is always there; where that reports something the rest may not be."""
    info = data[-1] if data else LOG_EMPTY
    if len(data) < 2 + _TAIL:
        return LogReply({}, 0, info)
    try:
        return _records_of(data, info)
    except DecodeError:
        if info & (LOG_EMPTY | LOG_OUT_OF_RANGE):
            return LogReply({}, 0, info)
        raise


def _records_of(data: bytes, info: int) -> LogReply:
    cursor = Cursor(data[:-_TAIL])
    cursor.take(1)
    count = cursor.number(1)
    records: dict[int, Row] = {}
    headers: list[Header] = []
    while cursor.left:
        identifier = cursor.number(2)
        row, headers = _row(cursor, count, headers)
        records[identifier] = row
    return LogReply(records, int.from_bytes(data[-3:-1], "big"), info)


def logger_of(data: bytes) -> LogReply:
    """A reply to B8 06 or B8 07: entries towards the past, the first with the registers' headers."""
    cursor = Cursor(data)
    cursor.take(2)
    entries, count = cursor.number(2), cursor.number(1)
    if entries > MOST_ENTRIES:
        raise DecodeError(f"A KMP logger claims to send {entries} entries at once: ask again.")
    first, newest, info = cursor.number(4), cursor.number(4), cursor.number(2)
    records: dict[int, Row] = {}
    headers: list[Header] = []
    for number in range(entries):
        row, headers = _row(cursor, count, headers)
        records[first - number] = row
    return LogReply(records, newest, info)


def _row(cursor: Cursor, count: int, headers: list[Header]) -> tuple[Row, list[Header]]:
    """One record: with headers when none are known yet, else values alone."""
    if headers:
        return {each.register: Value(each, cursor.take(each.size)) for each in headers}, headers
    row: Row = {}
    for _ in range(count):
        header = Header.read(cursor)
        row[header.register] = Value(header, cursor.take(header.size))
    return row, [value.header for value in row.values()]

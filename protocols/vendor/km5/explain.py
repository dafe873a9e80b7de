"""A KM-5 frame in words. Source: km-5.md sections 2 and 3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.fields import float32
from protocols.vendor.km5.events import event
from protocols.vendor.km5.frames import (
    ADDRESS,
    CHECKS,
    EMPTY,
    HEAD,
    LONG,
    LONG_ANSWERS,
    REFUSALS,
    REQUEST,
    SHORT,
    Command,
    address_digits,
    is_sealed,
    sealed,
)
from protocols.vendor.km5.records import FLOAT, GROUPS, RECORD, STATUS, Field, line_at
from protocols.vendor.km5.stamps import SIZE, decode, is_stamp, moment_of

_COMMANDS: Final[Mapping[int, str]] = {
    Command.ADDRESS: "who is there",
    Command.LINK: "link check",
    Command.DISPLAY: "the display",
    Command.STATUS: "status bytes",
    Command.VERSION: "version",
    Command.CURRENT: "current values",
    Command.HEADER: "header of an archive",
    Command.RANGE: "first and last line of an archive",
    Command.FIND: "line of a moment",
    Command.STAMP_AT: "time stamp at an address of the memory",
    Command.EVENT: "line of the event archive",
    Command.RECORD_AT: "record at an address of the memory",
    Command.RECORD: "line of an archive",
    Command.MEASURED: "measured values",
    Command.MEASURED_TOO: "measured values",
    **dict.fromkeys(REFUSALS, "the meter refuses; why is not known"),
    **dict.fromkeys(EMPTY, "an answer without data"),
}
_ARCHIVES: Final = ("hour archive", "day archive", "month archive", "year archive", "event archive")


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when it is none."""
    if len(frame) not in (REQUEST, SHORT, LONG):
        raise FrameError(f"Not a KM-5 frame: it has {len(frame)} bytes, not 16, 32 or 72.")
    if not is_sealed(frame):
        raise FrameError("Not a KM-5 frame: its XOR or its sum is wrong.")
    if len(frame) == LONG and frame[ADDRESS] not in LONG_ANSWERS | REFUSALS | EMPTY:
        raise FrameError(f"Not a KM-5 frame: no answer to {frame[ADDRESS]:02X}h has 72 bytes.")
    return annotated(frame, _filled(frame))


def reseal(frame: bytes) -> bytes:
    """The frame with XOR and sum set right."""
    return sealed(frame[:-CHECKS]) if len(frame) > CHECKS else frame


def _filled(frame: bytes) -> Iterator[Part]:
    """Head, data, what is left of the frame, and the checks."""
    yield ADDRESS, f"meter {address_digits(frame[:ADDRESS])}, last digits first"
    code = frame[ADDRESS]
    yield 1, f"{code:02X}h: {_COMMANDS.get(code, 'a command that is not described')}"
    at, parts = HEAD, _ASKED if len(frame) == REQUEST else _ANSWERED
    for size, words in parts.get(code, _nothing)(frame):
        yield size, words
        at += size
    yield len(frame) - CHECKS - at, "not used" if any(frame[at:-CHECKS]) else "padding"
    yield 1, "XOR of all before, right"
    yield 1, "sum of all before, right"


def _nothing(frame: bytes) -> Iterator[Part]:
    return iter(())


def _group(frame: bytes) -> Iterator[Part]:
    group = frame[HEAD]
    names = [field.words for field in GROUPS.get(group, ())]
    yield 1, f"group {group}: {', '.join(names) or 'clock' if group in (0, *GROUPS) else 'internal flows'}"


def _archive(frame: bytes) -> Iterator[Part]:
    number = frame[HEAD]
    yield 1, _ARCHIVES[number] if number < len(_ARCHIVES) else f"archive {number}"


def _archive_line(frame: bytes) -> Iterator[Part]:
    yield from _archive(frame)
    yield 2, f"line {line_at(frame, HEAD + 1)}"


def _search(frame: bytes) -> Iterator[Part]:
    yield from _archive(frame)
    hour = _moment(lambda: moment_of(frame[HEAD + 1 : HEAD + 4], frame[HEAD + 4 : HEAD + 5] + b"\x00\x00"))
    yield 4, f"the hour that ends at {hour}"


def _stamp(frame: bytes, at: int) -> Part:
    block = frame[at : at + SIZE]
    if not is_stamp(block):
        return SIZE, "no time stamp: there is no such record"
    words = _moment(lambda: decode(block).moment)
    return SIZE, f"time stamp {words}, type {block[4]}: KM-5-{block[4] + 1}"


def _current(frame: bytes) -> Iterator[Part]:
    """The answer does not repeat its group."""
    if is_stamp(frame[HEAD:]):
        yield _stamp(frame, HEAD)
        return
    for at in range(HEAD, HEAD + 6 * FLOAT, FLOAT):
        yield FLOAT, f"a value of the group that was asked for: {_number(frame, at)}"


def _version(frame: bytes) -> Iterator[Part]:
    yield 5, f"version {_text(frame[5:10])}"
    yield 1, f"a number, {frame[10]}"
    yield 4, f"type {_text(frame[11:15])}"


def _status(frame: bytes) -> Iterator[Part]:
    yield from ((1, f"{words}: {frame[at]:02X}h") for at, words in STATUS)


def _header(frame: bytes) -> Iterator[Part]:
    yield 2, f"start address {line_at(frame, 5):04X}h"
    yield 1, f"memory chip {frame[7]}"
    filled = "all lines filled" if frame[8] & 0x80 else "not all lines filled"
    yield 1, f"{'has records' if frame[8] & 0x40 else 'has no records'}, {filled}"
    yield 2, f"capacity {line_at(frame, 9)} lines"
    yield 2, f"last line {line_at(frame, 11)}"


def _range(frame: bytes) -> Iterator[Part]:
    yield 1, f"special indication {frame[5]:02X}h"
    yield 2, f"earliest line {line_at(frame, 6)}"
    yield _stamp(frame, 8)
    yield 2, f"last line {line_at(frame, 16)}"
    yield _stamp(frame, 18)
    yield 2, f"{line_at(frame, 26)} lines"


def _found(frame: bytes) -> Iterator[Part]:
    yield 1, f"special indication {frame[5]:02X}h"
    yield 2, f"line {line_at(frame, 6)}"
    yield _stamp(frame, 8)


def _event(frame: bytes) -> Iterator[Part]:
    yield 1, f"event {frame[5]}: {event(frame[5])}"
    yield 7, f"at {_moment(lambda: moment_of(frame[6:9], frame[10:13]))}"


def _record(frame: bytes) -> Iterator[Part]:
    yield _stamp(frame, HEAD)
    yield from ((FLOAT, f"{_words(field)}: {_number(frame, field.at)}") for field in RECORD)


def _words(field: Field) -> str:
    measured = field.quantity and "pressure" not in field.quantity
    return f"{field.words}, {field.unit}" if measured else field.words


def _number(frame: bytes, at: int) -> str:
    number = float32(frame[at : at + FLOAT][::-1])
    return "no number" if number is None else f"{number:f}"


def _moment(read: Callable[[], datetime]) -> str:
    try:
        return read().isoformat(" ")
    except DecodeError:
        return "no date of any calendar"


def _text(octets: bytes) -> str:
    return repr(octets.decode("ascii", "replace").strip("\x00 "))


_Parts = Mapping[int, Callable[[bytes], Iterator[Part]]]

_ASKED: Final[_Parts] = {
    Command.CURRENT: _group,
    Command.HEADER: _archive,
    Command.RANGE: _archive,
    Command.FIND: _search,
    Command.RECORD: _archive_line,
    Command.EVENT: _archive_line,
}
_ANSWERED: Final[_Parts] = {
    Command.CURRENT: _current,
    Command.VERSION: _version,
    Command.STATUS: _status,
    Command.HEADER: _header,
    Command.RANGE: _range,
    Command.FIND: _found,
    Command.EVENT: _event,
    Command.RECORD: _record,
}

"""A KMP frame in words, byte by byte. Stuffing is shown where it stands: two bytes for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.kmp import frames, requests
from protocols.vendor.kmp.dialogue import BASE_MODULE, HEAT_METER, TOP_MODULE
from protocols.vendor.kmp.frames import ACKNOWLEDGEMENT, REQUEST, Frame
from protocols.vendor.kmp.registers import name
from protocols.vendor.kmp.replies import MOST_ENTRIES, NO_REGISTER, serial_of, type_of
from protocols.vendor.kmp.units import CLOCK, DATE, UNITS
from protocols.vendor.kmp.values import Cursor, Header, Value

DESTINATIONS: Final[Mapping[int, str]] = {
    HEAT_METER: "heat meter",
    TOP_MODULE: "top module or built-in logger",
    BASE_MODULE: "base module",
}
COMMANDS: Final[Mapping[int, str]] = {
    requests.GET_TYPE: "GetType",
    requests.GET_SERIAL: "GetSerialNo",
    requests.SET_CLOCK: "SetClock",
    requests.GET_REGISTER: "GetRegister",
    0x11: "PutRegister",
    0x63: "hour log",
    0x64: "year log",
    requests.MONTH_LOG: "month log",
    requests.DAY_LOG: "day log",
    0x67: "event log",
    0x9B: "GetEventStatus",
    0x9C: "ClearEventStatus",
    requests.LOG_TOWARDS_NOW: "GetLogTimePresent",
    requests.LOG_LAST: "GetLogLastPresent",
    requests.LOG_FROM_RECORD: "GetLogIDPresent",
    requests.LOG_TOWARDS_PAST: "GetLogTimePast",
    requests.LOGGER: "logger",
}
_SUBCOMMANDS: Final[Mapping[int, str]] = {
    0x05: "configuration",
    requests.FROM_ID: "entries from an ID",
    requests.FROM_NEWEST: "newest entries",
}
LOGGERS: Final = (
    *("config", "info", "year", "month", "day", "hour", "minute 1", "minute 2"),
    *("software download success", "software download audit"),
)

Words = Callable[[Cursor], Iterator[Part]]
"""Parts of a frame's data, in the bytes before stuffing."""


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when it is none."""
    if frame == ACKNOWLEDGEMENT:
        return annotated(frame, [(1, "acknowledgement")])
    return annotated(frame, _widened(frame, _parts(frames.decode(frame))))


def reseal(frame: bytes) -> bytes:
    """The frame with its CRC set right; as it is where it cannot be taken apart."""
    try:
        body = frames.unstuffed(frame[1:-1])
    except FrameError:
        return frame
    if len(body) < frames.OVERHEAD:
        return frame
    return Frame(frame[0], body[0], body[1], body[2:-2]).encode()[:-1] + frame[-1:]


def _widened(frame: bytes, parts: Iterator[Part]) -> Iterator[Part]:
    """The parts with the sizes that their bytes have on the line."""
    sizes = [1, *(len(piece) for piece in frames.pieces(frame[1:-1])), 1]
    at = 0
    for size, meaning in parts:
        yield sum(sizes[at : at + size]), meaning
        at += size


def _parts(frame: Frame) -> Iterator[Part]:
    asked = frame.start == REQUEST
    yield 1, "request" if asked else "reply"
    yield 1, f"destination {frame.destination:02X}, {DESTINATIONS.get(frame.destination, 'not known')}"
    yield 1, f"command {frame.command:02X}, {COMMANDS.get(frame.command, 'not known')}"
    words = (_REQUESTS if asked else _REPLIES).get(frame.command, _data)
    yield from _whole(frame.data, words)
    yield 2, "CRC"
    yield 1, "end"


def _whole(data: bytes, words: Words) -> Iterator[Part]:
    """The words for the data; what they leave, and what is shorter than they expect, is plain data."""
    cursor = Cursor(data)
    try:
        told = list(words(cursor))
    except DecodeError:
        told, cursor = [], Cursor(data)
    yield from told
    yield cursor.left, "data"


def _data(cursor: Cursor) -> Iterator[Part]:
    yield from ()


def _type(cursor: Cursor) -> Iterator[Part]:
    kind = type_of(cursor.take(4))
    yield 2, f"type {kind.type}"
    yield 2, f"software {kind.software or 'not told'}"


def _serial(cursor: Cursor) -> Iterator[Part]:
    yield 4, f"serial number {serial_of(cursor.take(4))}"


def _clock(cursor: Cursor) -> Iterator[Part]:
    yield 4, f"date {cursor.number(4):06}"
    yield 4, f"time {cursor.number(4):06}"


def _asked_registers(cursor: Cursor) -> Iterator[Part]:
    count = cursor.number(1)
    yield 1, f"{count} registers"
    yield from _registers(cursor, count)


def _registers(cursor: Cursor, count: int) -> Iterator[Part]:
    for _ in range(count):
        yield 2, name(cursor.number(2))


def _values(cursor: Cursor) -> Iterator[Part]:
    while cursor.left:
        yield from _headed_value(cursor)


def _headed_value(cursor: Cursor) -> Iterator[Part]:
    header = Header.read(cursor)
    yield from _header(header)
    yield header.size, _shown(Value(header, cursor.take(header.size)))


def _header(header: Header) -> Iterator[Part]:
    unit = UNITS.get(header.unit)
    yield 2, name(header.register)
    yield 1, f"unit {header.unit}, {unit.text or 'none' if unit else 'not known'}"
    yield 1, f"{header.size} bytes"
    yield 1, f"sign and exponent {header.scale:02X}"


def _shown(value: Value) -> str:
    unit = UNITS.get(value.header.unit)
    if unit is None or not value.octets:
        return f"value {value.octets.hex(' ').upper() or 'missing'}"
    if value.header.unit in (CLOCK, DATE):
        return f"value {value.integer:06}"
    times = f" x 10^{unit.tens}" if unit.tens else ""
    number = value.number
    plain = f"{number:f}" if len(value.octets) <= 8 else value.octets.hex(" ").upper()
    return f"value {plain} {unit.text}{times}".rstrip()


def _asked_by_age(cursor: Cursor) -> Iterator[Part]:
    yield 2, name(cursor.number(2))
    yield 2, f"from record {cursor.number(2)}, 1 being the newest"
    yield 1, f"{cursor.number(1)} records"


def _by_age(cursor: Cursor) -> Iterator[Part]:
    if cursor.left == len(NO_REGISTER):
        yield 2, "this register is not in the log" if cursor.take(2) == NO_REGISTER else "data"
        return
    header = Header.read(cursor)
    yield from _header(header)
    while header.size and cursor.left >= header.size:
        yield header.size, _shown(Value(header, cursor.take(header.size)))


def _asked_log(cursor: Cursor) -> Iterator[Part]:
    yield 1, f"log {cursor.number(1)}"
    yield from _asked_registers(cursor)
    yield 1, f"{cursor.number(1)} records"
    yield 1, f"replies of {cursor.number(1)} bytes at most"


def _asked_log_from_time(cursor: Cursor) -> Iterator[Part]:
    yield from _asked_log(cursor)
    cursor.take(8)
    yield 8, "from this time"


def _asked_log_from_record(cursor: Cursor) -> Iterator[Part]:
    yield from _asked_log(cursor)
    yield 2, f"from record {cursor.number(2)}"


def _asked_log_past(cursor: Cursor) -> Iterator[Part]:
    yield from _asked_log_from_time(cursor)
    yield 2, f"{cursor.number(2)} records further"


def _log(cursor: Cursor) -> Iterator[Part]:
    yield 1, f"log {cursor.number(1)}"
    count = cursor.number(1)
    yield 1, f"{count} registers"
    headers: list[Header] = []
    while cursor.left > 5:
        yield 2, f"record {cursor.number(2)}"
        yield from _row(cursor, count, headers)
    yield 2, f"last record read {cursor.number(2)}"
    yield 2, f"newest record {cursor.number(2)}"
    yield 1, f"info {cursor.number(1):02X}"


def _row(cursor: Cursor, count: int, headers: list[Header]) -> Iterator[Part]:
    """One record; the first fills the headers that the others go without."""
    if headers:
        for header in headers:
            yield header.size, _shown(Value(header, cursor.take(header.size)))
        return
    for _ in range(count):
        header = Header.read(cursor)
        headers.append(header)
        yield from _header(header)
        yield header.size, _shown(Value(header, cursor.take(header.size)))


def _logger_kind(cursor: Cursor) -> tuple[int, Iterator[Part]]:
    sub, kind = cursor.number(1), cursor.number(1)
    logger = LOGGERS[kind] if kind < len(LOGGERS) else str(kind)
    return sub, iter([(1, _SUBCOMMANDS.get(sub, f"sub-command {sub:02X}")), (1, f"{logger} logger")])


def _asked_logger(cursor: Cursor) -> Iterator[Part]:
    sub, parts = _logger_kind(cursor)
    yield from parts
    if sub == requests.FROM_ID:
        yield 4, f"from ID {cursor.number(4)}"
    elif sub == requests.FROM_NEWEST:
        yield 2, f"{cursor.number(2)} before the newest"
    else:
        return
    yield 2, f"{cursor.number(2)} entries"
    yield from _asked_registers(cursor)


def _logger(cursor: Cursor) -> Iterator[Part]:
    sub, parts = _logger_kind(cursor)
    yield from parts
    if sub not in (requests.FROM_ID, requests.FROM_NEWEST):
        return
    entries = cursor.number(2)
    yield 2, f"{entries} entries"
    count = cursor.number(1)
    yield 1, f"{count} registers"
    yield 4, f"first ID {cursor.number(4)}"
    yield 4, f"newest ID {cursor.number(4)}"
    yield 2, f"info {cursor.number(2):04X}"
    headers: list[Header] = []
    for _ in range(min(entries, MOST_ENTRIES) if cursor.left else 0):
        yield from _row(cursor, count, headers)


_REQUESTS: Final[Mapping[int, Words]] = {
    requests.SET_CLOCK: _clock,
    requests.GET_REGISTER: _asked_registers,
    0x64: _asked_by_age,
    requests.MONTH_LOG: _asked_by_age,
    requests.DAY_LOG: _asked_by_age,
    0x67: _asked_by_age,
    requests.LOG_TOWARDS_NOW: _asked_log_from_time,
    requests.LOG_LAST: _asked_log,
    requests.LOG_FROM_RECORD: _asked_log_from_record,
    requests.LOG_TOWARDS_PAST: _asked_log_past,
    requests.LOGGER: _asked_logger,
}
_REPLIES: Final[Mapping[int, Words]] = {
    requests.GET_TYPE: _type,
    requests.GET_SERIAL: _serial,
    requests.GET_REGISTER: _values,
    0x64: _by_age,
    requests.MONTH_LOG: _by_age,
    requests.DAY_LOG: _by_age,
    0x67: _by_age,
    requests.LOG_TOWARDS_NOW: _log,
    requests.LOG_LAST: _log,
    requests.LOG_FROM_RECORD: _log,
    requests.LOG_TOWARDS_PAST: _log,
    requests.LOGGER: _logger,
}

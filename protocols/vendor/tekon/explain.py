"""A Tekon frame in words: what `teplo explain tekon` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from protocols.annotation import Annotation, Part, annotated
from protocols.checksums import arithmetic_sum
from protocols.fields import float32
from protocols.vendor.tekon.frames import (
    ACCEPTED,
    FIXED_START,
    OVERHEAD,
    REFUSED,
    REQUEST,
    Frame,
    decode,
    length_of,
)

SINGLE: Final[Mapping[bytes, str]] = {ACCEPTED: "accepted", REFUSED: "refused"}
NAMES: Final[Mapping[int, str]] = {
    0x01: "read a parameter of the gateway",
    0x11: "read a parameter of a module",
    0x14: "send to a module",
    0x15: "read an indexed parameter of the gateway",
    0x19: "read an indexed parameter of a module",
    0x1C: "read a list",
}
PARAMETERS: Final[Mapping[int, str]] = {
    0x0500: "failures",
    0x0901: "date of an event",
    0x0902: "time of an event",
    0x0903: "code of an event",
    0x0904: "detail of an event",
    0xF001: "serial number",
    0xF017: "date",
    0xF018: "time",
}
COMMANDS: Final[Mapping[int, str]] = {
    0x03: "write a parameter",
    0x05: "set the access level",
    0x08: "read an indexed parameter",
}
_LEVELS: Final[Mapping[int, str]] = {1: "user", 2: "adjuster", 3: "vendor"}
_ITEM: Final = 6


def explain(frame: bytes) -> list[Annotation]:
    """Annotations of one whole frame, request or answer; FrameError when it is none."""
    if frame in SINGLE:
        return [Annotation(0, frame, SINGLE[frame])]
    return annotated(frame, _frame(decode(frame)))


def reseal(frame: bytes) -> bytes:
    """The frame with its checksum set right; a single byte has none."""
    if length_of(frame[:4]) != len(frame) or not frame:
        return frame
    body = frame[1:-2] if frame[0] == FIXED_START else frame[4:-2]
    return frame[:-2] + bytes((arithmetic_sum(body),)) + frame[-1:]


def _frame(frame: Frame) -> Iterator[Part]:
    if frame.fixed:
        yield 1, "start of a fixed frame"
    else:
        yield (
            4,
            f"start of a variable frame; {len(frame.encode()) - OVERHEAD} bytes stand before the checksum",
        )
    asked = bool(frame.control & REQUEST)
    yield 1, f"{'request' if asked else 'answer'} number {frame.number}"
    yield 1, f"gateway {frame.gateway}"
    yield from _request(frame.data) if asked else _answer(frame.data)
    yield 1, "checksum, right"
    yield 1, "end of the frame"


def _request(data: bytes) -> Iterator[Part]:
    yield len(data[:1]), NAMES.get(data[0] if data else -1, "unknown code")
    parts = REQUESTS.get(data[0] if data else -1, _plain)
    yield from parts(data[1:])


def _read(data: bytes) -> Iterator[Part]:
    if len(data) != 3:
        yield from _plain(data)
        return
    yield 1, f"module {data[0]}"
    yield 2, _parameter(data[1:3])


def _read_cells(data: bytes) -> Iterator[Part]:
    if len(data) != 6:
        yield from _plain(data)
        return
    yield from _read(data[:3])
    yield 2, f"from index {int.from_bytes(data[3:5], 'little')}"
    yield 1, f"{data[5]} cells"


def _read_list(data: bytes) -> Iterator[Part]:
    whole = len(data) - len(data) % _ITEM
    for at in range(0, whole, _ITEM):
        yield from _read(data[at : at + 3])
        yield 3, f"index {int.from_bytes(data[at + 3 : at + 5], 'little')}" if data[at + 5] else "not indexed"
    yield from _plain(data[whole:])


def _send(data: bytes) -> Iterator[Part]:
    if len(data) < 3:
        yield from _plain(data)
        return
    yield 1, f"{data[0]} bytes follow"
    yield 1, f"module {data[1]}"
    yield 1, f"command: {COMMANDS.get(data[2], 'unknown')}"
    yield from SENT.get(data[2], _plain)(data[3:])


def _level(data: bytes) -> Iterator[Part]:
    if len(data) == 5:
        yield 1, f"level {data[0]}: {_LEVELS.get(data[0], 'unknown')}"
        yield 4, "the password's digits, two a byte"
    else:
        yield from _plain(data)


def _write(data: bytes) -> Iterator[Part]:
    if len(data) == 6:
        yield 2, _parameter(data[:2])
        yield 4, f"new value {_cell(data[2:])}"
    else:
        yield from _plain(data)


def _indexed(data: bytes) -> Iterator[Part]:
    if len(data) < 4:
        yield from _plain(data)
        return
    yield 2, _parameter(data[:2])
    yield 2, f"index {int.from_bytes(data[2:4], 'little')}"
    yield from _plain(data[4:])


def _answer(data: bytes) -> Iterator[Part]:
    """The answer does not say what it answers: cells, or a list of cells with their qualities, mostly 0."""
    listed = len(data) % 5 == 0 and (len(data) % 4 or not any(data[4::5]))
    size = 5 if listed else 4
    for at in range(0, len(data), size):
        cell = data[at : at + size]
        yield len(cell[:4]), f"value {_cell(cell[:4])}"
        yield len(cell[4:]), f"quality {cell[4]}: {'good' if cell[4] == 0 else 'bad'}" if cell[4:] else ""


def _plain(data: bytes) -> Iterator[Part]:
    yield len(data), "data"


REQUESTS: Final[Mapping[int, Callable[[bytes], Iterator[Part]]]] = {
    0x11: _read,
    0x14: _send,
    0x19: _read_cells,
    0x1C: _read_list,
}
SENT: Final[Mapping[int, Callable[[bytes], Iterator[Part]]]] = {
    0x03: _write,
    0x05: _level,
    0x08: _indexed,
}


def _parameter(octets: bytes) -> str:
    number = int.from_bytes(octets, "little")
    return f"parameter {number:04X}: {PARAMETERS.get(number, 'the meaning is of the site')}"


def _cell(octets: bytes) -> str:
    """As float, and as the digits of a date, a time or a serial number."""
    number = float32(octets[::-1]) if len(octets) == 4 else None
    digits = octets.hex(" ").upper()
    return f"{digits}, as a float {number:f}" if number is not None else digits

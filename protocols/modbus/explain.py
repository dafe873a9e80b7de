"""A Modbus frame in words, request or reply, in any framing; what registers mean only a profile knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.fields import float32
from protocols.modbus import function65
from protocols.modbus.framing import unframe
from protocols.modbus.messages import (
    READ_ARCHIVE,
    READ_HOLDING,
    READ_INPUT,
    REFUSED,
    REPORT_ID,
    WRITE_AND_READ,
    WRITE_MULTIPLE,
)

WRITE_ONE: Final = 0x06
TWO_IN_ONE: Final = 13
"""Bytes before what is written in a request of function 48h."""

SMALL, LARGE = 1e-6, 1e9
"""Beyond these a pair of registers is hardly a measured number."""

FUNCTIONS: Final[Mapping[int, str]] = {
    READ_HOLDING: "read holding registers",
    READ_INPUT: "read input registers",
    WRITE_ONE: "write one register",
    WRITE_MULTIPLE: "write registers",
    REPORT_ID: "say who you are",
    READ_ARCHIVE: "read an archive (Vzlet)",
    WRITE_AND_READ: "write and read in one transaction (TV7)",
}
REFUSALS: Final[Mapping[int, str]] = {
    0x01: "the function is not known",
    0x02: "there is no such address",
    0x03: "the value is not accepted",
    0x04: "the device failed",
    0x05: "accepted, more time is needed",
    0x06: "busy",
    0x07: "it cannot be done now",
    0x08: "the checksum of its memory is wrong",
    0x0A: "the gateway has no way to the meter",
    0x0B: "the gateway waited in vain for the meter",
    0x84: "there is no such archive record (TV7)",
}


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when a check fails or no known function has its length."""
    framed = unframe(frame)
    parts = list(_pdu(framed.pdu))
    if sum(size for size, _ in parts) != len(framed.pdu):
        raise FrameError(f"The frame of function {framed.pdu[0]:02X}h has a length that does not fit it.")
    inner = ((size * framed.width, meaning) for size, meaning in parts)
    return annotated(frame, (*framed.before, *inner, *framed.after))


def _pdu(pdu: bytes) -> Iterator[Part]:
    function = pdu[0] & ~REFUSED
    if function not in FUNCTIONS:
        raise FrameError(f"No Modbus function {pdu[0]:02X}h is used by a known meter.")
    name = f"function {function:02X}h, {FUNCTIONS[function]}"
    if pdu[0] & REFUSED:
        yield from _refusal(pdu, name)
        return
    for is_it, direction, parts in _SHAPES[function]:
        if is_it(pdu):
            yield 1, f"{name}: {direction}"
            yield from parts(pdu)
            return
    raise FrameError(f"Neither a request nor a reply of {name} has this length.")


def _refusal(pdu: bytes, name: str) -> Iterator[Part]:
    if len(pdu) != 2:
        raise FrameError(f"A refusal of {name} has two bytes, not {len(pdu)}.")
    yield 1, f"refusal of {name}"
    yield 1, f"exception {pdu[1]:02X}h: {REFUSALS.get(pdu[1], 'a code of the maker; see the manual')}"


def _read_request(pdu: bytes) -> Iterator[Part]:
    yield 2, _address("from", pdu, 1)
    yield 2, _registers(_word(pdu, 3))


def _read_reply(pdu: bytes) -> Iterator[Part]:
    yield 1, f"{pdu[1]} bytes follow"
    yield from _contents(pdu[2:])


def _write_one(pdu: bytes) -> Iterator[Part]:
    yield 2, _address("at", pdu, 1)
    yield 2, _register(pdu[3:5])


def _write_request(pdu: bytes) -> Iterator[Part]:
    yield 2, _address("from", pdu, 1)
    yield 2, _registers(_word(pdu, 3))
    yield 1, f"{pdu[5]} bytes follow"
    yield from _contents(pdu[6:])


def _write_reply(pdu: bytes) -> Iterator[Part]:
    yield 2, _address("from", pdu, 1)
    yield 2, f"{_registers(_word(pdu, 3))} written"


def _identity_reply(pdu: bytes) -> Iterator[Part]:
    text, zero, rest = pdu[2:].partition(b"\x00")
    yield 1, f"{pdu[1]} bytes follow"
    yield len(text), f"text {text.decode('ascii', 'backslashreplace')!r}"
    yield len(zero), "end of the text"
    yield len(rest), "numbers of registers of each kind, and of the largest request"


def _archive_request(pdu: bytes) -> Iterator[Part]:
    yield 2, f"array {_word(pdu, 1)}"
    yield 2, f"{_word(pdu, 3)} records"
    if pdu[5] == function65.BY_INDEX:
        yield 1, "by index"
        yield 2, f"first record: index {_word(pdu, 6)}"
    else:
        yield 1, "by time of archiving"
        yield 6, f"first record: {_archived_at(pdu[1:])} (second, minute, hour, day, month, year)"


def _archive_reply(pdu: bytes) -> Iterator[Part]:
    yield 1, f"{pdu[1]} bytes follow"
    yield len(pdu) - 2, "archive records, back to back; their layout is the model's"


def _two_in_one_request(pdu: bytes) -> Iterator[Part]:
    yield 2, _address("read from", pdu, 1)
    yield 2, f"read {_registers(_word(pdu, 3))}"
    yield 2, _address("write from", pdu, 5)
    yield 2, f"write {_registers(_word(pdu, 7))}"
    yield 2, f"{_word(pdu, 9)} bytes are written"
    yield 2, f"transaction {_word(pdu, 11)}"
    yield from _contents(pdu[TWO_IN_ONE:])


def _two_in_one_reply(pdu: bytes) -> Iterator[Part]:
    yield 2, f"count {_word(pdu, 1)}"
    yield 2, f"transaction {_word(pdu, 3)}"
    yield from _contents(pdu[5:])


def _archived_at(query: bytes) -> str:
    try:
        return str(function65.decode(query).first)
    except DecodeError:
        return "no date of any calendar"


def _contents(data: bytes) -> Iterator[Part]:
    """Registers with what they hold; a pair also as the float that it may be. An odd byte is left over."""
    for at in range(0, len(data) - 1, 2):
        yield 2, f"+{at // 2}: {_register(data[at : at + 2])}{_as_float(data[at : at + 4])}"
    yield len(data) % 2, "one byte more"


def _register(data: bytes) -> str:
    return f"{int.from_bytes(data, 'big')} ({data.hex().upper()}h)"


def _as_float(pair: bytes) -> str:
    number = float32(pair) if len(pair) == 4 else None
    return f"; with the next as float {number:f}" if number and SMALL <= abs(number) < LARGE else ""


def _address(word: str, pdu: bytes, at: int) -> str:
    return f"{word} {_word(pdu, at):04X}h"


def _registers(count: int) -> str:
    return f"{count} register" if count == 1 else f"{count} registers"


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _counted(pdu: bytes) -> bool:
    return len(pdu) > 1 and pdu[1] == len(pdu) - 2


def _has(size: int) -> Callable[[bytes], bool]:
    return lambda pdu: len(pdu) == size


def _is_write(pdu: bytes) -> bool:
    return len(pdu) > 6 and pdu[5] == len(pdu) - 6 == 2 * _word(pdu, 3)


def _is_query(pdu: bytes) -> bool:
    size = len(pdu) - 1
    sizes = {function65.BY_INDEX: function65.INDEX_SIZE, function65.BY_TIME: function65.TIME_SIZE}
    return size > 4 and sizes.get(pdu[5]) == size


def _is_two_in_one(pdu: bytes) -> bool:
    size = _word(pdu, 9)
    return len(pdu) >= TWO_IN_ONE and size == len(pdu) - TWO_IN_ONE == 2 * _word(pdu, 7)


def _is_two_in_one_reply(pdu: bytes) -> bool:
    return len(pdu) > 5 and len(pdu) % 2 == 1


_Shape = tuple[Callable[[bytes], bool], str, Callable[[bytes], Iterator[Part]]]

_READ: Final[tuple[_Shape, ...]] = (
    (_counted, "reply", _read_reply),
    (_has(5), "request", _read_request),
)
_SHAPES: Final[Mapping[int, tuple[_Shape, ...]]] = {
    READ_HOLDING: _READ,
    READ_INPUT: _READ,
    WRITE_ONE: ((_has(5), "request, or the reply that repeats it", _write_one),),
    WRITE_MULTIPLE: ((_is_write, "request", _write_request), (_has(5), "reply", _write_reply)),
    REPORT_ID: ((_has(1), "request", lambda pdu: iter(())), (_counted, "reply", _identity_reply)),
    READ_ARCHIVE: ((_is_query, "request", _archive_request), (_counted, "reply", _archive_reply)),
    WRITE_AND_READ: (
        (_is_two_in_one, "request", _two_in_one_request),
        (_is_two_in_one_reply, "reply", _two_in_one_reply),
    ),
}
"""Of each function what a PDU may be: how it is told, what it is called, and its parts."""

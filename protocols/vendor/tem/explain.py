"""A frame of the TEM protocol in words. Sources: tem-104.md sections 2, 3, 7 and 7a."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.calendar import ArchiveKind
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.tem import commands
from protocols.vendor.tem.commands import CLOCK_WRITE, LINK, NONE_FOUND, RAM, SEARCH, TIMER
from protocols.vendor.tem.frames import REQUEST, Frame, decode
from protocols.vendor.tem.identity import text

Command = tuple[int, int]
"""Set in the group of a read whose answer repeats the address instead of group and command."""

NAMES: Final[Mapping[Command, str]] = {
    (LINK, commands.IDENTIFY): "identify",
    (LINK, commands.VERSION): "firmware version",
    (TIMER, commands.READ_MEMORY): "read timer memory",
    (TIMER, commands.READ_CLOCK): "read clock",
    (TIMER, commands.READ_FLASH): "read FLASH",
    (RAM, commands.READ_MEMORY): "read RAM",
    (SEARCH, commands.FIND_RECORD): "find record by date",
    (CLOCK_WRITE, commands.SET_CLOCK): "set clock",
    (TIMER | commands.EXTENDED, commands.READ_MEMORY): "extended read of timer memory",
    (TIMER | commands.EXTENDED, commands.READ_FLASH): "extended read of FLASH",
    (RAM | commands.EXTENDED, commands.READ_MEMORY): "extended read of RAM",
    (SEARCH | commands.EXTENDED, commands.FIND_RECORD): "extended find record by date",
}
_KINDS: Final = {number: kind for kind, number in commands.ARCHIVE_TYPES.items()}


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError with the check that failed."""
    return annotated(frame, _parts(decode(frame)))


def _parts(frame: Frame) -> Iterator[Part]:
    is_request = frame.signature == REQUEST
    yield 1, "request" if is_request else "reply"
    yield 1, f"address {frame.address}"
    yield 1, "address, inverted"
    yield from _command(frame)
    yield 1, f"{len(frame.data)} bytes of data"
    described = REQUESTS if is_request else REPLIES
    yield from described.get((frame.group, frame.command), _plain)(frame.data)
    yield 1, "checksum: all bytes add up to FF"


def _command(frame: Frame) -> Iterator[Part]:
    name = NAMES.get((frame.group, frame.command))
    if name is None and frame.signature != REQUEST:
        yield (
            2,
            f"no known command: to an extended read, the low address {frame.group:02X}{frame.command:02X}",
        )
        return
    yield 1, f"group {frame.group:02X}"
    yield 1, f"command {frame.command:02X}: {name or 'unknown'}"


def _plain(data: bytes) -> Iterator[Part]:
    yield len(data), "data"


def _memory(data: bytes) -> Iterator[Part]:
    if len(data) != 3:
        yield from _plain(data)
        return
    yield 2, f"from address {int.from_bytes(data[:2], 'big'):04X}"
    yield 1, _length(data[2])


def _registers(data: bytes) -> Iterator[Part]:
    if len(data) != 2:
        yield from _plain(data)
        return
    yield 1, f"from register {data[0]:02X}"
    yield 1, _length(data[1])


def _flash(data: bytes) -> Iterator[Part]:
    """Three orders: TEM-104-K sends three bytes; of five bytes TEM-104-1 begins with a zero."""
    if len(data) == 3:
        yield from _memory(data)
    elif len(data) != 5:
        yield from _plain(data)
    elif data[0]:
        yield 1, _length(data[0])
        yield 4, f"from address {int.from_bytes(data[1:], 'big'):08X}"
    else:
        yield 4, f"from address {int.from_bytes(data[:4], 'big'):06X}, in the order of TEM-104-1"
        yield 1, _length(data[4])


def _search(data: bytes) -> Iterator[Part]:
    if len(data) != 5:
        yield from _plain(data)
        return
    kind: ArchiveKind | str = _KINDS.get(data[0], "unknown")
    yield 1, f"archive {kind}"
    hour, day, month, year = (f"{octet:02x}" for octet in data[1:])
    yield 4, f"hour {hour} of {day}.{month}.20{year}"


def _set_clock(data: bytes) -> Iterator[Part]:
    if len(data) != 7:
        yield from _plain(data)
        return
    register, second, minute, hour, day, month, year = data
    yield 1, f"from register {register:02X}"
    yield 6, f"{hour:02d}:{minute:02d}:{second:02d} {day:02d}.{month:02d}.{2000 + year}"


def _text(data: bytes) -> Iterator[Part]:
    yield len(data), f"text {text(data)!r}"


def _content(what: str) -> Callable[[bytes], Iterator[Part]]:
    def described(data: bytes) -> Iterator[Part]:
        yield len(data), f"content of {what}"

    return described


def _clock_content(data: bytes) -> Iterator[Part]:
    yield len(data), "registers of the clock: " + " ".join(f"{octet:02x}" for octet in data)


def _number(data: bytes) -> Iterator[Part]:
    if len(data) != 2:
        yield from _plain(data)
        return
    number = int.from_bytes(data, "big")
    yield 2, "no such record" if number == NONE_FOUND else f"record {number}"


def _length(octet: int) -> str:
    return f"{octet or 256} bytes wanted"


Described = Mapping[Command, Callable[[bytes], Iterator[Part]]]

REQUESTS: Final[Described] = {
    (TIMER, commands.READ_MEMORY): _memory,
    (TIMER, commands.READ_CLOCK): _registers,
    (TIMER, commands.READ_FLASH): _flash,
    (RAM, commands.READ_MEMORY): _memory,
    (TIMER | commands.EXTENDED, commands.READ_MEMORY): _memory,
    (TIMER | commands.EXTENDED, commands.READ_FLASH): _flash,
    (RAM | commands.EXTENDED, commands.READ_MEMORY): _memory,
    (SEARCH, commands.FIND_RECORD): _search,
    (SEARCH | commands.EXTENDED, commands.FIND_RECORD): _search,
    (CLOCK_WRITE, commands.SET_CLOCK): _set_clock,
}
REPLIES: Final[Described] = {
    (LINK, commands.IDENTIFY): _text,
    (LINK, commands.VERSION): _text,
    (TIMER, commands.READ_MEMORY): _content("timer memory"),
    (TIMER, commands.READ_CLOCK): _clock_content,
    (TIMER, commands.READ_FLASH): _content("FLASH"),
    (RAM, commands.READ_MEMORY): _content("RAM"),
    (SEARCH, commands.FIND_RECORD): _number,
    (SEARCH | commands.EXTENDED, commands.FIND_RECORD): _number,
    (CLOCK_WRITE, commands.SET_CLOCK): _set_clock,
}

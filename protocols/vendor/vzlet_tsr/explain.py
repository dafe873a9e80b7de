"""A frame of the ASCII protocol in words. Source: vzlet-tsr-legacy.md sections 2 to 4.

A text reply on RS-232 has no checksum, and no reply tells its question.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.vzlet_tsr.archives import BANKS, stamp
from protocols.vendor.vzlet_tsr.frames import (
    CODE_PAGE,
    LARGEST_ADDRESS,
    LARGEST_REPLY,
    PREAMBLE,
    is_packet,
    sealed,
)
from protocols.vendor.vzlet_tsr.functions import (
    OF_A_PIPE,
    OF_A_SYSTEM,
    PIPE_INDEX,
    SYSTEM_INDEX,
    WORDS,
    Function,
)

_ARCHIVES: Final = (Function.ARCHIVE, Function.ADDITIONAL_ARCHIVE)
_RECORD_AT: Final = 3


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when it is none."""
    parts = list(_parts(frame))
    if not parts:
        raise FrameError(
            "Not a frame of Vzlet's ASCII protocol: neither a packet with a right length and checksum nor "
            "text between zeros."
        )
    return annotated(frame, parts)


def reseal(frame: bytes) -> bytes:
    """The frame with its checksum set right; a text between zeros has none."""
    for start in (0, 1, 2):
        if len(frame) > start + 2 and frame[start] == len(frame) - start and _may_precede(frame[:start]):
            return frame[:start] + sealed(frame[start:-1])
    return frame


def _parts(frame: bytes) -> Iterator[Part]:
    for start in (0, 1, 2):
        if is_packet(frame[start:]) and _may_precede(frame[:start]):
            yield start, _preceding(frame[:start])
            yield from _packet(frame[start:], bool(start == 1))
            return
    if _is_text(frame):
        yield from _text(frame)
    elif _bank(frame) is not None:
        yield from _record(frame)


def _may_precede(octets: bytes) -> bool:
    """Nothing, an RS-485 address or the preamble."""
    return octets in (b"", PREAMBLE) or (len(octets) == 1 and 1 <= octets[0] <= LARGEST_ADDRESS)


def _preceding(octets: bytes) -> str:
    return "preamble" if octets == PREAMBLE else "".join(f"RS-485 address {octet}" for octet in octets)


def _packet(packet: bytes, on_rs_485: bool) -> Iterator[Part]:
    yield 1, f"length {packet[0]}"
    if on_rs_485 and packet[1] == 0:
        yield from _text(packet[1:-1]) if _is_text(packet[1:-1]) else ((len(packet) - 2, "reply"),)
    else:
        yield 1, f"{packet[1]:02X}h: {WORDS.get(packet[1], 'a function that is not described')}"
        yield from _arguments(packet[1], packet[2:-1])
    yield 1, "checksum, right"


def _arguments(code: int, data: bytes) -> Iterator[Part]:
    if code in _ARCHIVES and len(data) > 2:
        yield 2, f"address {data[:2].hex().upper()}: {_place(int.from_bytes(data[:2], 'big'))}"
        wanted = data[2:].count(b" ")
        yield wanted, f"one byte for each of the record's {wanted}"
        yield len(data) - 2 - wanted, "end"
    elif code == Function.SET_CLOCK:
        yield len(data), "second, minute, hour, day, month, year, units before tens"
    else:
        yield len(data), _argument(code, data)


def _argument(code: int, data: bytes) -> str:
    selected = {index: f"pipe {number}" for number, index in PIPE_INDEX.items() if code in OF_A_PIPE}
    selected |= {index: f"system {number}" for number, index in SYSTEM_INDEX.items() if code in OF_A_SYSTEM}
    usual = "no argument" if data == b"\x00" else f"argument {data.hex(' ').upper()}"
    return selected.get(data[0], usual) if data else usual


def _place(address: int) -> str:
    for kind, bank in BANKS.items():
        index, rest = divmod(address - bank.start, bank.size)
        if 0 <= index < bank.depth and not rest:
            return f"{kind} record {index}"
    return "no record begins there"


def _is_text(frame: bytes) -> bool:
    text = frame[1:-1]
    framed = len(text) > 0 and frame[0] == frame[-1] == 0
    return framed and len(text) <= LARGEST_REPLY and min(text) >= ord(" ")


def _text(frame: bytes) -> Iterator[Part]:
    yield 1, "begin"
    yield len(frame) - 2, f"text {frame[1:-1].decode(CODE_PAGE)!r}"
    yield 1, "end"


def _bank(frame: bytes) -> ArchiveKind | None:
    """Whose record this is: its address tells, its length agrees, and it carries a date."""
    if len(frame) <= _RECORD_AT + 4 or frame[0]:
        return None
    address = int.from_bytes(frame[1:_RECORD_AT], "big")
    for kind, bank in BANKS.items():
        sizes = (bank.size + _RECORD_AT, bank.size + _RECORD_AT + 1)
        placed = 0 <= address - bank.start < bank.depth * bank.size
        if placed and len(frame) in sizes and stamp(frame[_RECORD_AT:]) is not None:
            return kind
    return None


def _record(frame: bytes) -> Iterator[Part]:
    """Text of archives: what the fields behind the date mean, the model tells."""
    address = int.from_bytes(frame[1:_RECORD_AT], "big")
    yield 1, "begin"
    yield 2, f"address {address:04X}: {_place(address)}"
    yield 4, f"day, month, year, hour: {stamp(frame[_RECORD_AT:])}"
    kind = _bank(frame)
    size = BANKS[kind].size if kind is not None else 0
    yield size - 4, "totals, temperatures and status, as the model lays them out"
    yield len(frame) - _RECORD_AT - size, "end"

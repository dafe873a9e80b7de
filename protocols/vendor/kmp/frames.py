"""Frames of KMP: start, stuffed body with its CRC, stop (kamstrup-kmp.md section 1; Kamstrup 5512-447 M1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from metering.errors import FrameError
from protocols.checksums import crc_ccitt

REQUEST, REPLY = 0x80, 0x40
STOP: Final = 0x0D
ACKNOWLEDGEMENT: Final = b"\x06"
ESCAPE: Final = 0x1B
RESERVED: Final = frozenset({REQUEST, REPLY, STOP, ACKNOWLEDGEMENT[0], ESCAPE})
"""Bytes that never stand within a frame: each is sent as ESCAPE and its complement."""

OVERHEAD: Final = 4
"""Destination, command and CRC: the shortest body."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame without its stuffing. `start` is REQUEST or REPLY."""

    start: int
    destination: int
    command: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The frame as it goes over the line."""
        body = bytes((self.destination, self.command)) + self.data
        sealed = body + crc_ccitt(body).to_bytes(2, "big")
        return bytes((self.start,)) + stuffed(sealed) + bytes((STOP,))


def stuffed(body: bytes) -> bytes:
    """The body with its reserved bytes escaped."""
    return b"".join(bytes((ESCAPE, octet ^ 0xFF)) if octet in RESERVED else bytes((octet,)) for octet in body)


def pieces(body: bytes) -> list[bytes]:
    """A stuffed body cut into what stands for one byte each; FrameError where the stuffing is wrong."""
    found, at = [], 0
    while at < len(body):
        size = 2 if body[at] == ESCAPE else 1
        piece = body[at : at + size]
        if not _is_right(piece, size):
            raise FrameError(f"Not a KMP frame: {piece.hex(' ').upper()} cannot stand within one.")
        found.append(piece)
        at += size
    return found


def unstuffed(body: bytes) -> bytes:
    """The body without stuffing; FrameError where the stuffing is wrong."""
    return bytes(piece[-1] ^ 0xFF if len(piece) == 2 else piece[0] for piece in pieces(body))


def decode(frame: bytes) -> Frame:
    """The frame of these bytes; FrameError says what is wrong with them."""
    if len(frame) < OVERHEAD + 2 or frame[0] not in (REQUEST, REPLY) or frame[-1] != STOP:
        raise FrameError("Not a KMP frame: it begins with 80 or 40 and ends with 0D.")
    body = unstuffed(frame[1:-1])
    if len(body) < OVERHEAD:
        raise FrameError("Not a KMP frame: it is too short for a command and its CRC.")
    if crc_ccitt(body):
        raise FrameError("Not a valid KMP frame: its CRC is wrong.")
    return Frame(frame[0], body[0], body[1], body[2:-2])


def find(buffer: bytes, wanted: Callable[[Frame], bool]) -> tuple[Frame, int] | None:
    """The first wanted reply of a buffer and where it ends; damaged and other frames are stepped over."""
    begun, end = 0, buffer.find(STOP)
    while end >= 0:
        start = buffer.rfind(REPLY, begun, end)
        found = _reply(buffer[start : end + 1]) if start >= 0 else None
        if found is not None and wanted(found):
            return found, end + 1
        begun, end = end + 1, buffer.find(STOP, end + 1)
    return None


def _reply(frame: bytes) -> Frame | None:
    try:
        return decode(frame)
    except FrameError:
        return None


def _is_right(piece: bytes, size: int) -> bool:
    if size == 1:
        return piece[0] not in RESERVED
    return len(piece) == size and piece[1] ^ 0xFF in RESERVED

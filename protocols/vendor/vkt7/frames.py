"""VKT-7 framing: Modbus RTU's look, a wake-up before every request, a longer refusal (vkt7.md section 1).

A read request is `address 03 register count CRC`, a write request `address 10 register count size data CRC`;
they are answered by `address 03 size data CRC` and `address 10 register count CRC`, or refused by
`address function|80 code service CRC`, whose service byte means nothing. Register and count have their high
byte first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from protocols.checksums import crc_modbus

READ, WRITE, REFUSED = 0x03, 0x10, 0x80
WAKE_UP: Final = b"\xff\xff"
LARGEST: Final = 264
LARGEST_ADDRESS: Final = 240
LARGEST_BUFFER: Final = 4096
"""Bytes in which a frame is looked for."""

SESSION, OUTPUTS = 0x3FFF, 0x3FEE
SESSION_MARK: Final = 0xCC
"""The byte count that starts a session, whatever the payload's real length."""

_SHORT, _REFUSAL, _SMALLEST = 8, 6, 5
_REAL_SIZES: Final = {(SESSION, SESSION_MARK): 4, (OUTPUTS, 0x01): 2}
"""Payloads that are not as long as their byte count says, by register and byte count."""


def sealed(body: bytes) -> bytes:
    """The frame of this body: its CRC behind it."""
    return body + crc_modbus(body).to_bytes(2, "little")


def is_sealed(frame: bytes) -> bool:
    """Whether the last two bytes are the CRC of all before."""
    return len(frame) >= _SMALLEST and sealed(frame[:-2]) == frame


def read_request(address: int, register: int, count: int = 0) -> bytes:
    return sealed(bytes((address, READ)) + _pair(register, count))


def write_request(address: int, register: int, payload: bytes, byte_count: int | None = None) -> bytes:
    """`byte_count`: where it shall not be the payload's length."""
    size = len(payload) if byte_count is None else byte_count
    return sealed(bytes((address, WRITE)) + _pair(register, 0) + bytes((size,)) + payload)


def read_answer(address: int, data: bytes) -> bytes:
    return sealed(bytes((address, READ, len(data))) + data)


def write_answer(address: int, register: int) -> bytes:
    return sealed(bytes((address, WRITE)) + _pair(register, 0))


def refusal(address: int, function: int, code: int) -> bytes:
    """The service byte is the one of every logged refusal."""
    return sealed(bytes((address, function | REFUSED, code, 0x3F)))


def request_sizes(head: bytes) -> tuple[int, ...]:
    """How long the request may be that begins so, the likeliest first; empty when it is none.

    A read list of 34 elements has the very byte count that starts a session: the CRC decides.
    """
    if len(head) < 2 or head[1] not in (READ, WRITE):
        return ()
    if head[1] == READ:
        return (_SHORT,)
    if len(head) < 7:
        return ()
    real = _REAL_SIZES.get((int.from_bytes(head[2:4], "big"), head[6]))
    said = 9 + head[6]
    return (said,) if real is None else (9 + real, said)


def answer_sizes(head: bytes) -> tuple[int, ...]:
    """How long the answer may be that begins so; empty when it is none, or too short to know."""
    if len(head) < 3:
        return ()
    if head[1] in (READ | REFUSED, WRITE | REFUSED):
        return (_REFUSAL,)
    return {READ: (5 + head[2],), WRITE: (_SHORT,)}.get(head[1], ())


def frames_in(buffer: bytes, sizes: Callable[[bytes], tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Where whole valid frames of the kind that `sizes` knows begin and end, at any byte of the buffer."""
    for at in range(len(buffer)):
        for size in sizes(buffer[at : at + 7]):
            end = at + size
            if size <= LARGEST and end <= len(buffer) and is_sealed(buffer[at:end]):
                yield at, end


def awake(frame: bytes) -> tuple[int, bytes]:
    """How many wake-up bytes stand before a frame, and the frame without them."""
    body = frame.lstrip(b"\xff")
    return len(frame) - len(body), body


def _pair(register: int, count: int) -> bytes:
    return register.to_bytes(2, "big") + count.to_bytes(2, "big")

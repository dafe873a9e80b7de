"""Packets of Vzlet's ASCII protocol, on RS-232 and on RS-485.

Source: vzlet-tsr-legacy.md section 2. A request has a length and a checksum on both; a reply has them on
RS-485 alone, on RS-232 it is text between zeros, or an archive record behind its echoed address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final, NamedTuple

from metering.errors import ConfigurationError, FrameError

RS_232: Final = 0
"""The address that stands for none: a meter alone on an RS-232 line or behind a modem."""

LARGEST_ADDRESS: Final = 31
PREAMBLE: Final = b"\x00\x00"
SMALLEST, LARGEST = 4, 64
LARGEST_REPLY: Final = 256
CODE_PAGE: Final = "cp866"
_ZERO: Final = b"\x00"


class Line(NamedTuple):
    """How a meter is reached: its RS-485 address or RS_232, and what stands before a packet there."""

    address: int
    preamble: bytes = b""

    def request(self, code: int, data: bytes) -> bytes:
        """A whole request."""
        start = self.preamble if self.address == RS_232 else bytes((self.address,))
        return start + packet(code, data)

    def reply(self, content: bytes) -> bytes:
        """A whole reply around text or record; for the device's side."""
        body = _ZERO + content + _ZERO
        if self.address == RS_232:
            return body
        return bytes((self.address,)) + sealed(bytes((len(body) + 2,)) + body)


def parse_address(text: str) -> int:
    """0 for RS-232, 1 to 31 for RS-485; ConfigurationError when it is neither."""
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= LARGEST_ADDRESS):
        raise ConfigurationError(
            f"{text!r} is no address of a TSR: write 1 to 31 on RS-485, 0 on RS-232, where meters have none."
        )
    return int(text)


def packet(code: int, data: bytes) -> bytes:
    """Length, code, data and checksum."""
    return sealed(bytes((len(data) + 3, code)) + data)


def sealed(body: bytes) -> bytes:
    """The body with its checksum: the two's complement of the XOR of all its bytes."""
    return body + bytes((-reduce(xor, body, 0) & 0xFF,))


def is_packet(octets: bytes) -> bool:
    """Whether these bytes are one whole packet."""
    return SMALLEST <= len(octets) == octets[0] and sealed(octets[:-1]) == octets


@dataclass(frozen=True, slots=True)
class Question:
    """One request. `record`: an archive record's address and size, where the reply is none of text.

    A text reply on RS-232 tells neither its question nor whether it is whole: ask twice.
    """

    line: Line
    code: int
    data: bytes
    record: tuple[bytes, int] | None = None

    def frame(self) -> bytes:
        """The bytes to send."""
        return self.line.request(self.code, self.data)

    def complete(self, buffer: bytes) -> int | None:
        """Where the first possible reply ends in the buffer; None while it is not there."""
        return next((end for end, _ in self._replies(buffer)), None)

    def content(self, heard: bytes) -> bytes:
        """The text of a reply, or the record without its address."""
        found = next((content for _, content in self._replies(heard)), None)
        if found is None:
            raise FrameError()
        return found

    def _replies(self, buffer: bytes) -> Iterator[tuple[int, bytes]]:
        if self.line.address != RS_232:
            for end, body in _sealed_replies(self.line.address, buffer):
                yield from ((end, content) for _, content in self._contents(body))
        else:
            yield from self._contents(buffer)

    def _contents(self, octets: bytes) -> Iterator[tuple[int, bytes]]:
        if self.record is None:
            yield from _texts(octets)
            return
        mark, size = _ZERO + self.record[0], self.record[1]
        start = octets.find(mark)
        while start >= 0:
            first = start + len(mark)
            if len(octets) >= first + size:
                closed = octets[first + size : first + size + 1] == _ZERO
                yield first + size + closed, octets[first : first + size]
            start = octets.find(mark, start + 1)


def _sealed_replies(address: int, buffer: bytes) -> Iterator[tuple[int, bytes]]:
    """Bodies of RS-485 replies, from zero to zero; a request has its code where a reply has a zero."""
    start = buffer.find(address)
    while start >= 0:
        size = buffer[start + 1] if start + 1 < len(buffer) else 0
        octets = buffer[start + 1 : start + 1 + size]
        if len(octets) == size and is_packet(octets) and octets[1] == 0:
            yield start + 1 + size, octets[1:-1]
        start = buffer.find(address, start + 1)


def _texts(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Printable characters between two zeros."""
    start = octets.find(0)
    while start >= 0:
        end = octets.find(0, start + 1)
        text = octets[start + 1 : end]
        if end > start + 1 and len(text) <= LARGEST_REPLY and min(text) >= ord(" "):
            yield end + 1, text
        start = end

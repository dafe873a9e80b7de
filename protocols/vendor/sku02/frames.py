"""SKU-02 frames: requests and answers of one shape, without an address, closed by three checks.

Source: sku-02.md section 1. Numbers are big-endian.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from metering.errors import ConfigurationError, FrameError

START, STOP = 0x68, 0x16
DEVICE_TYPE: Final = b"\x00\x02"
HEAD: Final = 30
"""Bytes before the data; the last of them is a request's command."""

COMMAND_AT: Final = 29
CLOSING: Final = 4
REQUEST_SIZE: Final = HEAD + CLOSING
LARGEST: Final = 1024
CURRENT_VALUES, CLOCK = 0x20, 0x28
ADDRESS: Final = "0"


def check_address(text: str) -> None:
    """ConfigurationError unless this is the address that stands for none."""
    if text != ADDRESS:
        raise ConfigurationError(
            f"{text!r}: an SKU-02 has no address, one meter stands on a line; write {ADDRESS}."
        )


def sealed(body: bytes) -> bytes:
    """The body, its length being in it, with the three checks and the stop."""
    first = reduce(xor, body, 0)
    third = (sum(body) + 2 * first) & 0xFF
    return body + bytes((first, third ^ 0xFF, third, STOP))


def frame(command: int, head: bytes = b"", data: bytes = b"") -> bytes:
    """A whole frame. `head` holds the bytes 6 to 28, zeros in a request."""
    size = (HEAD + len(data) + CLOSING).to_bytes(2, "big")
    start = bytes((START,)) + size + bytes((START,)) + DEVICE_TYPE
    return sealed(start + head.ljust(COMMAND_AT - len(start), b"\x00") + bytes((command,)) + data)


def is_frame(octets: bytes) -> bool:
    """Whether these bytes are one whole valid frame."""
    if len(octets) < REQUEST_SIZE or octets[0] != START or octets[3:6] != bytes((START,)) + DEVICE_TYPE:
        return False
    return int.from_bytes(octets[1:3], "big") == len(octets) and sealed(octets[:-CLOSING]) == octets


@dataclass(frozen=True, slots=True)
class Question:
    """One request. An answer does not tell which question it answers: its data's size does.

    `least` and `most` bound the bytes of data.
    """

    command: int
    least: int
    most: int

    def frame(self) -> bytes:
        """The bytes to send."""
        return frame(self.command)

    def complete(self, buffer: bytes) -> int | None:
        """Where the answer ends in the buffer; None while it is not there."""
        return next((end for end, _ in self._answers(buffer)), None)

    def answer(self, heard: bytes) -> bytes:
        """The whole answer."""
        found = next((one for _, one in self._answers(heard)), None)
        if found is None:
            raise FrameError()
        return found

    def _answers(self, buffer: bytes) -> Iterator[tuple[int, bytes]]:
        start = buffer.find(START)
        while start >= 0:
            size = int.from_bytes(buffer[start + 1 : start + 3], "big")
            one = buffer[start : start + size]
            if self.least <= size - HEAD - CLOSING <= self.most and len(one) == size and is_frame(one):
                yield start + size, one
            start = buffer.find(START, start + 1)

"""KM-5 frames: requests of 16 bytes, answers of 32 or 72, each closed by an XOR and a sum.

Source: km-5.md section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from operator import xor
from typing import Final

from metering.errors import ConfigurationError, FrameError, MeterError
from protocols.checksums import arithmetic_sum
from protocols.fields import bcd

REQUEST, SHORT, LONG = 16, 32, 72
ADDRESS: Final = 4
HEAD: Final = 5
CHECKS: Final = 2
_DIGITS: Final = 8


class Command(IntEnum):
    """What may be asked; keys, starting the counting and writing are no part of this driver."""

    ADDRESS = 0x00
    LINK = 0x02
    DISPLAY = 0x04
    STATUS = 0x08
    VERSION = 0x09
    CURRENT = 0x2C
    HEADER = 0x32
    RANGE = 0x33
    FIND = 0x34
    STAMP_AT = 0x36
    EVENT = 0x37
    RECORD_AT = 0x40
    RECORD = 0x41
    MEASURED = 0x5D
    MEASURED_TOO = 0x7B


LONG_ANSWERS: Final = frozenset({Command.RECORD_AT, Command.RECORD, Command.MEASURED, Command.MEASURED_TOO})
REFUSALS: Final = frozenset({0xFB, 0xFC, 0xFD, 0xFE, 0xFF, 0xF1})
EMPTY: Final = frozenset({0xEF, 0xF0})
"""Command bytes of answers that refuse, and of answers without data; what each means is not known."""


def parse_address(text: str) -> bytes:
    """The network address on the wire, last two digits first; ConfigurationError when it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text)):
        raise ConfigurationError(f"{text!r} is no address of a KM-5: write its number of up to eight digits.")
    return bytes.fromhex(text.zfill(_DIGITS))[::-1]


def address_digits(octets: bytes) -> str:
    """The network address as it is written; FrameError when its bytes are no digits, or all zero."""
    if not bcd(octets):
        raise FrameError("Not a KM-5 frame: its first four bytes are no network address.")
    return octets[::-1].hex()


def sealed(body: bytes) -> bytes:
    """The body with its XOR and its sum behind it."""
    return body + bytes((reduce(xor, body, 0), arithmetic_sum(body)))


def is_sealed(frame: bytes) -> bool:
    """Whether both checks of a frame are right."""
    return sealed(frame[:-CHECKS]) == frame


def request(address: bytes, command: int, parameters: bytes = b"") -> bytes:
    """A whole request."""
    return sealed((address + bytes((command,)) + parameters).ljust(REQUEST - CHECKS, b"\x00"))


def answer(address: bytes, command: int, data: bytes) -> bytes:
    """A whole answer, padded to the length of its command."""
    size = LONG if command in LONG_ANSWERS else SHORT
    return sealed((address + bytes((command,)) + data).ljust(size - CHECKS, b"\x00"))


@dataclass(frozen=True, slots=True)
class Question:
    """One request. An answer repeats the command, but neither group nor line."""

    address: bytes
    command: Command
    parameters: bytes = b""

    def frame(self) -> bytes:
        """The bytes to send."""
        return request(self.address, self.command, self.parameters)

    def complete(self, buffer: bytes) -> int | None:
        """Where the answer ends in the buffer; None while it is not there."""
        return next((end for end, _ in self._answers(buffer)), None)

    def answer(self, heard: bytes) -> bytes | None:
        """The whole answer; None when it carries no data. MeterError when the meter refuses."""
        found = next((frame for _, frame in self._answers(heard)), None)
        if found is None:
            raise FrameError()
        code = found[ADDRESS]
        if code in REFUSALS and code != self.command:
            raise MeterError(
                f"Meter {address_digits(self.address)} refused command {self.command:02X}h with code "
                f"{code:02X}h, which nobody has explained; check that the registered model is right."
            )
        return None if code in EMPTY else found

    def _answers(self, buffer: bytes) -> Iterator[tuple[int, bytes]]:
        start = buffer.find(self.address)
        while start >= 0:
            for size in self._sizes(buffer[start + ADDRESS : start + HEAD]):
                frame = buffer[start : start + size]
                if len(frame) == size and is_sealed(frame):
                    yield start + size, frame
            start = buffer.find(self.address, start + 1)

    def _sizes(self, command: bytes) -> tuple[int, ...]:
        """How long an answer with this command byte may be; a refusal may have either length."""
        if command == bytes((self.command,)):
            return (LONG,) if self.command in LONG_ANSWERS else (SHORT,)
        return (SHORT, LONG) if command and command[0] in REFUSALS | EMPTY else ()

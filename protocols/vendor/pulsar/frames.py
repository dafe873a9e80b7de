"""Pulsar-M frames, both directions (pulsar.md 2): ADDR F L DATA ID CRC.

The address is the serial number in four bytes of BCD, high first; L is the length of the whole frame; the
answer repeats function and ID; CRC is that of Modbus, low byte first. The search has a form of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metering.errors import ConfigurationError, FrameError
from protocols.checksums import crc_modbus
from protocols.fields import bcd, to_bcd

OVERHEAD: Final = 10
LARGEST: Final = 255
LARGEST_BUFFER: Final = 4096
"""Bytes in which an answer is looked for: sixteen times the longest one."""
CRC_SIZE: Final = 2
FAILED: Final = 0
"""The function of an answer that refuses."""

SEARCH_MARK: Final = bytes.fromhex("F0 0F 0F F0")
SEARCH: Final = SEARCH_MARK + bytes.fromhex("00 00 00 00 00 A5 44")
_ADDRESS_SIZE: Final = 4
_FOUND_SIZES: Final = range(10, 17)
"""How long the answer to a search may be: the reference does not say."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A request or an answer; `number` is the ID that ties them together."""

    address: int
    function: int
    data: bytes
    number: int

    def encode(self) -> bytes:
        body = to_bcd(self.address, _ADDRESS_SIZE) + bytes((self.function, OVERHEAD + len(self.data)))
        return sealed(body + self.data + self.number.to_bytes(2, "little"))


def sealed(body: bytes) -> bytes:
    """These bytes and their CRC."""
    return body + crc_modbus(body).to_bytes(CRC_SIZE, "little")


def is_sealed(frame: bytes) -> bool:
    """Whether the last two bytes are the CRC of the others."""
    return sealed(frame[:-CRC_SIZE]) == frame


def renumbered(frame: bytes, like: bytes) -> bytes:
    """The frame with the ID of another one; a search has none."""
    if min(len(frame), len(like)) < OVERHEAD or SEARCH_MARK in (frame[:4], like[:4]):
        return frame
    return sealed(frame[:-4] + like[-4:-2])


def decode(octets: bytes) -> Frame:
    """The one frame that these bytes are; FrameError says which check failed."""
    if len(octets) < OVERHEAD:
        raise FrameError(f"Not a Pulsar frame: {len(octets)} bytes, the shortest one has {OVERHEAD}.")
    if octets[5] != len(octets):
        raise FrameError(f"Not a Pulsar frame: it says {octets[5]} bytes long and has {len(octets)}.")
    if not is_sealed(octets):
        raise FrameError("Not a Pulsar frame: the CRC is wrong; bytes were changed on the line.")
    address = bcd(octets[:_ADDRESS_SIZE])
    if address is None:
        raise FrameError("Not a Pulsar frame: its address is not of decimal digits.")
    return Frame(address, octets[4], octets[6:-4], int.from_bytes(octets[-4:-2], "little"))


def find(buffer: bytes, address: int, function: int, number: int) -> tuple[Frame, int] | None:
    """The answer of this meter to this question, a refusal included, and where it ends in the buffer."""
    mark = to_bcd(address, _ADDRESS_SIZE)
    start = buffer.find(mark, 0, LARGEST_BUFFER)
    while start >= 0:
        frame = whole(buffer[start : start + LARGEST])
        if frame is not None and frame.function in (function, FAILED) and frame.number == number:
            return frame, start + OVERHEAD + len(frame.data)
        start = buffer.find(mark, start + 1, LARGEST_BUFFER)
    return None


def whole(octets: bytes) -> Frame | None:
    """The frame that stands at the start of these bytes; None while it is none."""
    if len(octets) < OVERHEAD or not OVERHEAD <= octets[5] <= len(octets):
        return None
    try:
        return decode(octets[: octets[5]])
    except FrameError:
        return None


def find_searched(buffer: bytes) -> tuple[int, int] | None:
    """The address that the answer to a search names, and where the answer ends; never the echo."""
    for start in range(min(len(buffer), LARGEST)):
        for size in _FOUND_SIZES:
            answer = buffer[start : start + size]
            address = bcd(answer[4:8])
            if len(answer) == size and address and is_sealed(answer):
                return address, start + size
    return None


def parse_address(address: str) -> int:
    """The number of a meter's address on its line; ConfigurationError when it is none."""
    if not (address.isascii() and address.isdigit() and len(address) <= 2 * _ADDRESS_SIZE):
        raise ConfigurationError(
            f"{address!r} is no Pulsar address: write the serial number of the nameplate, up to eight digits."
        )
    return int(address)

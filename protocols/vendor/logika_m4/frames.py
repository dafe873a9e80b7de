"""Frames of the M4 bus: the short one of all devices, the long one of the younger (logika-m4.md section 2).

    10 NT FNC data CS 16                                  short: CS = complement of the sum of NT, FNC, data
    10 NT 90 ID ATR DLlo DLhi FNC data CRChi CRClo        long: CRC over everything behind the 10

A short frame does not say how long it is: who asked knows, from the function and his own question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from metering.errors import FrameError
from protocols.checksums import arithmetic_sum, crc_ccitt

START: Final = 0x10
STOP: Final = 0x16
LONG_MARK: Final = 0x90
ANYBODY: Final = 255
"""The network number to which every device answers, with this very number."""

WAKE_UP: Final = b"\xff" * 16
SHORT_OVERHEAD: Final = 5
LONG_HEADER: Final = 7
"""Bytes before the function: 10, NT, 90, ID, ATR and the length."""
CRC_SIZE: Final = 2
LONGEST_BODY: Final = 2048
"""Devices send at most 1024 bytes; what announces more than twice as many is noise."""


@dataclass(frozen=True, slots=True)
class ShortFrame:
    """Function and data of a short frame; `network` is the device's NT or ANYBODY."""

    network: int
    function: int
    data: bytes

    def encode(self) -> bytes:
        body = bytes((self.network, self.function)) + self.data
        return bytes((START,)) + body + bytes((_complement(body), STOP))


@dataclass(frozen=True, slots=True)
class LongFrame:
    """Function and data of a long frame; `identifier` is copied into the answer."""

    network: int
    identifier: int
    function: int
    data: bytes
    attributes: int = 0

    def encode(self) -> bytes:
        length = (1 + len(self.data)).to_bytes(2, "little")
        body = bytes((self.network, LONG_MARK, self.identifier, self.attributes)) + length
        body += bytes((self.function,)) + self.data
        return bytes((START,)) + body + crc_ccitt(body).to_bytes(CRC_SIZE, "big")


Frame = ShortFrame | LongFrame


def decode(octets: bytes) -> Frame:
    """The one frame that these bytes are, whole and nothing else; FrameError says which check failed."""
    if not octets or octets[0] != START:
        raise FrameError("Not a frame of the M4 bus: it does not start with 10.")
    is_long = len(octets) > 2 and octets[2] == LONG_MARK
    fault = _long_fault(octets) if is_long else _short_fault(octets)
    if fault:
        raise FrameError(f"Not a valid frame of the M4 bus: {fault}.")
    return _unpack_long(octets) if is_long else ShortFrame(octets[1], octets[2], octets[3:-2])


def renumbered(frame: bytes, like: bytes) -> bytes:
    """The frame with the identifier of another one; short frames have none."""
    here, there = _identifier_at(frame), _identifier_at(like)
    if here is None or there is None:
        return frame
    return reseal(frame[:here] + like[there : there + 1] + frame[here + 1 :])


def _identifier_at(frame: bytes) -> int | None:
    start = len(frame) - len(frame.lstrip(b"\xff"))
    is_long = frame[start : start + 1] == bytes((START,)) and frame[start + 2 : start + 3] == bytes(
        (LONG_MARK,)
    )
    return start + 3 if is_long else None


def find_short(
    buffer: bytes, network: int, sizes: Mapping[int, int], begin: int = 0
) -> tuple[ShortFrame, int] | None:
    """The first valid short frame of this device, and where it ends; None while there is none.

    `sizes`: how many bytes of data each function has that is waited for. All else is stepped over.
    """
    for at in _starts(buffer, begin):
        head = buffer[at + 1 : at + 3]
        if len(head) < 2 or head[0] != network or head[1] not in sizes:
            continue
        end = at + SHORT_OVERHEAD + sizes[head[1]]
        if end <= len(buffer) and not _short_fault(buffer[at:end]):
            return ShortFrame(network, head[1], buffer[at + 3 : end - 2]), end
    return None


def find_long(buffer: bytes, network: int, identifier: int) -> tuple[LongFrame, int] | None:
    """The first valid long frame of this device with this identifier, and where it ends; None without."""
    for at in _starts(buffer, 0):
        if buffer[at + 1 : at + 4] != bytes((network, LONG_MARK, identifier)):
            continue
        end = at + _announced(buffer[at:])
        if end <= len(buffer) and not _long_fault(buffer[at:end]):
            return _unpack_long(buffer[at:end]), end
    return None


def _starts(buffer: bytes, begin: int) -> Iterator[int]:
    at = buffer.find(START, begin)
    while at >= 0:
        yield at
        at = buffer.find(START, at + 1)


def _complement(body: bytes) -> int:
    return arithmetic_sum(body) ^ 0xFF


def _announced(octets: bytes) -> int:
    """How long a long frame is whose header begins these bytes; more than may be while it is unknown."""
    if len(octets) < LONG_HEADER:
        return LONG_HEADER + LONGEST_BODY
    return LONG_HEADER + int.from_bytes(octets[5:LONG_HEADER], "little") + CRC_SIZE


def _short_fault(octets: bytes) -> str:
    if len(octets) < SHORT_OVERHEAD:
        return f"a short frame has at least {SHORT_OVERHEAD} bytes, {len(octets)} are there"
    if octets[-1] != STOP:
        return f"its last byte is {octets[-1]:02X}, not {STOP:02X}"
    expected = _complement(octets[1:-2])
    return "" if octets[-2] == expected else f"checksum {octets[-2]:02X}, its bytes give {expected:02X}"


def _long_fault(octets: bytes) -> str:
    announced = _announced(octets)
    if announced <= LONG_HEADER + CRC_SIZE or announced > LONG_HEADER + LONGEST_BODY + CRC_SIZE:
        return "its length is none that a device sends"
    if len(octets) != announced:
        return f"it announces {announced} bytes, {len(octets)} are there"
    expected, found = crc_ccitt(octets[1:-CRC_SIZE]), int.from_bytes(octets[-CRC_SIZE:], "big")
    return "" if expected == found else f"CRC {found:04X}, its bytes give {expected:04X}"


def _unpack_long(octets: bytes) -> LongFrame:
    function, data = octets[LONG_HEADER], octets[LONG_HEADER + 1 : -CRC_SIZE]
    return LongFrame(octets[1], octets[3], function, data, octets[4])


def reseal(octets: bytes) -> bytes:
    """The frame, behind a wake-up or not, with its checksum set right."""
    frame = octets.lstrip(WAKE_UP[:1])
    if len(frame) < SHORT_OVERHEAD or frame[0] != START:
        return octets
    if frame[2] == LONG_MARK:
        return octets[:-CRC_SIZE] + crc_ccitt(frame[1:-CRC_SIZE]).to_bytes(CRC_SIZE, "big")
    return octets[:-2] + bytes((_complement(frame[1:-2]),)) + octets[-1:]

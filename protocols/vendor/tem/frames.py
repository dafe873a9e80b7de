"""Frames of the TEM protocol, both directions.

A frame is signature, address, inverted address, group, command, length, data and checksum; all its bytes add
up to FFh. Sources: tem-104.md section 2 (maker's descriptions of TEM-104, TEM-104-1 and TEM-104M).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from metering.errors import FrameError
from protocols.checksums import arithmetic_sum

REQUEST, REPLY = 0x55, 0xAA
HEAD: Final = 6
"""Bytes before the data."""
_SUM_OF_ALL: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `data` of at most 255 bytes."""

    signature: int
    address: int
    group: int
    command: int
    data: bytes

    def encode(self) -> bytes:
        """The whole frame."""
        head = bytes((self.signature, self.address, self.address ^ 0xFF, self.group, self.command))
        return sealed(head + bytes((len(self.data),)) + self.data)


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and how the reply to exactly it is recognised. `size`: bytes of data in the reply.

    `place`: what the reply has instead of group and command, where it repeats a place of memory.
    """

    address: int
    group: int
    command: int
    data: bytes
    size: int | None = None
    place: tuple[int, int] | None = None

    def frame(self) -> bytes:
        """The request as it goes out."""
        return Frame(REQUEST, self.address, self.group, self.command, self.data).encode()

    def complete(self, buffer: bytes) -> int | None:
        """Where the reply ends (conversation.Exchange.complete)."""
        return next((end for _, end in self._replies(buffer)), None)

    def answer(self, heard: bytes) -> bytes:
        """The data of the reply at the end of what was heard; FrameError when there is none."""
        data = next((frame.data for frame, _ in self._replies(heard)), None)
        if data is None:
            raise FrameError("The meter's reply is cut off or damaged; the question may be asked again.")
        return data

    def _replies(self, buffer: bytes) -> Iterator[tuple[Frame, int]]:
        told = self.place or (self.group, self.command)
        head = bytes((REPLY, self.address, self.address ^ 0xFF, *told))
        at = buffer.find(head)
        while at >= 0:
            end = frame_end(buffer, at)
            if end is not None and self._fits(frame := decode(buffer[at:end])):
                yield frame, end
            at = buffer.find(head, at + 1)

    def _fits(self, frame: Frame) -> bool:
        return self.size is None or len(frame.data) == self.size


def frame_end(buffer: bytes, at: int) -> int | None:
    """Where the frame that begins here ends; None when it is not whole or its checksum is wrong."""
    if len(buffer) < at + HEAD:
        return None
    end = at + HEAD + buffer[at + HEAD - 1] + 1
    whole = len(buffer) >= end and arithmetic_sum(buffer[at:end]) == _SUM_OF_ALL
    return end if whole else None


def decode(octets: bytes) -> Frame:
    """The frame that these bytes are; FrameError with the check that failed."""
    if len(octets) <= HEAD:
        raise FrameError(f"Not a whole TEM frame: it has {len(octets)} bytes, the shortest has {HEAD + 1}.")
    signature, address, inverted, group, command, size = octets[:HEAD]
    if signature not in (REQUEST, REPLY):
        raise FrameError(f"Not a TEM frame: it begins with {signature:02X} and not with 55 or AA.")
    if address ^ inverted != 0xFF:
        raise FrameError(f"Not a TEM frame: {inverted:02X} is not the inverted address {address:02X}.")
    if len(octets) != HEAD + size + 1:
        raise FrameError(
            f"Not a TEM frame: {size} bytes of data are announced, {len(octets) - HEAD - 1} came."
        )
    if arithmetic_sum(octets) != _SUM_OF_ALL:
        raise FrameError("Not a valid TEM frame: its checksum is wrong.")
    return Frame(signature, address, group, command, octets[HEAD:-1])


def sealed(octets: bytes) -> bytes:
    """These bytes with the checksum behind them."""
    return octets + bytes((arithmetic_sum(octets) ^ 0xFF,))


def reseal(frame: bytes) -> bytes:
    """The frame with its checksum set right."""
    return sealed(frame[:-1])

"""VIS.T on the line: Modbus RTU with functions 03, 04 and 14h, whose frames are built and found here.

Source: vis-t.md section 1. Numbers are big-endian.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from metering.errors import ConfigurationError, FrameError, MeterBusy, MeterError, NotSupported
from protocols.checksums import crc_modbus

HOLDING, INPUT, FILE = 0x03, 0x04, 0x14
REFUSED: Final = 0x80
CRC: Final = 2
LARGEST_UNIT: Final = 247
REFERENCE_TYPE: Final = 6
SUB_REQUEST: Final = 7

ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3
NO_SUCH_RECORD: Final = frozenset({ILLEGAL_ADDRESS, ILLEGAL_VALUE})

_REFUSALS: Final[Mapping[int, tuple[type[MeterError], str]]] = {
    0x01: (NotSupported, "it does not know the function; check that the model is the registered one"),
    0x02: (NotSupported, "it has no such address; check the registered model and its firmware"),
    0x03: (NotSupported, "it does not accept the value; check that the model is the registered one"),
    0x05: (MeterBusy, "it needs more time; ask again in the next cycle"),
    0x06: (MeterBusy, "it is busy; ask again in the next cycle"),
}
_OTHER_REFUSAL: Final = (MeterError, "nobody has explained this code")


def parse_address(text: str) -> int:
    """The unit of a meter's address; ConfigurationError when it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LARGEST_UNIT):
        raise ConfigurationError(f"{text!r} is no address of a VIS.T: write a number from 1 to 247.")
    return int(text)


def sealed(body: bytes) -> bytes:
    """The body with its CRC, low byte first."""
    return body + crc_modbus(body).to_bytes(CRC, "little")


def is_sealed(frame: bytes) -> bool:
    """Whether the CRC of a frame is right."""
    return len(frame) > CRC and sealed(frame[:-CRC]) == frame


@dataclass(frozen=True, slots=True)
class Question:
    """One request. The reply begins with `opening`, and its data, `size` bytes, follow at once."""

    unit: int
    function: int
    asked: bytes
    opening: bytes
    size: int

    def frame(self) -> bytes:
        """The bytes to send."""
        return sealed(bytes((self.unit, self.function)) + self.asked)

    def complete(self, buffer: bytes) -> int | None:
        """Where the reply to exactly this question ends in the buffer; None while it is not there."""
        return next((end for end, _ in self._replies(buffer)), None)

    def refusal(self, heard: bytes) -> int | None:
        """The exception code of a reply that refuses; None when it does not."""
        frame = self._reply(heard)
        return frame[2] if frame[1] & REFUSED else None

    def data(self, heard: bytes) -> bytes:
        """The data of the reply; raises what its exception code means when the meter refuses."""
        frame = self._reply(heard)
        if frame[1] & REFUSED:
            kind, meaning = _REFUSALS.get(frame[2], _OTHER_REFUSAL)
            raise kind(f"Meter {self.unit} refused function {self.function:02X}h: {meaning}.")
        return frame[2 + len(self.opening) : -CRC]

    def _reply(self, heard: bytes) -> bytes:
        found = next((frame for _, frame in self._replies(heard)), None)
        if found is None:
            raise FrameError()
        return found

    def _replies(self, buffer: bytes) -> Iterator[tuple[int, bytes]]:
        heads = {
            bytes((self.unit, self.function)) + self.opening: 2 + len(self.opening) + self.size + CRC,
            bytes((self.unit, self.function | REFUSED)): 3 + CRC,
        }
        start = buffer.find(self.unit)
        while start >= 0:
            for head, size in heads.items():
                frame = buffer[start : start + size]
                if len(frame) == size and frame.startswith(head) and is_sealed(frame):
                    yield start + size, frame
            start = buffer.find(self.unit, start + 1)


def read_registers(unit: int, function: int, address: int, count: int) -> Question:
    """Functions 03 and 04; the data are the registers' bytes."""
    asked = address.to_bytes(2, "big") + count.to_bytes(2, "big")
    return Question(unit, function, asked, bytes((2 * count,)), 2 * count)


def read_record(unit: int, file: int, record: int, count: int) -> Question:
    """Function 14h: one record of a file, `count` registers long."""
    fields = (file, record, count)
    asked = bytes((SUB_REQUEST, REFERENCE_TYPE)) + b"".join(field.to_bytes(2, "big") for field in fields)
    size = 2 * count
    return Question(unit, FILE, asked, bytes((size + 2, size + 1, REFERENCE_TYPE)), size)


def answer(unit: int, function: int, data: bytes) -> bytes:
    """The reply that carries these data; for the device's side."""
    size = len(data)
    opening = bytes((size + 2, size + 1, REFERENCE_TYPE)) if function == FILE else bytes((size,))
    return sealed(bytes((unit, function)) + opening + data)

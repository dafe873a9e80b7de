"""Modbus questions and their replies in RTU, ASCII and TCP framing; the only module that knows pymodbus.

Source: MODBUS Application Protocol V1.1b3; functions 65 (41h) and 72 (48h) from the makers' descriptions.
A reply is taken only when everything that could tell it from another one is right: address, function, byte
count or echoed fields, checksum or MBAP header. Whatever else stands in the buffer is stepped over.
"""

from __future__ import annotations

from binascii import Error as NotHexadecimal
from binascii import a2b_hex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from pymodbus.framer import FramerAscii, FramerBase, FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.other_message import ReportDeviceIdRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)

from metering.errors import (
    ConfigurationError,
    FrameError,
    LineUnavailable,
    MeterBusy,
    MeterError,
    NoResponse,
    NotSupported,
    TeploError,
)

READ_HOLDING: Final = 0x03
READ_INPUT: Final = 0x04
WRITE_MULTIPLE: Final = 0x10
REPORT_ID: Final = 0x11
READ_ARCHIVE: Final = 0x41
WRITE_AND_READ: Final = 0x48

REFUSED: Final = 0x80
"""Added to the function in a reply that refuses."""

LARGEST_BUFFER: Final = 4096
"""Bytes in which a reply is looked for; the longest reply in any framing is an eighth of that."""

LARGEST_UNIT: Final = 255
"""The standard ends at 247; gateways use 255 for themselves, and some meters answer to 0."""


class Framing(StrEnum):
    """How a PDU travels: with a CRC, as hexadecimal text, or behind an MBAP header."""

    RTU = "rtu"
    ASCII = "ascii"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Request:
    """A request PDU and the marks of its reply.

    The reply PDU repeats `echoed` at `echoed_at`. It has `size` bytes; None: as many as the byte after the
    function counts, `least` of them at least. Its data begin at `data_at`. `about` names the question in
    error texts.
    """

    function: int
    data: bytes
    about: str
    echoed: bytes = b""
    echoed_at: int = 1
    size: int | None = None
    data_at: int = 2
    least: int = 0

    def reply_size(self, pdu: bytes) -> int | None:
        """The size of the reply that may begin here; None when it is none, or too short to know."""
        if pdu[:1] == bytes([self.function | REFUSED]):
            return 2
        if pdu[:1] != bytes([self.function]):
            return None
        if self.size is not None:
            return self.size
        return 2 + pdu[1] if len(pdu) > 1 else None

    def accepts(self, pdu: bytes) -> bool:
        """Whether this is a whole reply, or a refusal, to this request."""
        if len(pdu) != self.reply_size(pdu):
            return False
        refused = bool(pdu[0] & REFUSED)
        enough = len(pdu) >= self.data_at + self.least
        return refused or (enough and pdu[self.echoed_at :].startswith(self.echoed))


def read_registers(function: int, address: int, count: int, least: int | None = None) -> Request:
    """Functions 03 and 04: `count` registers from `address`; the reply's data are their bytes.

    `least`: the meter answers with more or fewer bytes than 2 x count, but with so many at least.
    """
    asked = {READ_HOLDING: ReadHoldingRegistersRequest, READ_INPUT: ReadInputRegistersRequest}[function]
    data = _encoded(asked(address=address, count=count))
    about = f"reading {count} registers from {address:04X}h by function {function:02X}h"
    if least is not None:
        return Request(function, data, about, least=least)
    return Request(function, data, about, echoed=bytes([2 * count]), size=2 + 2 * count)


def write_registers(address: int, data: bytes) -> Request:
    """Function 16: these bytes, an even number, into the registers from `address`."""
    registers = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    encoded = _encoded(WriteMultipleRegistersRequest(address=address, registers=registers))
    about = f"writing {len(registers)} registers from {address:04X}h"
    return Request(WRITE_MULTIPLE, encoded, about, echoed=encoded[:4], size=5, data_at=5)


def report_id() -> Request:
    """Function 17: the meter's own text about itself."""
    return Request(REPORT_ID, _encoded(ReportDeviceIdRequest()), "asking for the device information")


def read_archive(query: bytes, size: int, longer: bool = False) -> Request:
    """Function 65 with this query; `size` is the length of the records asked for, in bytes.

    `longer`: the records have parts behind it that nobody described.
    """
    about = f"reading array {int.from_bytes(query[:2], 'big')} by function 41h"
    if size > 0xFF:
        raise ConfigurationError(f"{about}: its one byte cannot count {size} bytes; ask for fewer records.")
    if longer:
        return Request(READ_ARCHIVE, query, about, least=size)
    return Request(READ_ARCHIVE, query, about, echoed=bytes([size]), size=2 + size)


def write_and_read(read_at: int, count: int, write_at: int, data: bytes, number: int) -> Request:
    """Function 72: write `data` at one place and read `count` registers at another; `number` comes back."""
    head = (read_at, count, write_at if data else 0, len(data) // 2, len(data), number)
    query = b"".join(field.to_bytes(2, "big") for field in head) + data
    about = f"reading {count} registers from {read_at:04X}h by function 48h"
    echoed = number.to_bytes(2, "big")
    return Request(WRITE_AND_READ, query, about, echoed, echoed_at=3, size=5 + 2 * count, data_at=5)


@dataclass(frozen=True, slots=True)
class Question:
    """A request to one unit on one line. `transaction` is used by TCP framing alone."""

    request: Request
    unit: int
    framing: Framing = Framing.RTU
    transaction: int = 1

    def frame(self) -> bytes:
        """The bytes to send."""
        return frame(self.request.function, self.request.data, self.unit, self.framing, self.transaction)

    def complete(self, buffer: bytes) -> int | None:
        """Where the reply to exactly this question ends in the buffer; None while it is not there."""
        found = self._find(buffer)
        return found.end if found else None

    def refusal(self, reply: bytes) -> int | None:
        """The exception code of a reply that refuses; None when it does not."""
        pdu = self._pdu(reply)
        return pdu[1] if pdu[0] & REFUSED else None

    def data(self, reply: bytes) -> bytes:
        """The data of the reply; raises what its exception code means when the meter refuses."""
        pdu = self._pdu(reply)
        if pdu[0] & REFUSED:
            raise _refusal(pdu[1], self.unit, self.request.about)
        return pdu[self.request.data_at :]

    def _pdu(self, reply: bytes) -> bytes:
        found = self._find(reply)
        if found is None:
            raise FrameError()
        return found.pdu

    def _find(self, buffer: bytes) -> _Found | None:
        return _FINDERS[self.framing](bytes(buffer[:LARGEST_BUFFER]), self)


def frame(function: int, data: bytes, unit: int, framing: Framing, transaction: int = 1) -> bytes:
    """Any PDU, request or reply, as it travels."""
    framer: FramerBase = _FRAMERS[framing](DecodePDU(False))
    return framer.encode(bytes([function]) + data, unit, transaction)


class _Found(NamedTuple):
    end: int
    pdu: bytes


def _find_rtu(buffer: bytes, question: Question) -> _Found | None:
    start = buffer.find(question.unit)
    while start >= 0:
        size = question.request.reply_size(buffer[start + 1 : start + 3])
        end = start + 1 + size if size else len(buffer)
        pdu, crc = buffer[start + 1 : end], buffer[end : end + 2]
        whole = len(crc) == 2 and question.request.accepts(pdu)
        if whole and FramerRTU.check_CRC(buffer[start:end], int.from_bytes(crc, "big")):
            return _Found(end + 2, pdu)
        start = buffer.find(question.unit, start + 1)
    return None


def _find_ascii(buffer: bytes, question: Question) -> _Found | None:
    start = buffer.find(b":")
    while start >= 0:
        end = buffer.find(b"\r\n", start)
        if end < 0:
            return None
        body = _hexadecimal(buffer[buffer.rfind(b":", start, end) + 1 : end])
        whole = body[:1] == bytes([question.unit]) and question.request.accepts(body[1:-1])
        if whole and FramerAscii.check_LRC(body[:-1], body[-1]):
            return _Found(end + 2, body[1:-1])
        start = buffer.find(b":", end)
    return None


def _find_tcp(buffer: bytes, question: Question) -> _Found | None:
    mark = question.transaction.to_bytes(2, "big") + b"\x00\x00"
    start = buffer.find(mark)
    while start >= 0:
        end = start + 6 + int.from_bytes(buffer[start + 4 : start + 6], "big")
        pdu = buffer[start + 7 : end]
        whole = end <= len(buffer) and buffer[start + 6 : start + 7] == bytes([question.unit])
        if whole and question.request.accepts(pdu):
            return _Found(end, pdu)
        start = buffer.find(mark, start + 1)
    return None


_Finder = Callable[[bytes, Question], _Found | None]

_FINDERS: Final[Mapping[Framing, _Finder]] = {
    Framing.RTU: _find_rtu,
    Framing.ASCII: _find_ascii,
    Framing.TCP: _find_tcp,
}
_FRAMERS: Final[Mapping[Framing, type[FramerBase]]] = {
    Framing.RTU: FramerRTU,
    Framing.ASCII: FramerAscii,
    Framing.TCP: FramerSocket,
}

_REFUSALS: Final[Mapping[int, tuple[type[TeploError], str]]] = {
    0x01: (NotSupported, "it does not know the function; check that the model is the registered one"),
    0x02: (NotSupported, "it has no such address; check the registered model and its firmware"),
    0x03: (NotSupported, "it does not accept the value; check that the model is the registered one"),
    0x04: (MeterError, "it reports a failure of its own; look for an error on its display"),
    0x05: (MeterBusy, "it accepted the question and needs more time; ask again in the next cycle"),
    0x06: (MeterBusy, "it is busy; ask again in the next cycle"),
    0x07: (MeterError, "it cannot do this now; check its mode and access switch"),
    0x08: (MeterError, "the checksum of its own memory is wrong; the record is lost"),
    0x0A: (LineUnavailable, "the gateway has no way to it; check the gateway's routing"),
    0x0B: (NoResponse, "the gateway waited in vain for it; check its address, power and wiring"),
}


def _refusal(code: int, unit: int, about: str) -> TeploError:
    kind, meaning = _REFUSALS.get(code, (MeterError, "the code is the maker's own; see the model's manual"))
    return kind(f"Meter {unit} refused {about} with code {code:02X}h: {meaning}.")


def _encoded(pdu: ModbusPDU) -> bytes:
    try:
        return pdu.encode()
    except ValueError as error:
        raise ConfigurationError(
            f"Modbus cannot ask this: {error}; check the profile's addresses."
        ) from error


def _hexadecimal(text: bytes) -> bytes:
    try:
        return a2b_hex(text)
    except (NotHexadecimal, ValueError):
        return b""

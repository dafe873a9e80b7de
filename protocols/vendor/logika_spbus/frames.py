"""Frames of SPbus (logika-spbus.md section 2): text records in a binary envelope.

    10 01 [DAD SAD] 10 1F FNC head 10 02 data 10 03 CRChi CRClo

The CRC covers everything behind 10 01 up to and including 10 03. An address byte of 10 is sent twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from metering.errors import FrameError
from protocols.checksums import crc_ccitt

DLE: Final = b"\x10"
BEGIN, FUNCTION, DATA, END = b"\x10\x01", b"\x10\x1f", b"\x10\x02", b"\x10\x03"
CRC_SIZE: Final = 2
LONGEST: Final = 8192
"""Devices send at most about 5500 bytes."""

Route = tuple[int, int] | None
"""Destination and source on the bus; None when the device itself is on the line."""


@dataclass(frozen=True, slots=True)
class SpbusFrame:
    """One message. `head` comes back in the answer."""

    function: int
    data: bytes
    head: bytes = b""
    route: Route = None

    def encode(self) -> bytes:
        body = _route_bytes(self.route) + FUNCTION + bytes((self.function,))
        body += self.head + DATA + self.data + END
        return BEGIN + body + crc_ccitt(body).to_bytes(CRC_SIZE, "big")


def decode(octets: bytes) -> SpbusFrame:
    """The one frame that these bytes are, whole and nothing else; FrameError says which check failed."""
    if not octets.startswith(BEGIN):
        raise FrameError("Not a frame of SPbus: it does not start with 10 01.")
    body, crc = octets[len(BEGIN) : -CRC_SIZE], octets[-CRC_SIZE:]
    if not body.endswith(END):
        raise FrameError("Not a valid frame of SPbus: no 10 03 stands before its last two bytes.")
    expected = crc_ccitt(body)
    if int.from_bytes(crc, "big") != expected:
        raise FrameError(
            f"Not a valid frame of SPbus: CRC {crc.hex().upper()}, its bytes give {expected:04X}."
        )
    return _unpack(body)


def find(buffer: bytes) -> Iterator[tuple[SpbusFrame, int]]:
    """Every valid frame of a buffer and where it ends, from the first on; all else is stepped over."""
    begin = buffer.find(BEGIN)
    while begin >= 0:
        found = _frame_at(buffer, begin)
        if found is not None:
            yield found
        begin = buffer.find(BEGIN, found[1] if found else begin + 1)


def reseal(octets: bytes) -> bytes:
    """The frame with its CRC set right."""
    if not octets.startswith(BEGIN) or len(octets) < len(BEGIN) + CRC_SIZE:
        return octets
    return octets[:-CRC_SIZE] + crc_ccitt(octets[len(BEGIN) : -CRC_SIZE]).to_bytes(CRC_SIZE, "big")


def renumbered(octets: bytes, like: bytes) -> bytes:
    """The frame with the head of another one: ours are running numbers."""
    try:
        return replace(decode(octets), head=decode(like).head).encode()
    except FrameError:
        return octets


def _frame_at(buffer: bytes, begin: int) -> tuple[SpbusFrame, int] | None:
    """The CRC may hold 10 03 as well, so every 10 03 is tried."""
    at = buffer.find(END, begin, begin + LONGEST)
    while at >= 0:
        end = at + len(END) + CRC_SIZE
        if end <= len(buffer) and not crc_ccitt(buffer[begin + len(BEGIN) : end]):
            try:
                return decode(buffer[begin:end]), end
            except FrameError:
                return None
        at = buffer.find(END, at + 1, begin + LONGEST)
    return None


def _unpack(body: bytes) -> SpbusFrame:
    route, rest = _route(body)
    if not rest.startswith(FUNCTION) or len(rest) <= len(FUNCTION):
        raise FrameError("Not a valid frame of SPbus: no 10 1F where the function is to be.")
    function = rest[len(FUNCTION)]
    head, mark, data = rest[len(FUNCTION) + 1 : -len(END)].partition(DATA)
    if not mark:
        raise FrameError("Not a valid frame of SPbus: no 10 02 before the data.")
    return SpbusFrame(function, data, head, route)


def route_size(body: bytes) -> int:
    """How many bytes of addresses stand before the function."""
    if body.startswith(FUNCTION):
        return 0
    at = 0
    for _ in range(2):
        at += 2 if body[at : at + 2] == DLE * 2 else 1
    return at


def _route(body: bytes) -> tuple[Route, bytes]:
    size = route_size(body)
    if not size:
        return None, body
    addresses = body[:size].replace(DLE * 2, DLE)
    if len(addresses) != 2:
        raise FrameError("Not a valid frame of SPbus: its addresses are not two.")
    return (addresses[0], addresses[1]), body[size:]


def _route_bytes(route: Route) -> bytes:
    return b"".join(bytes((one,)) * (2 if one == DLE[0] else 1) for one in route or ())

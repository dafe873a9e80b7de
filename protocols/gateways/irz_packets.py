"""Packets between us and an iRZ modem with encapsulation (gprs-gateways.md, 3.2 and 3.3).

    C8 CA CB CC CD  <type>  <length, high byte first>  <payload>  0D 0A

The type of data is UNCONFIRMED: a public emulator of the modem sends 01. Therefore what comes in a packet of
an unknown type is taken for data too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from metering.errors import FrameError

MARKER: Final = bytes.fromhex("C8 CA CB CC CD")
END: Final = b"\r\n"
HEAD: Final = len(MARKER) + 3
LARGEST_PAYLOAD: Final = 1448
"""Bytes; what a modem puts into one TCP segment."""
LARGEST_PACKET: Final = HEAD + LARGEST_PAYLOAD + 1 + len(END)
"""With the byte that a report of the inputs has too many."""
LARGEST_SENT: Final = 1024

KEEP_ALIVE: Final = bytes.fromhex("B5 BC BD BE BF")
"""Stands alone on the wire when there is no encapsulation."""
REQUEST: Final = bytes.fromhex("00 40")
"""Stands before the number of a command; the modem does not look at its first byte, it seems."""
REPLY: Final = bytes.fromhex("01 40")


class PacketType(IntEnum):
    """What a packet carries."""

    DATA = 1
    KEEP_ALIVE = 2
    FIRMWARE = 4
    SETTINGS = 5
    COMMAND = 12


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. `size` is its length on the wire, which one byte too many may have made longer."""

    type: int
    payload: bytes
    size: int = 0

    def encode(self) -> bytes:
        return MARKER + bytes((self.type,)) + len(self.payload).to_bytes(2, "big") + self.payload + END


def packet_at_start(heard: bytes) -> Packet | None:
    """The packet that these bytes begin with; None while it may be one whose end is still missing.

    FrameError: these bytes begin with no packet.
    """
    if not (heard.startswith(MARKER) or MARKER.startswith(heard)):
        raise FrameError("Not an iRZ packet: it does not begin with C8 CA CB CC CD.")
    if len(heard) < HEAD:
        return None
    length = int.from_bytes(heard[HEAD - 2 : HEAD], "big")
    if length > LARGEST_PAYLOAD:
        raise FrameError(f"Not an iRZ packet: it announces {length} bytes; {LARGEST_PAYLOAD} are the most.")
    kind, last = heard[len(MARKER)], HEAD + length
    # The modem's report of its inputs has one byte more than it says.
    for end in (last, last + 1) if kind == PacketType.COMMAND else (last,):
        if heard[end : end + 2] == END:
            return Packet(kind, heard[HEAD:end], end + 2)
        if END.startswith(heard[end : end + 2]):
            return None
    raise FrameError("Not an iRZ packet: 0D 0A is not where its length says.")


def command(number: int) -> bytes:
    """The packet that gives the modem a command."""
    return Packet(PacketType.COMMAND, REQUEST + bytes((number,))).encode()


def command_number(payload: bytes) -> int | None:
    """The command that a command's or a reply's payload is about."""
    return payload[2] if payload[:2] in (REQUEST, REPLY) and len(payload) > 2 else None

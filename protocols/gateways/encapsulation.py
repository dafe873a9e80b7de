"""Taking a modem's packets apart and putting ours together, for an iRZ modem that wants them."""

from __future__ import annotations

from typing import Final

from metering.errors import FrameError
from protocols.gateways.irz_packets import (
    LARGEST_PACKET,
    LARGEST_SENT,
    MARKER,
    Packet,
    PacketType,
    command_number,
    packet_at_start,
)

SETTINGS_TYPES: Final = frozenset({PacketType.FIRMWARE, PacketType.SETTINGS})
"""They answer what we never ask."""


class Encapsulation:
    """One connection's packets.

    A command's packet is sent as it is, and its reply is passed on as it is, so that a conversation asks the
    modem as it asks a meter; a report that nobody asked for is dropped. Bytes outside of packets are passed
    on: they may be a meter's, from a modem that was set otherwise than it said.
    """

    def __init__(self) -> None:
        self.keep_alives = 0
        self._held = b""
        self._asked: int | None = None

    @property
    def pending(self) -> bool:
        """Whether a packet's possible beginning is held back that quiet() would pass on."""
        return 0 < len(self._held) < len(MARKER)

    def unwrap(self, data: bytes) -> bytes:
        """What the packets that are whole by now carry, and the bytes between them."""
        heard, payload, place = self._held + data, bytearray(), 0
        while place < len(heard):
            begun = _beginning(heard, place)
            payload += heard[place:begun]
            # A copy of the rest for each beginning would cost the square of a hostile burst's length.
            piece, place = heard[begun : begun + LARGEST_PACKET], begun
            try:
                packet = packet_at_start(piece)
            except FrameError:
                payload += piece[:1]
                place += 1
                continue
            if packet is None:
                break
            payload += self._contents(packet, piece[: packet.size])
            place += packet.size
        self._held = heard[place:]
        return bytes(payload)

    def quiet(self) -> bytes:
        """Nothing followed for a while. A packet that has begun is kept: its end is on its way."""
        if not self.pending:
            return b""
        payload, self._held = self._held, b""
        return payload

    def wrap(self, payload: bytes) -> bytes:
        """The packets that carry these bytes; a command's packet itself."""
        asked = _command(payload)
        if asked is not None:
            self._asked = asked
            return payload
        pieces = (payload[start : start + LARGEST_SENT] for start in range(0, len(payload), LARGEST_SENT))
        return b"".join(Packet(PacketType.DATA, piece).encode() for piece in pieces)

    def _contents(self, packet: Packet, whole: bytes) -> bytes:
        if packet.type == PacketType.KEEP_ALIVE:
            self.keep_alives += 1
            return b""
        if packet.type == PacketType.COMMAND:
            return whole if self._is_asked_for(packet) else b""
        return b"" if packet.type in SETTINGS_TYPES else packet.payload

    def _is_asked_for(self, packet: Packet) -> bool:
        asked = self._asked is not None and command_number(packet.payload) == self._asked
        self._asked = None if asked else self._asked
        return asked


def _beginning(heard: bytes, start: int) -> int:
    """Where, from `start` on, the first packet or its possible beginning stands; else the end of all."""
    found = heard.find(MARKER, start)
    if found >= 0:
        return found
    places = range(max(start, len(heard) - len(MARKER) + 1), len(heard))
    return next((place for place in places if MARKER.startswith(heard[place:])), len(heard))


def _command(payload: bytes) -> int | None:
    try:
        packet = packet_at_start(payload) if payload else None
    except FrameError:
        return None
    if packet is None or packet.type != PacketType.COMMAND or packet.size != len(payload):
        return None
    return command_number(packet.payload)

"""Teleofis WRX: frames, and the authorisation that the server begins (gprs-gateways.md, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from metering.errors import FrameError
from metering.modems import ModemIdentity
from protocols.checksums import crc_ccitt_false
from protocols.gateways.greeting import Doubt, Expected, Hello, HelloKind

START: Final = 0xC0
END: Final = 0xC2
ESCAPE: Final = 0xC4
STUFFED: Final = {START: bytes((ESCAPE, 0xC1)), END: bytes((ESCAPE, 0xC3)), ESCAPE: bytes((ESCAPE, ESCAPE))}
UNSTUFFED: Final = {0xC1: START, 0xC3: END, ESCAPE: ESCAPE}

SHORTEST: Final = 6
"""Protocol, action, command, length and checksum of a frame without data."""
LARGEST: Final = 2 + 2 * (SHORTEST + 1 + 255)
"""A frame of 255 data bytes, all of them stuffed, with a command of two bytes."""

AUTHORISATION: Final = 63
SERVICE_CHANNEL: Final = 0


class Action(IntEnum):
    """What a frame is for."""

    GET = 0
    GET_ANSWER = 2
    AUTHORISE = 6
    AUTHORISE_ANSWER = 7


@dataclass(frozen=True, slots=True)
class WrxFrame:
    """One frame. The command is one byte in protocol 0 and two, low byte first, in protocol 1."""

    action: int
    command: int
    data: bytes = b""
    protocol: int = 0

    def encode(self) -> bytes:
        command = self.command.to_bytes(1 + self.protocol, "little")
        body = bytes((self.protocol, self.action)) + command + bytes((len(self.data),)) + self.data
        body += crc_ccitt_false(body).to_bytes(2, "little")
        stuffed = b"".join(STUFFED.get(byte, bytes((byte,))) for byte in body)
        return bytes((START,)) + stuffed + bytes((END,))


WRX_PROBE: Final = WrxFrame(Action.AUTHORISE, 0, bytes(20)).encode()
"""Asks who is there; the gateway says nothing before it has heard it."""
ACCEPTED: Final = WrxFrame(Action.AUTHORISE, 1, bytes(20), protocol=1).encode()


def decode(octets: bytes) -> WrxFrame:
    """The frame from C0 to C2; FrameError says which check failed."""
    if len(octets) < 2 or octets[0] != START or octets[-1] != END:
        raise FrameError("Not a WRX frame: it does not stand between C0 and C2.")
    body = _unstuff(octets[1:-1])
    if len(body) < SHORTEST or crc_ccitt_false(body[:-2]) != int.from_bytes(body[-2:], "little"):
        raise FrameError("Not a valid WRX frame: wrong checksum.")
    return _unpack(body[:-2])


def _unstuff(stuffed: bytes) -> bytes:
    plain, octets = bytearray(), iter(stuffed)
    for byte in octets:
        value = UNSTUFFED.get(next(octets, -1)) if byte == ESCAPE else byte
        if value is None:
            raise FrameError("Not a valid WRX frame: C4 stands before a byte that is never stuffed.")
        plain.append(value)
    return bytes(plain)


def _unpack(body: bytes) -> WrxFrame:
    protocol, action = body[0], body[1]
    if protocol > 1:
        raise FrameError(f"A WRX frame of protocol {protocol}; 0 and 1 are known.")
    head = 3 + protocol
    data = body[head + 1 :]
    if len(body) <= head or body[head] != len(data):
        raise FrameError("Not a valid WRX frame: its length byte disagrees with its length.")
    return WrxFrame(action, int.from_bytes(body[2:head], "little"), data, protocol)


def recognise(heard: bytes, paused: bool, expected: Expected) -> Hello | Doubt:
    """The gateway's answer to WRX_PROBE; its checksum stands for the check digit of the IMEI."""
    if heard[0] != START:
        return Doubt.OTHER
    end = heard.find(END) + 1
    if not end:
        return Doubt.MORE if len(heard) < LARGEST else Doubt.OTHER
    try:
        frame = decode(heard[:end])
    except FrameError:
        return Doubt.OTHER
    asked = (frame.action, frame.command, len(frame.data)) == (Action.AUTHORISE_ANSWER, 0, AUTHORISATION)
    imei = frame.data[1:16]
    return _hello(frame.data, heard[end:]) if asked and imei.isdigit() else Doubt.OTHER


def _hello(data: bytes, rest: bytes) -> Hello:
    imei = data[1:16].decode("ascii")
    firmware, hardware = _text(data[16:33]), _text(data[33:43])
    return Hello(
        HelloKind.WRX,
        imei,
        rest,
        modem=ModemIdentity(imei=imei, maker="Teleofis", model=hardware, firmware=firmware),
        service=data[62] == SERVICE_CHANNEL,
    )


def _text(field: bytes) -> str:
    text = field.partition(b"\0")[0].decode("ascii", "replace")
    return "".join(character for character in text if character.isprintable()).strip()

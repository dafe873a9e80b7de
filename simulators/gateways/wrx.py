"""Teleofis WRX in client mode, read independently from gprs-gateways.md, section 4."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from simulators.gateways.dialogue import Csq, Heard
from simulators.gateways.gateway import Gateway

_BEGIN: Final = 0xC0
_FINISH: Final = 0xC2
_ESCAPE: Final = 0xC4
_ESCAPED: Final = {0xC0: 0xC1, 0xC2: 0xC3, 0xC4: 0xC4}
_PLAIN: Final = {second: octet for octet, second in _ESCAPED.items()}
_CRC_START: Final = 0xFFFF
_LONGEST: Final = 600

GET, GET_ANSWER, LOGIN, LOGIN_ANSWER = 0, 2, 6, 7
ACCEPTED: Final = 1
"""The command of the frame that lets the gateway in."""
_NOT_AUTHORISED: Final = b"\x00"
_NOT_SUPPORTED: Final = b"\x02"


class Frame(NamedTuple):
    """One frame: `proto` 0 has commands of one byte, `proto` 1 of two."""

    proto: int
    action: int
    command: int
    data: bytes

    def encode(self) -> bytes:
        command = self.command.to_bytes(1 + self.proto, "little")
        body = bytes([self.proto, self.action]) + command + bytes([len(self.data)]) + self.data
        body += crc_hqx(body, _CRC_START).to_bytes(2, "little")
        return bytes([_BEGIN]) + _stuffed(body) + bytes([_FINISH])


def decode(raw: bytes) -> Frame | None:
    """The frame of exactly these bytes; None when they are none."""
    if len(raw) < 2 or (raw[0], raw[-1]) != (_BEGIN, _FINISH):
        return None
    body = _unstuffed(raw[1:-1])
    if body is None or len(body) < 6 or crc_hqx(body[:-2], _CRC_START) != int.from_bytes(body[-2:], "little"):
        return None
    proto, action, at = body[0], body[1], 3 + body[0]
    if proto > 1 or body[at] != len(body) - at - 3:
        return None
    return Frame(proto, action, int.from_bytes(body[2:at], "little"), body[at + 1 : -2])


class WrxDialogue:
    """Waits to be asked who it is; then it is transparent, or takes commands (section 4.3).

    Commands are for the service channel; over the main one everything is the meters'.
    """

    forsaken = False

    def __init__(self, gateway: Gateway, csq: Csq) -> None:
        self._gateway = gateway
        self._csq = csq
        self._heard = b""
        self._asked = False
        self.ready = False

    def greeting(self) -> bytes:
        return b""

    def hear(self, data: bytes) -> Heard:
        reply, payload = b"", b""
        self._heard += data
        while self._heard:
            taken, frame = self._next()
            if not taken:
                break
            piece, self._heard = self._heard[:taken], self._heard[taken:]
            if frame is not None and not self._transparent():
                reply += self._obey(frame)
            elif self.ready:
                payload += piece
        return Heard(reply, payload)

    def wrap(self, data: bytes) -> bytes:
        return data

    def heartbeat(self) -> bytes:
        return self._gateway.heartbeat

    def _transparent(self) -> bool:
        return self.ready and not self._gateway.service

    def _next(self) -> tuple[int, Frame | None]:
        """How many bytes come next, and the frame that they are; 0 while a login is not whole."""
        begin, finish = self._heard.find(_BEGIN), self._heard.find(_FINISH)
        if begin != 0:
            return (begin if begin > 0 else len(self._heard)), None
        frame = decode(self._heard[: finish + 1])
        if frame is not None:
            return finish + 1, frame
        if self.ready or finish > 0 or len(self._heard) > _LONGEST:
            return (len(self._heard) if self.ready else 1), None
        return 0, None

    def _obey(self, frame: Frame) -> bytes:
        if frame.action == LOGIN and frame.proto == 0:
            self._asked = True
            return Frame(0, LOGIN_ANSWER, 0, self._who()).encode()
        if frame.action == LOGIN and frame.command == ACCEPTED:
            self.ready = self._asked
            return b""
        if frame.action != GET:
            return b""
        answer = COMMANDS[frame.command](self) if frame.command in COMMANDS else _NOT_SUPPORTED
        return Frame(0, GET_ANSWER, frame.command, answer if self._asked else _NOT_AUTHORISED).encode()

    def _who(self) -> bytes:
        """63 bytes: counter, IMEI, firmware, hardware, key, three unused, channel (4.2)."""
        fields = ((b"\x05", 1), (self.imei(), 15), (b"WRX700-R4 3.15", 17), (b"R4", 10), (b"", 16), (b"", 3))
        return b"".join(text.ljust(size, b"\0") for text, size in fields) + self._channel()

    def _channel(self) -> bytes:
        return b"\x00" if self._gateway.service else b"\x01"

    def imei(self) -> bytes:
        """15 digits."""
        return self._gateway.identity.encode()

    def signal(self) -> bytes:
        """CSQ as one byte."""
        return bytes([self._csq()])


COMMANDS: Final[Mapping[int, Callable[[WrxDialogue], bytes]]] = {
    0x76: WrxDialogue.imei,
    0x7B: WrxDialogue.signal,
}


def _stuffed(body: bytes) -> bytes:
    return b"".join(
        bytes([_ESCAPE, _ESCAPED[octet]]) if octet in _ESCAPED else bytes([octet]) for octet in body
    )


def _unstuffed(body: bytes) -> bytes | None:
    plain = bytearray()
    octets = iter(body)
    for octet in octets:
        if octet == _ESCAPE:
            octet = _PLAIN.get(next(octets, -1), -1)
            if octet < 0:
                return None
        plain.append(octet)
    return bytes(plain)

"""iRZ ATM in client mode, read independently from gprs-gateways.md, section 3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from simulators.gateways.dialogue import Csq, Heard
from simulators.gateways.gateway import Gateway, GatewayKind
from simulators.gateways.numbers import check_digit

HELLO: Final = (
    "AT$IMEI={imei},PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ={csq},"
    "{colprot}ATP=1.1,INT=485+232,\n"
)
COLPROT: Final = "COLPROT=1.3,"
KEEP_ALIVE: Final = bytes.fromhex("B5 BC BD BE BF")
START: Final = bytes.fromhex("C8 CA CB CC CD")
_ANSWER: Final = re.compile(rb"(\d{14}),MOD=DAT,\r")
_ANSWER_LENGTH: Final = 24
_END: Final = b"\r\n"
_HEAD: Final = len(START) + 3
_LARGEST: Final = 1180
"""Bytes of one packet's payload."""
_KEEP_ALIVE_TYPE: Final = 0x02
_COMMAND_TYPE: Final = 0x0C
_DATA_TYPE: Final = 0x01
"""UNCONFIRMED in the reference; from the head-end's first packet on the gateway uses the head-end's type."""
_INNER_TEMPERATURE: Final = 121
"""21 °C: the gateway says a hundred more."""


class Packet(NamedTuple):
    """One packet of the encapsulation."""

    kind: int
    payload: bytes

    def encode(self) -> bytes:
        length = len(self.payload).to_bytes(2, "big")
        return START + bytes([self.kind]) + length + self.payload + _END


class IrzDialogue:
    """Says its line, waits for the date line, then is transparent or speaks in packets."""

    forsaken = False

    def __init__(self, gateway: Gateway, csq: Csq) -> None:
        self._imei = gateway.identity
        self._encapsulated = gateway.kind is GatewayKind.IRZ_ENCAPSULATED
        self._csq = csq
        self._heard = b""
        self._data_type = _DATA_TYPE
        self.ready = False

    def greeting(self) -> bytes:
        colprot = COLPROT if self._encapsulated else ""
        return HELLO.format(imei=self._imei, csq=self._csq(), colprot=colprot).encode()

    def hear(self, data: bytes) -> Heard:
        if self.ready:
            return self._passed(data)
        self._heard += data
        line, rest = self._heard[:_ANSWER_LENGTH], self._heard[_ANSWER_LENGTH:]
        if len(line) < _ANSWER_LENGTH and b"\r" not in line:
            return Heard()
        if not _is_date_line(line):
            return Heard(dismissed=True)
        self._heard, self.ready = b"", True
        return self._passed(rest)

    def wrap(self, data: bytes) -> bytes:
        if not self._encapsulated:
            return data
        pieces = (data[start : start + _LARGEST] for start in range(0, len(data), _LARGEST))
        return b"".join(Packet(self._data_type, piece).encode() for piece in pieces)

    def heartbeat(self) -> bytes:
        return Packet(_KEEP_ALIVE_TYPE, KEEP_ALIVE).encode() if self._encapsulated else KEEP_ALIVE

    def _passed(self, data: bytes) -> Heard:
        if not self._encapsulated:
            return Heard(payload=data)
        self._heard += data
        reply, payload = b"", b""
        for packet in self._packets():
            if packet.kind == _COMMAND_TYPE:
                reply += self._obey(packet.payload)
            elif packet.kind != _KEEP_ALIVE_TYPE:
                self._data_type = packet.kind
                payload += packet.payload
        return Heard(reply, payload)

    def _packets(self) -> Iterator[Packet]:
        """The whole packets heard so far; what stands outside of packets is passed over."""
        while (start := self._heard.find(START)) >= 0:
            waiting = self._heard[start:]
            end = _HEAD + int.from_bytes(waiting[_HEAD - 2 : _HEAD], "big")
            if len(waiting) < end + len(_END):
                break
            self._heard = waiting[end + len(_END) :]
            if waiting[end:].startswith(_END):
                yield Packet(waiting[len(START)], waiting[_HEAD:end])
        self._heard = self._heard[-_LARGEST - _HEAD - len(_END) :]

    def _obey(self, command: bytes) -> bytes:
        """The answer to `?? 40 <command>`; a command that it does not know is not answered."""
        answer = COMMANDS.get(command[2:3]) if command[1:2] == b"\x40" else None
        if answer is None:
            return b""
        return Packet(_COMMAND_TYPE, b"\x01\x40" + command[2:3] + answer(self)).encode()

    def signal(self) -> bytes:
        """CSQ as one byte."""
        return bytes([self._csq()])

    def temperature(self) -> bytes:
        """Degrees inside the gateway, plus 100."""
        return bytes([_INNER_TEMPERATURE])

    def iccid(self) -> bytes:
        """The SIM card's 19 digits."""
        return iccid_of(self._imei).encode()


COMMANDS: Final[Mapping[bytes, Callable[[IrzDialogue], bytes]]] = {
    b"\x01": IrzDialogue.signal,
    b"\x05": IrzDialogue.temperature,
    b"\x0b": IrzDialogue.iccid,
}


def iccid_of(imei: str) -> str:
    """The SIM card that this simulation puts into the gateway with this IMEI."""
    body = "8977" + imei[:14]
    return body + check_digit(body)


def _is_date_line(line: bytes) -> bool:
    found = _ANSWER.fullmatch(line)
    if found is None:
        return False
    try:
        datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the gateway's clock is naive
    except ValueError:
        return False
    return True

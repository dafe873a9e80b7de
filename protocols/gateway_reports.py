"""Questions to the gateway itself: how well does it hear its network, and which SIM card does it hold?

gprs-gateways.md, 3.3 (iRZ) and 4.3 (Teleofis). Whether an iRZ modem without encapsulation takes commands is
UNCONFIRMED; such a one is not asked, since the command would reach the meter. A Teleofis gateway takes them
on its service connection only; its main connection leads to the meter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from metering.errors import AccessDenied, DecodeError, FrameError, MeterError, NotSupported
from metering.signals import SignalReport
from protocols.conversation import Conversation, Exchange
from protocols.gateways import irz_packets, wrx
from protocols.gateways.greeting import HelloKind
from protocols.gateways.irz import BIT_ERRORS_UNKNOWN
from protocols.signal_codes import from_csq

T = TypeVar("T")

IRZ_SIGNAL: Final = 0x01
IRZ_SIM: Final = 0x0B
WRX_SIGNAL: Final = 0x7B
WRX_REFUSAL: Final = 0xFF
WRX_FRAME: Final = re.compile(rb"\xc0[^\xc0\xc2]{6,520}\xc2")
WRX_REFUSALS: Final[dict[int, tuple[type[MeterError], str]]] = {
    0: (AccessDenied, "it wants a password first"),
    1: (AccessDenied, "the password is wrong"),
    2: (NotSupported, "it does not know this command"),
    3: (NotSupported, "it does not know this form of the command"),
    4: (AccessDenied, "the access level is too low"),
}

LAST_CSQ: Final = 31
NO_CSQ: Final = 99
ICCID: Final = re.compile(rb"(89\d{16,18})[Ff]{0,2}")
"""The modem has room for 19 characters; padding F is cut off."""


def read_signal(
    kind: HelloKind, encapsulated: bool, *, service: bool = False
) -> Conversation[SignalReport] | None:
    """The gateway's signal; None where it cannot be asked. `service` as in its Hello."""
    if kind is HelloKind.IRZ and encapsulated:
        return _read_irz_signal()
    return _read_wrx_signal() if kind is HelloKind.WRX and service else None


def read_sim(kind: HelloKind, encapsulated: bool) -> Conversation[str] | None:
    """The ICCID of the gateway's SIM card; None where it cannot be asked."""
    return _read_irz_sim() if kind is HelloKind.IRZ and encapsulated else None


def _read_irz_signal() -> Conversation[SignalReport]:
    return _signal((yield from _ask_irz(IRZ_SIGNAL)))


def _read_irz_sim() -> Conversation[str]:
    text = yield from _ask_irz(IRZ_SIM)
    iccid = ICCID.fullmatch(text)
    if iccid is None:
        raise DecodeError(f"The modem's SIM card number is none: {text.hex(' ').upper()}. Is a card in it?")
    return iccid[1].decode("ascii")


def _read_wrx_signal() -> Conversation[SignalReport]:
    return _signal((yield from _ask_wrx(WRX_SIGNAL)))


def _signal(data: bytes) -> SignalReport:
    if len(data) != 1 or not (data[0] <= LAST_CSQ or data[0] == NO_CSQ):
        raise DecodeError(f"The gateway's signal is no CSQ of 0..31 or 99: {data.hex(' ').upper()}.")
    return from_csq(data[0], BIT_ERRORS_UNKNOWN)


def _ask_irz(number: int) -> Conversation[bytes]:
    """What stands behind the command's number in the reply."""
    opening = irz_packets.REPLY + bytes((number,))
    packet = yield from _ask(irz_packets.command(number), lambda heard: _irz_reply(heard, opening))
    return packet.payload[len(opening) :]


def _ask_wrx(command: int) -> Conversation[bytes]:
    """The data of the reply; AccessDenied or NotSupported when the gateway refuses."""
    request = wrx.WrxFrame(wrx.Action.GET, command)
    reply = yield from _ask(request.encode(), lambda heard: _wrx_reply(heard, command))
    if reply.command == command:
        return reply.data
    error, reason = WRX_REFUSALS.get(reply.data[1], (NotSupported, f"reason {reply.data[1]}"))
    raise error(f"The gateway refuses the command {command:02X}: {reason}.")


def _ask(request: bytes, search: Callable[[bytes], tuple[T, int] | None]) -> Conversation[T]:
    """`search` finds the reply and its end."""

    def complete(heard: bytes) -> int | None:
        found = search(heard)
        return found[1] if found else None

    found = search((yield Exchange(request, complete)))
    if found is None:
        raise FrameError("The gateway's reply is not where it was just before.")
    return found[0]


def _irz_reply(heard: bytes, opening: bytes) -> tuple[irz_packets.Packet, int] | None:
    for marker in re.finditer(re.escape(irz_packets.MARKER), heard):
        with suppress(FrameError):
            packet = irz_packets.packet_at_start(heard[marker.start() :])
            if (
                packet
                and packet.type == irz_packets.PacketType.COMMAND
                and packet.payload.startswith(opening)
            ):
                return packet, marker.start() + packet.size
    return None


def _wrx_reply(heard: bytes, command: int) -> tuple[wrx.WrxFrame, int] | None:
    for found in WRX_FRAME.finditer(heard):
        with suppress(FrameError):
            frame = wrx.decode(found[0])
            refusal = frame.command == WRX_REFUSAL and len(frame.data) == 2 and frame.data[0] == command
            if frame.action == wrx.Action.GET_ANSWER and (frame.command == command or refusal):
                return frame, found.end()
    return None

"""Questions to the gateway itself (gprs-gateways.md, 3.3 and 4.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import pytest

from metering.errors import AccessDenied, DecodeError, FrameError, NotSupported, TeploError
from protocols.conversation import Conversation, Exchange
from protocols.gateway_reports import read_signal, read_sim
from protocols.gateway_stream import GatewayStream
from protocols.gateways.wrx import WrxFrame
from protocols.hello import HelloKind

T = TypeVar("T")

MARKER = bytes.fromhex("C8 CA CB CC CD")
CSQ = MARKER + bytes.fromhex("0C 00 04 01 40 01 11 0D 0A")
TEMPERATURE = MARKER + bytes.fromhex("0C 00 04 01 40 05 7D 0D 0A")
ICCID = MARKER + bytes.fromhex("0C 00 16 01 40 0B") + b"8970199000000000015" + b"\r\n"
PADDED_ICCID = MARKER + bytes.fromhex("0C 00 16 01 40 0B") + b"897019900000000001F" + b"\r\n"
WRX_CSQ = bytes.fromhex("C0 00 02 7B 01 16 5B 95 C2")
WRX_IMEI = WrxFrame(2, 0x76, b"861785006123456").encode()


def asked(conversation: Conversation[T] | None) -> tuple[Conversation[T], Exchange]:
    assert conversation is not None
    step = next(conversation)
    assert isinstance(step, Exchange)
    return conversation, step


def told(conversation: Conversation[T] | None, heard: bytes) -> T:
    """What a conversation makes of these bytes, after it found its reply's end in them."""
    running, exchange = asked(conversation)
    end = exchange.complete(heard)
    assert end is not None
    with pytest.raises(StopIteration) as result:
        running.send(heard[:end])
    value: T = result.value.value
    return value


def test_an_irz_modem_is_asked_for_its_signal_by_command_01() -> None:
    _, exchange = asked(read_signal(HelloKind.IRZ, True))
    assert exchange.request[:8] == MARKER + bytes.fromhex("0C 00 03")
    assert exchange.request[9:] == bytes.fromhex("40 01 0D 0A")


def test_an_irz_modem_is_asked_for_its_sim_by_command_0b() -> None:
    _, exchange = asked(read_sim(HelloKind.IRZ, True))
    assert exchange.request[9:] == bytes.fromhex("40 0B 0D 0A")


def test_a_wrx_gateway_is_asked_for_its_signal_by_command_7b() -> None:
    """4.3, the printed request."""
    _, exchange = asked(read_signal(HelloKind.WRX, False, service=True))
    assert exchange.request == bytes.fromhex("C0 00 00 7B 00 63 50 C2")


@pytest.mark.parametrize(
    ("kind", "encapsulated", "heard", "level"),
    [
        pytest.param(HelloKind.IRZ, True, CSQ, -113 + 2 * 17, id="3.3 iRZ 17"),
        pytest.param(
            HelloKind.IRZ, True, b"\x68" + TEMPERATURE + MARKER + CSQ, -113 + 2 * 17, id="3.3 noise"
        ),
        pytest.param(HelloKind.WRX, False, WRX_CSQ, -113 + 2 * 22, id="4.3 WRX 22"),
        pytest.param(
            HelloKind.WRX, False, b"\xc0" + WRX_IMEI + WRX_CSQ, -113 + 2 * 22, id="4.3 another reply"
        ),
    ],
)
def test_the_signal_is_in_dbm(kind: HelloKind, encapsulated: bool, heard: bytes, level: int) -> None:
    """gsm-modem.md: CSQ n is -113 + 2 n dBm."""
    assert told(read_signal(kind, encapsulated, service=True), heard).level == Decimal(level)


@pytest.mark.parametrize("kind", [HelloKind.IRZ, HelloKind.WRX])
def test_an_unknown_signal_is_absent(kind: HelloKind) -> None:
    unknown = {
        HelloKind.IRZ: CSQ.replace(b"\x11\r\n", b"\x63\r\n"),
        HelloKind.WRX: WrxFrame(2, 0x7B, b"\x63").encode(),
    }
    assert told(read_signal(kind, kind is HelloKind.IRZ, service=True), unknown[kind]).level is None


@pytest.mark.parametrize(
    ("reply", "iccid"), [(ICCID, "8970199000000000015"), (PADDED_ICCID, "897019900000000001")]
)
def test_the_sim_card_is_named(reply: bytes, iccid: str) -> None:
    assert told(read_sim(HelloKind.IRZ, True), reply) == iccid


@pytest.mark.parametrize(
    ("kind", "reply", "error"),
    [
        pytest.param(HelloKind.IRZ, CSQ.replace(b"\x11\r\n", b"\x40\r\n"), DecodeError, id="3.3 CSQ of 64"),
        pytest.param(HelloKind.WRX, WrxFrame(2, 0x7B, b"").encode(), DecodeError, id="4.3 no CSQ"),
        pytest.param(HelloKind.WRX, WrxFrame(2, 0xFF, b"\x7b\x00").encode(), AccessDenied, id="4.1 error 0"),
        pytest.param(HelloKind.WRX, WrxFrame(2, 0xFF, b"\x7b\x02").encode(), NotSupported, id="4.1 error 2"),
        pytest.param(
            HelloKind.WRX, WrxFrame(2, 0xFF, b"\x7b\x99").encode(), NotSupported, id="4.1 unknown error"
        ),
    ],
)
def test_nonsense_and_refusals_are_told(kind: HelloKind, reply: bytes, error: type[TeploError]) -> None:
    conversation, exchange = asked(read_signal(kind, kind is HelloKind.IRZ, service=True))
    assert exchange.complete(reply) == len(reply)
    with pytest.raises(error):
        conversation.send(reply)


def test_a_sim_card_without_a_number_is_told() -> None:
    conversation, _ = asked(read_sim(HelloKind.IRZ, True))
    with pytest.raises(DecodeError, match="card"):
        conversation.send(ICCID.replace(b"8970199000000000015", b"\0" * 19))


def test_a_cut_reply_is_told() -> None:
    conversation, _ = asked(read_signal(HelloKind.IRZ, True))
    with pytest.raises(FrameError):
        conversation.send(CSQ[:-1])


@pytest.mark.parametrize(
    ("conversation", "heard"),
    [
        pytest.param(read_signal(HelloKind.IRZ, True), CSQ, id="3.3 iRZ"),
        pytest.param(read_sim(HelloKind.IRZ, True), ICCID, id="3.3 iRZ, SIM"),
        pytest.param(read_signal(HelloKind.WRX, False, service=True), WRX_CSQ, id="4.3 WRX"),
    ],
)
def test_a_reply_is_complete_at_its_last_byte(conversation: Conversation[object], heard: bytes) -> None:
    _, exchange = asked(conversation)
    assert [exchange.complete(heard[:end]) for end in range(len(heard))] == [None] * len(heard)
    assert exchange.complete(heard + b"\x68") == len(heard)


@pytest.mark.parametrize("kind", HelloKind)
def test_a_connection_that_leads_to_the_meter_alone_is_not_asked(kind: HelloKind) -> None:
    assert read_signal(kind, False) is None
    assert read_sim(kind, False) is None


def test_an_encapsulated_modem_is_asked_through_its_stream() -> None:
    stream = GatewayStream(HelloKind.IRZ, encapsulated=True)
    _, exchange = asked(read_signal(HelloKind.IRZ, True))
    assert stream.wrap(exchange.request) == exchange.request
    assert exchange.complete(stream.hear(TEMPERATURE + CSQ)) == len(CSQ)

"""Each hello through a real socket: who is recognised, what is answered, what is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from collector.inbound.endings import Refusal
from collector.inbound.events import Connected, Stranger
from metering.errors import ModemAway
from metering.modems import ModemIdentity
from protocols.hello import HelloKind
from tests.unit.inbound_house import (
    ICCID,
    IMEI,
    IRZ_IMEI,
    IRZ_LOGIN,
    NOW,
    WRX_ACCEPTED,
    WRX_AUTHORISATION,
    WRX_PROBE,
    known,
    listening,
)

LOCAL = "127.0.0.1:0"
PATTERN = f"{LOCAL}?hello=any&pattern=LOGIN:([0-9]{{1,10}})"

TEXTS = [
    pytest.param(LOCAL, IMEI.encode(), IMEI, HelloKind.IMEI, id="imei-bare"),
    pytest.param(LOCAL, IMEI.encode() + b"\r\n", IMEI, HelloKind.IMEI, id="imei-line"),
    pytest.param(LOCAL, ICCID.encode() + b"\n", ICCID, HelloKind.ICCID, id="iccid"),
    pytest.param(PATTERN, b"LOGIN:1001", "1001", HelloKind.TEXT, id="pattern"),
    pytest.param(f"{LOCAL}?hello=registration", b"boiler 7\r\n", "boiler 7", HelloKind.TEXT, id="text"),
    pytest.param(
        f"{LOCAL}?hello=registration",
        bytes.fromhex("D4AD2071A2B3"),
        "mac:D4AD2071A2B3",
        HelloKind.MAC,
        id="mac",
    ),
]


@pytest.mark.parametrize(("address", "hello", "identity", "kind"), TEXTS)
async def test_a_registration_packet(address: str, hello: bytes, identity: str, kind: HelloKind) -> None:
    async with listening(address, modems=known(identity)) as house:
        await house.call(hello)
        name, connection = await house.diary.until("appeared")
        assert name == identity
        assert connection == Connected(known(identity)[0], "127.0.0.1", address, kind, False, connection.at)
        assert house.listener.present().keys() == {identity}


async def test_an_irz_modem_gets_its_line_and_tells_its_signal() -> None:
    """Answer: gprs-gateways.md, 3.1. CSQ 17 is -113 + 2 x 17 dBm (3GPP TS 27.007, +CSQ)."""
    async with listening(modems=known(IRZ_IMEI)) as house:
        modem = await house.call(IRZ_LOGIN)
        assert await modem.hear(24) == b"20260110100200,MOD=DAT,\r"
        modem_id, report, identity = await house.diary.until("learned")
        assert modem_id == 1
        assert report.level == Decimal(-79) and "17" in report.raw
        assert (identity.imei, identity.maker, identity.model) == (IRZ_IMEI, "iRZ", "ATM31")


async def test_a_login_line_in_two_segments() -> None:
    async with listening(modems=known(IRZ_IMEI)) as house:
        modem = await house.call(IRZ_LOGIN[:30])
        await house.until(lambda: house.listener.counts().connections == 1)
        modem.say(IRZ_LOGIN[30:])
        await house.diary.until("appeared")


async def test_a_wrx_gateway_is_spoken_to_first() -> None:
    """gprs-gateways.md, 4.2: the three frames."""
    async with listening(f"{LOCAL}?hello=wrx", modems=known(IRZ_IMEI)) as house:
        gateway = await house.call()
        assert await gateway.hear(len(WRX_PROBE)) == WRX_PROBE
        gateway.say(WRX_AUTHORISATION)
        assert await gateway.hear(len(WRX_ACCEPTED)) == WRX_ACCEPTED
        _, _, identity = await house.diary.until("learned")
        assert identity == ModemIdentity(
            imei=IRZ_IMEI, maker="Teleofis", model="R4", firmware="WRX700-R4 3.15"
        )


async def test_who_is_silent_where_any_hello_may_come_is_probed_once() -> None:
    async with listening(modems=known(IRZ_IMEI), probe_after=0.02) as house:
        gateway = await house.call()
        assert await gateway.hear(len(WRX_PROBE)) == WRX_PROBE
        gateway.say(WRX_AUTHORISATION)
        assert await gateway.hear(len(WRX_ACCEPTED)) == WRX_ACCEPTED


def service_login() -> bytes:
    """Offset 3E of the authorisation data is 0 then; the checksum is computed anew."""
    body = bytearray(WRX_AUTHORISATION[1:-3])
    body[-1] = 0
    crc = 0xFFFF
    for byte in body:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return b"\xc0" + bytes(body) + crc.to_bytes(2, "little") + b"\xc2"


async def test_a_service_channel_stands_beside_the_meters_connection() -> None:
    """Signal: gprs-gateways.md, 4.3, question and answer as printed; 22 is -113 + 2 x 22 dBm."""
    (modem,) = known(IRZ_IMEI)
    async with listening(modems=[modem]) as house:
        await house.call(WRX_AUTHORISATION)
        await house.diary.until("appeared")
        service = await house.call(service_login())
        assert await service.hear(len(WRX_ACCEPTED)) == WRX_ACCEPTED
        assert house.listener.present().keys() == {IRZ_IMEI}
        assert not house.diary.told("vanished")
        link = house.listener.service_link(modem.url)
        await link.open()
        await link.send(bytes.fromhex("C0 00 00 7B 00 63 50 C2"))
        assert await service.hear(8) == bytes.fromhex("C0 00 00 7B 00 63 50 C2")
        service.say(bytes.fromhex("C0 00 02 7B 01 16 5B 95 C2"))
        assert await link.receive(5.0) == bytes.fromhex("C0 00 02 7B 01 16 5B 95 C2")
        await link.close()


async def test_a_service_channel_of_a_stranger_is_refused() -> None:
    async with listening() as house:
        stranger = await house.call(service_login())
        assert await stranger.cut() == b""
        await house.refused(Refusal.SERVICE_CHANNEL)


async def test_a_modem_without_a_service_channel_is_named() -> None:
    (modem,) = known(IRZ_IMEI)
    async with listening(modems=[modem]) as house:
        with pytest.raises(ModemAway, match="no service channel"):
            await house.listener.service_link(modem.url).open()


async def test_a_port_is_its_modem() -> None:
    async with listening(f"{LOCAL}?hello=port") as house:
        identity = f"port:{house.ports[0]}"
        house.listener.know(known(identity))
        await house.call()
        name, connection = await house.diary.until("appeared")
        assert (name, connection.kind) == (identity, HelloKind.PORT)


async def test_an_address_is_its_modem() -> None:
    async with listening(f"{LOCAL}?hello=address", modems=known("address:127.0.0.2")) as house:
        await house.call(local_addr=("127.0.0.2", 0))
        name, connection = await house.diary.until("appeared")
        assert (name, connection.kind) == ("address:127.0.0.2", HelloKind.ADDRESS)


async def test_a_stranger_is_told_with_what_it_said_and_hears_nothing() -> None:
    async with listening(strange_time=0.05) as house:
        caller = await house.call(IRZ_LOGIN)
        _, stranger = await house.diary.until("stranger")
        assert stranger == Stranger(IRZ_IMEI, HelloKind.IRZ, "127.0.0.1", IRZ_LOGIN, NOW, LOCAL)
        assert await caller.cut() == b""
        await house.refused(Refusal.NOT_REGISTERED)


async def test_a_stranger_is_promoted_as_soon_as_it_is_known() -> None:
    """Its answer is sent then: until now, nobody had spoken to it."""
    async with listening() as house:
        modem = await house.call(IRZ_LOGIN)
        await house.diary.until("stranger")
        assert house.listener.counts().strangers == 1
        house.listener.know(known(IRZ_IMEI))
        assert await modem.hear(24) == b"20260110100200,MOD=DAT,\r"
        assert house.listener.present().keys() == {IRZ_IMEI}
        assert house.listener.counts().strangers == 0


async def test_a_silent_caller_is_told_when_its_time_is_over() -> None:
    async with listening(hello_time=0.03) as house:
        await (await house.call()).cut()
        _, stranger = await house.diary.until("stranger")
        assert (stranger.identity, stranger.kind, stranger.hello) == ("", None, b"")
        await house.refused(Refusal.HELLO_TIME)


async def test_what_came_behind_the_hello_is_heard() -> None:
    """A heartbeat in the same segment gets its answer."""
    modems = known(IMEI, options="?heartbeat=50494E47&answer=504F4E47")
    async with listening(modems=modems) as house:
        modem = await house.call(IMEI.encode() + b"\r\nPING")
        assert await modem.hear(4) == b"PONG"

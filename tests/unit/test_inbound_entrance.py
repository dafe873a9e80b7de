"""TLS and the load balancer's header, before anybody is heard."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shutil
import socket
import ssl
import struct
import subprocess
from pathlib import Path

import pytest

from collector.inbound.address import ListenAddress
from collector.inbound.endings import Refusal
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from metering.errors import ConfigurationError
from tests.unit.inbound_house import IMEI, NOW, Diary, known, listening

HELLO = IMEI.encode() + b"\r\n"
TLS = "127.0.0.1:0?tls=yes"
PROXY = "127.0.0.1:0?proxy=yes"
BOTH = "127.0.0.1:0?tls=yes&proxy=yes"
SIGNATURE = bytes.fromhex("0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A")


def version_1(source: str) -> bytes:
    """proxy-protocol.txt, 2.1."""
    return f"PROXY TCP4 {source} 10.0.0.1 40000 11003\r\n".encode()


def version_2(source: str) -> bytes:
    """proxy-protocol.txt, 2.2: PROXY over TCP/IPv4, twelve bytes of addresses."""
    hosts = ipaddress.ip_address(source).packed + ipaddress.ip_address("10.0.0.1").packed
    return SIGNATURE + bytes((0x21, 0x11)) + struct.pack(">H", 12) + hosts + struct.pack(">HH", 40000, 11003)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command on this machine to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "certificate.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    subprocess.run([*command, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


def client(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate[0])


async def test_a_modem_over_tls(certificate: tuple[Path, Path]) -> None:
    async with listening(TLS, modems=known(IMEI), certificate=certificate) as house:
        modem = await house.call(HELLO, ssl=client(certificate), server_hostname="localhost")
        await house.diary.until("appeared")
        link = house.listener.link(known(IMEI)[0].url)
        await link.open()
        await link.send(b"question")
        assert await modem.hear(8) == b"question"
        modem.say(b"answer")
        assert await link.receive(5) == b"answer"
        await link.close()
        await modem.hang_up()
        await house.diary.until("vanished")


async def test_old_tls_is_refused(certificate: tuple[Path, Path]) -> None:
    async with listening(TLS, certificate=certificate) as house:
        old = client(certificate)
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await house.call(ssl=old, server_hostname="localhost")
        await house.refused(Refusal.HANDSHAKE)


@pytest.mark.parametrize(
    "said", [HELLO, b"GET / HTTP/1.1\r\n\r\n", bytes(64)], ids=["hello", "http", "zeros"]
)
async def test_who_speaks_no_tls_is_refused(said: bytes, certificate: tuple[Path, Path]) -> None:
    async with listening(TLS, modems=known(IMEI), certificate=certificate) as house:
        await (await house.call(said)).cut()
        await house.refused(Refusal.HANDSHAKE)
        await house.until(lambda: not house.listener.counts().connections)
        assert not house.diary.entries


async def test_a_handshake_takes_no_longer_than_it_may(certificate: tuple[Path, Path]) -> None:
    async with listening(TLS, certificate=certificate, handshake_time=0.05) as house:
        await (await house.call()).cut()
        await house.refused(Refusal.HANDSHAKE)
        await house.until(lambda: not house.listener.counts().connections)


async def test_handshakes_count_for_their_address(certificate: tuple[Path, Path]) -> None:
    async with listening(TLS, certificate=certificate, per_address=1) as house:
        await house.call()
        await house.until(lambda: house.listener.counts().connections == 1)
        await (await house.call()).cut()
        await house.refused(Refusal.PER_ADDRESS)


async def test_tls_without_a_certificate_is_a_mistake_of_ours() -> None:
    with pytest.raises(ConfigurationError, match="give a certificate"):
        Listener([ListenAddress.parse(TLS)], Limits(), Diary(), lambda: NOW)


async def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "certificate.pem"
    for text in (None, "nonsense"):
        if text is not None:
            file.write_text(text)
        with pytest.raises(ConfigurationError, match="cannot be used"):
            Listener([ListenAddress.parse(TLS)], Limits(), Diary(), lambda: NOW, (file, file))


@pytest.mark.parametrize("header", [version_1, version_2])
async def test_the_address_behind_a_load_balancer(header: object) -> None:
    async with listening(PROXY, modems=known(IMEI)) as house:
        await house.call(header("198.51.100.7") + HELLO)  # type: ignore[operator]
        _, connection = await house.diary.until("appeared")
        assert connection.address == "198.51.100.7"


@pytest.mark.parametrize(
    "header", [b"PROXY UNKNOWN\r\n", SIGNATURE + bytes((0x20, 0, 0, 0))], ids=["v1", "v2"]
)
async def test_a_load_balancer_that_does_not_say(header: bytes) -> None:
    async with listening(PROXY, modems=known(IMEI)) as house:
        await house.call(header + HELLO)
        _, connection = await house.diary.until("appeared")
        assert connection.address == "127.0.0.1"


async def test_a_header_in_single_bytes() -> None:
    async with listening(PROXY, modems=known(IMEI)) as house:
        modem = await house.call()
        for byte in version_1("198.51.100.7") + HELLO:
            modem.say(bytes((byte,)))
            await modem.writer.drain()
            await asyncio.sleep(0)
        _, connection = await house.diary.until("appeared")
        assert connection.address == "198.51.100.7"


async def test_tls_behind_the_header(certificate: tuple[Path, Path]) -> None:
    """The header goes in the clear, and in one segment with the first bytes of TLS."""
    async with listening(BOTH, modems=known(IMEI), certificate=certificate) as house:
        modem = await house.call()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client(certificate).wrap_bio(incoming, outgoing, server_hostname="localhost")
        pending = version_2("198.51.100.7")
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                break
            modem.say(pending + outgoing.read())
            pending = b""
            incoming.write(await modem.reader.read(65536))
        tls.write(HELLO)
        modem.say(outgoing.read())
        _, connection = await house.diary.until("appeared")
        assert connection.address == "198.51.100.7"


@pytest.mark.parametrize(
    "said",
    [
        HELLO,
        b"PROXY TCP4 nonsense\r\n",
        b"PROXY TCP4 " + b"1" * 200,
        SIGNATURE + bytes((0x21, 0x11)) + b"\xff\xff",
        SIGNATURE + bytes((0x21, 0x11, 0, 3)) + b"abc",
        bytes(600),
    ],
    ids=["none", "nonsense", "endless", "huge", "short", "zeros"],
)
async def test_without_a_right_header_nobody_is_heard(said: bytes) -> None:
    async with listening(PROXY, modems=known(IMEI)) as house:
        await (await house.call(said)).cut()
        await house.refused(Refusal.HEADER)
        await house.until(lambda: not house.listener.counts().connections)
        assert not house.diary.entries


async def test_garbage_behind_a_right_header() -> None:
    async with listening(PROXY, modems=known(IMEI)) as house:
        await (await house.call(version_1("198.51.100.7") + b"\x00\xff" * 50)).cut()
        _, stranger = await house.diary.until("stranger")
        assert (stranger.address, stranger.hello) == ("198.51.100.7", b"\x00\xff" * 50)


async def test_a_header_takes_no_longer_than_it_may() -> None:
    async with listening(PROXY, header_time=0.05) as house:
        await (await house.call(b"PROXY TCP4 1")).cut()
        await house.refused(Refusal.HEADER)


async def test_a_caller_that_hangs_up_within_the_header() -> None:
    async with listening(PROXY) as house:
        await (await house.call(b"PROXY TCP4 1")).hang_up()
        await house.refused(Refusal.HEADER)
        await house.until(lambda: not house.listener.counts().connections)


async def test_behind_a_load_balancer_the_modems_address_is_counted() -> None:
    async with listening(PROXY, per_address=1) as house:
        await house.call(version_1("198.51.100.7"))
        await house.call(version_1("198.51.100.8"))
        await house.until(lambda: house.listener.counts().connections == 2)
        await (await house.call(version_1("198.51.100.7"))).cut()
        await house.refused(Refusal.PER_ADDRESS)


async def test_a_stop_finds_who_was_accepted_and_not_yet_begun() -> None:
    async with listening() as house:
        house.stop.set()
        await asyncio.gather(*(house.call() for _ in range(20)), return_exceptions=True)
    assert house.listener.counts().connections == 0


async def test_an_ipv6_address() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    async with listening("[::1]:0", modems=known(IMEI)) as house:
        reader, writer = await asyncio.open_connection("::1", house.ports[0])
        writer.write(HELLO)
        _, connection = await house.diary.until("appeared")
        assert connection.address == "::1"
        writer.close()
        await reader.read()


async def test_a_stop_turns_away_who_is_still_entering(certificate: tuple[Path, Path]) -> None:
    async with listening(BOTH, TLS, PROXY, certificate=certificate) as house:
        callers = [await house.call(port=port) for port in range(3)]
        callers.append(await house.call(version_1("198.51.100.7")))
        await house.until(lambda: house.listener.counts().connections == 4)
        house.stop.set()
        for caller in callers:
            await caller.cut()
        await house.until(lambda: not house.listener.counts().connections)

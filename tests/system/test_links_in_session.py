"""Sessions over real lines: TCP, a pseudo-terminal and RFC 2217, with real time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.line_settings import LineSettings
from collector.links.opening import link_for, open_link
from collector.links.url import LineUrl
from collector.session import Session
from metering.errors import LineBusy, LineLost, LineUnavailable, NoResponse
from metering.polls import Finding
from protocols.conversation import Conversation, Exchange, Retune
from tests.conformance.link_peers import HANG_UP, SILENT, PtyPeer, SerialServer, network_line, serial_line

QUICK = LineSettings(timeout=0.05, gap=0.02, attempts=2, quiet=0.0)


def ask(request: bytes) -> Conversation[bytes]:
    return (yield Exchange(request, lambda buffer: len(buffer)))


def session_on(link: object) -> Session:
    return Session(link, settings=QUICK, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


LINES = {"tcp": lambda: network_line("tcp"), "serial": serial_line}


@pytest.mark.parametrize("name", LINES)
async def test_an_echoing_peer_is_a_silent_meter(name: str) -> None:
    async with LINES[name]() as link:
        await link.open()
        session = session_on(link)
        with pytest.raises(NoResponse, match="echo"):
            await session.run(ask(b"\x10\x40\x4a\x8a\x16"), lambda records, frame: None)
        assert session.findings == {Finding.ECHO}


@pytest.mark.parametrize("name", LINES)
async def test_a_silent_peer(name: str) -> None:
    async with LINES[name]() as link:
        await link.open()
        with pytest.raises(NoResponse, match="2 attempts"):
            await session_on(link).run(ask(SILENT), lambda records, frame: None)


@pytest.mark.parametrize("name", LINES)
async def test_a_cut_line(name: str) -> None:
    async with LINES[name]() as link:
        await link.open()
        with pytest.raises(LineLost):
            await session_on(link).run(ask(HANG_UP), lambda records, frame: None)


async def test_a_retune_reaches_the_serial_server() -> None:
    servers: list[SerialServer] = []

    def make() -> SerialServer:
        servers.append(SerialServer())
        return servers[-1]

    def retune() -> Conversation[None]:
        yield Retune(9600, "O")

    async with network_line("rfc2217", make) as link:
        await link.open()
        port = servers[0].serial
        assert (port.baudrate, port.parity, port.bytesize) == (2400, "E", 8)
        await session_on(link).run(retune(), lambda records, frame: None)
        assert (port.baudrate, port.parity) == (9600, "O")


async def test_a_port_held_by_another_is_busy() -> None:
    async with serial_line() as first:
        await first.open()
        second = link_for(LineUrl.parse(first.description))
        with pytest.raises(LineBusy, match="another program"):
            await second.open()


async def test_a_line_opens_in_one_step() -> None:
    peer = PtyPeer()
    peer.start()
    link = await open_link(LineUrl.parse(f"serial:{peer.device}?parity=E"))
    await link.send(b"here")
    assert await link.receive(5.0)
    await link.close()
    peer.stop()


async def test_a_file_is_no_serial_line() -> None:
    with pytest.raises(LineUnavailable, match="not a serial device"):
        await open_link(LineUrl.parse("serial:/dev/null"))

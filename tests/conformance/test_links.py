"""What every link must do, whatever line it is; run over each implementation and the fake."""

from __future__ import annotations

import asyncio

import pytest

from collector.links import Link
from collector.links.arrivals import LARGEST
from metering.errors import LineBusy, LineLost, LineUnavailable, NotSupported
from tests.conformance.link_peers import FLOOD, FLOODED, HANG_UP, LINES, SILENT, Line

ENOUGH = 5.0
ALL_OCTETS = bytes(range(256))


@pytest.fixture(params=LINES, ids=lambda line: line.name)
def line(request: pytest.FixtureRequest) -> Line:
    return request.param


async def hear(link: Link, length: int) -> bytes:
    heard = b""
    while len(heard) < length:
        chunk = await link.receive(ENOUGH)
        assert chunk, f"silence after {len(heard)} of {length} bytes"
        heard += chunk
    return heard


async def test_bytes_come_back_as_they_went(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        await link.send(ALL_OCTETS)
        assert await hear(link, 256) == ALL_OCTETS
        await link.close()


async def test_parts_arrive_in_order(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        for part in (b"\x10\x5b", b"\x01", b"\x5c\x16"):
            await link.send(part)
        assert await hear(link, 5) == bytes.fromhex("105B015C16")
        await link.close()


async def test_silence_gives_no_bytes(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        await link.send(SILENT)
        assert await link.receive(0.02) == b""
        assert await link.receive(0.0) == b""
        await link.close()


async def test_a_reply_after_silence_is_not_lost(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        assert await link.receive(0.01) == b""
        await link.send(b"late")
        assert await hear(link, 4) == b"late"
        await link.close()


async def test_drain_takes_what_nobody_received(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        await link.send(b"drained")
        drained = await link.receive(ENOUGH)
        while len(drained) < len(b"drained"):
            drained += link.drain()
            await asyncio.sleep(0)
        assert drained == b"drained"
        assert link.drain() == b""
        await link.close()


async def test_a_cut_is_told_and_stays_told(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        await link.send(HANG_UP)
        with pytest.raises(LineLost, match="cut"):
            await link.receive(ENOUGH)
        with pytest.raises(LineLost):
            await link.send(b"anybody?")
        with pytest.raises(LineLost):
            await link.receive(ENOUGH)
        await link.close()


async def test_a_line_to_nobody_says_why(line: Line) -> None:
    async with line.with_nobody() as link:
        with pytest.raises(LineUnavailable, match=r"cannot be opened: .*(check|listens)") as raised:
            await link.open()
        assert isinstance(raised.value.__cause__, OSError) or line.name in ("inbound", "csd")
        assert link.description in str(raised.value)
        await link.close()


async def test_a_line_that_is_not_open_says_so(line: Line) -> None:
    async with line.with_peer() as link:
        with pytest.raises(LineLost, match="closed"):
            await link.receive(ENOUGH)
        with pytest.raises(LineLost, match="closed"):
            await link.send(b"early")
        assert link.drain() == b""


async def test_two_talkers_at_once_are_refused(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        first = asyncio.create_task(link.receive(ENOUGH))
        await asyncio.sleep(0)
        with pytest.raises(LineBusy):
            await link.receive(0.0)
        with pytest.raises(LineBusy):
            await link.send(b"me too")
        with pytest.raises(LineBusy):
            link.drain()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await link.close()


async def test_an_open_line_is_not_opened_twice(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        with pytest.raises(LineBusy):
            await link.open()
        await link.send(b"still open")
        assert await hear(link, 10) == b"still open"
        await link.close()


async def test_a_cancelled_talker_leaves_the_line_closed(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        talker = asyncio.create_task(link.receive(ENOUGH))
        await asyncio.sleep(0)
        talker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talker
        with pytest.raises(LineLost, match="closed"):
            await link.receive(ENOUGH)
        await link.close()


async def test_a_cancelled_opening_leaves_the_line_closed(line: Line) -> None:
    async with line.with_peer() as link:
        opening = asyncio.create_task(link.open())
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        await link.close()
        with pytest.raises(LineLost, match="closed"):
            await link.receive(ENOUGH)


async def test_closing_wakes_the_talker(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        talker = asyncio.create_task(link.receive(ENOUGH))
        await asyncio.sleep(0)
        await link.close()
        with pytest.raises(LineLost):
            await talker


async def test_a_flood_waits_outside(line: Line) -> None:
    """Bytes that nobody takes are held back at the sender; memory stays bounded."""
    async with line.with_peer() as link:
        await link.open()
        await link.send(FLOOD)
        heard = await hear(link, 1)
        for _ in range(50):
            await asyncio.sleep(0.001)
        held = link.drain()
        assert len(held) < 10 * LARGEST < FLOODED
        left = FLOODED - len(heard) - len(held)
        assert len(await hear(link, left)) == left
        await link.close()


async def test_serial_settings_change_or_are_refused(line: Line) -> None:
    async with line.with_peer() as link:
        await link.open()
        if line.name in ("tcp", "modbus-tcp", "inbound", "csd"):
            with pytest.raises(NotSupported, match=r"rfc2217|AT\+ICF"):
                await link.retune(9600, "N")
        else:
            await link.retune(9600, "N")
        await link.send(b"after it")
        assert await hear(link, 8) == b"after it"
        await link.close()


async def test_a_closed_line_opens_again(line: Line) -> None:
    async with line.with_peer() as link:
        for word in (b"once", b"more"):
            await link.open()
            await link.send(word)
            assert await hear(link, 4) == word
            await link.close()

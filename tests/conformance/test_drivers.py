"""One suite over every model: its vector read through a real session over TCP, byte by byte.

It plays what the offline test of the vectors plays, and must come to the same end: what a driver makes of a
transcript may not depend on the line it comes over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from collector.line_settings import LineSettings
from collector.links.tcp import TcpLink
from collector.session import Session
from metering.readings import Record
from protocols import catalogue
from protocols.driver import DriverInfo
from protocols.modbus.messages import Framing
from protocols.playback import Played, begin
from protocols.vectors import Vector, VectorConversation, VectorExchange
from tests.unit.test_vector_files import CASES, run

HOST = "127.0.0.1"
SETTINGS = LineSettings(timeout=0.5, gap=0.3, attempts=1, quiet=0.0, latest=0.0)


def now() -> datetime:
    return datetime(2026, 1, 10, tzinfo=UTC)


async def answer(
    exchanges: tuple[VectorExchange, ...], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Play the meter's side: hear each request of the transcript whole, say its reply byte by byte."""
    for exchange in exchanges:
        try:
            heard = await reader.readexactly(len(exchange.send))
        except asyncio.IncompleteReadError:
            break
        if heard != exchange.send:
            break
        for octet in exchange.receive or b"":
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)
    await reader.read()
    writer.close()


@asynccontextmanager
async def meter(conversation: VectorConversation) -> AsyncIterator[TcpLink]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(conversation.exchanges, reader, writer)

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        link = TcpLink(f"tcp://{HOST}:{port}", HOST, port)
        await link.open()
        try:
            yield link
        finally:
            await link.close()


@pytest.mark.parametrize(("vector", "conversation"), CASES)
async def test_a_model_is_read_over_tcp_byte_by_byte(
    vector: Vector, conversation: VectorConversation
) -> None:
    delivered: list[Record] = []
    driver = catalogue.driver(vector.model, framing=Framing.RTU, choices=vector.choices)
    async with meter(conversation) as link:
        session = Session(link, settings=SETTINGS, now=now)
        result = await session.run(
            begin(driver, vector, conversation), lambda records, frame: delivered.extend(records)
        )
    assert Played(result, tuple(delivered)) == run(vector, conversation)


@pytest.mark.parametrize("info", catalogue.models(), ids=lambda info: info.model)
def test_a_model_says_what_can_be_known_without_asking(info: DriverInfo) -> None:
    assert info.maker
    assert info.title
    assert info.manual
    assert info.line.timeout > 0
    assert all(depth >= 0 for depth in info.depths.values())
    assert info.polls_per_day is None or info.polls_per_day > 0

"""A head-end of bare sockets for simulated gateways, so that they are tested without the collector."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PATIENCE = 5.0
"""Seconds after which something that must come has not come."""
SILENCE = 0.15
"""Seconds without a byte that show that nothing comes."""


class Caller:
    """One gateway's connection, as the head-end sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.source: str = writer.get_extra_info("peername")[0]
        self._reader = reader
        self._writer = writer

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    async def hear(self, size: int) -> bytes:
        """Exactly so many bytes."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readexactly(size)

    async def segment(self) -> bytes:
        """What comes next in one piece; b"" when the gateway hangs up, however it does."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self._reader.read(4096)
            except ConnectionError:
                return b""

    async def ask(self, request: bytes, size: int) -> bytes:
        self.say(request)
        return await self.hear(size)

    async def is_silent(self) -> bool:
        """Whether the connection is open and nothing comes over it for a while."""
        try:
            await asyncio.wait_for(self._reader.read(1), SILENCE)
        except TimeoutError:
            return True
        return False

    async def hang_up(self) -> None:
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()


class HeadEnd:
    """Where gateways connect to."""

    def __init__(self) -> None:
        self.address = ("127.0.0.1", 0)
        self.callers: list[Caller] = []
        self._arrived: asyncio.Queue[Caller] = asyncio.Queue()

    async def caller(self) -> Caller:
        """The next who connects."""
        async with asyncio.timeout(PATIENCE):
            return await self._arrived.get()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = Caller(reader, writer)
        self.callers.append(caller)
        self._arrived.put_nowait(caller)


@asynccontextmanager
async def head_end(port: int = 0) -> AsyncIterator[HeadEnd]:
    """Listens on a port of this host."""
    listening = HeadEnd()
    server = await asyncio.start_server(listening.accept, "127.0.0.1", port)
    listening.address = server.sockets[0].getsockname()[:2]
    try:
        yield listening
    finally:
        server.close()
        for caller in listening.callers:
            await caller.hang_up()
        await server.wait_closed()

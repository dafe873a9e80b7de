"""A link in memory to a simulated far end: no port, and no time but the loop's."""

from __future__ import annotations

import asyncio

from collector.links.arrivals import Arrivals
from collector.links.stream import StreamLink
from simulators.lines import FarEnd


class FarEndLink(StreamLink):
    def __init__(self, far_end: FarEnd) -> None:
        super().__init__("a port in memory")
        self._far_end = far_end

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        return _MemoryTransport(arrivals, self._far_end)


class _MemoryTransport(asyncio.Transport):
    """What is written is heard at once, in order."""

    def __init__(self, arrivals: Arrivals, far_end: FarEnd) -> None:
        super().__init__()
        self._arrivals = arrivals
        self._heard: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._connection = far_end.connect(self)
        self._listening = asyncio.create_task(self._listen())
        arrivals.connection_made(self)

    def say(self, data: bytes) -> None:
        if not self._arrivals.ended:
            self._arrivals.data_received(data)

    def cut(self) -> None:
        self.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._heard.put_nowait(bytes(data))

    def abort(self) -> None:
        self._heard.put_nowait(None)

    async def _listen(self) -> None:
        while (data := await self._heard.get()) is not None:
            await self._connection.hear(data)
        await self._connection.close()
        self._arrivals.connection_lost(None)

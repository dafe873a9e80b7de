"""A gateway that passes bytes through a TCP connection, Modbus TCP included."""

from __future__ import annotations

import asyncio

from collector.links.arrivals import Arrivals
from collector.links.stream import StreamLink


class TcpLink(StreamLink):
    """A connection that we open."""

    def __init__(self, description: str, host: str, port: int) -> None:
        super().__init__(description)
        self._host = host
        self._port = port

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: arrivals, self._host, self._port
        )
        return transport

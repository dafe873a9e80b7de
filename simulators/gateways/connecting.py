"""A gateway that connects to a head-end, again and again, whatever happens to its connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from simulators.gateways.attachment import Attachment
from simulators.gateways.dialogue import Csq
from simulators.gateways.families import dialogue_of
from simulators.gateways.gateway import Gateway
from simulators.gateways.mishaps import Fate, Mishap
from simulators.lines import LARGEST_READ, FarEnd

Listener = Callable[[Gateway], tuple[str, int] | None]
"""Host and port of the head-end for this gateway at this moment; None: nowhere yet."""

_LONGEST_CONNECT: Final = 10.0
_MOST_DOUBLINGS: Final = 4
_MOST_GHOSTS: Final = 4


class ConnectingGateway:
    """One gateway at work. `sessions` counts the connections that it got."""

    def __init__(
        self, gateway: Gateway, far_end: FarEnd, listener: Listener, *, fate: Fate, csq: Csq
    ) -> None:
        self.gateway = gateway
        self.sessions = 0
        self._far_end = far_end
        self._listener = listener
        self._fate = fate
        self._csq = csq
        self._attachment: Attachment | None = None
        self._ghosts: list[asyncio.Task[None]] = []

    @property
    def counts(self) -> Counter[Mishap]:
        """What befell its connections."""
        return self._fate.counts

    @property
    def attached(self) -> bool:
        """Whether it has a connection that it knows of."""
        return self._attachment is not None

    def lose_mapping(self) -> None:
        """The network forgets its connection now: the old socket stays open and dumb, a new one will come."""
        if self._attachment is not None:
            self._attachment.vanish()

    def reset(self) -> None:
        """Its connection is reset now."""
        if self._attachment is not None:
            self._attachment.cut()

    async def run(self) -> None:
        """Connect until cancelled; tries in vain become rarer."""
        in_vain = 0
        try:
            while True:
                if (address := self._listener(self.gateway)) is not None:
                    served = await self._try_once(address)
                    in_vain = 0 if served else min(in_vain + 1, _MOST_DOUBLINGS)
                await asyncio.sleep(self.gateway.reconnect * 2 ** max(in_vain - 1, 0))
        finally:
            await self._lay_ghosts(0)

    async def _try_once(self, address: tuple[str, int]) -> bool:
        try:
            await asyncio.sleep(self._fate.delay())
            source = (self.gateway.source, 0) if self.gateway.source else None
            async with asyncio.timeout(_LONGEST_CONNECT):
                reader, writer = await asyncio.open_connection(*address, local_addr=source)
        except OSError:
            return False
        return await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.sessions += 1
        dialogue = dialogue_of(self.gateway, self._csq)
        attachment = Attachment(self.gateway, dialogue, self._fate, self._far_end, writer)
        self._attachment = attachment
        try:
            with suppress(OSError):
                await attachment.run(reader)
        finally:
            self._attachment = None
            if attachment.vanished:
                self._ghosts.append(asyncio.create_task(_swallow(reader, writer)))
            else:
                await _hang_up(writer)
        await self._lay_ghosts(_MOST_GHOSTS)
        return attachment.served

    async def _lay_ghosts(self, most: int) -> None:
        """Close the oldest connections that nobody hears, until so many are left."""
        gone, self._ghosts = self._ghosts[: -most or None], self._ghosts[-most:] if most else []
        for ghost in gone:
            ghost.cancel()
        await asyncio.gather(*gone, return_exceptions=True)


@asynccontextmanager
async def inbound_front(
    far_end: FarEnd, gateway: Gateway, listener: Listener, *, fate: Fate, csq: Csq
) -> AsyncIterator[ConnectingGateway]:
    """A gateway that connects to the head-end until the block ends."""
    connecting = ConnectingGateway(gateway, far_end, listener, fate=fate, csq=csq)
    running = asyncio.create_task(connecting.run())
    try:
        yield connecting
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What comes over a connection that the network forgot arrives nowhere."""
    try:
        with suppress(OSError):
            while await reader.read(LARGEST_READ):
                pass
    finally:
        await _hang_up(writer)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    if writer.transport.get_write_buffer_size():
        writer.transport.abort()  # the other side takes nothing any more
    with suppress(OSError):
        await writer.wait_closed()

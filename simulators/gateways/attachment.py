"""One connection of a gateway to the head-end: login, meters' bytes, heartbeats, and its end."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from metering.errors import LineError
from simulators.gateways.air import Way
from simulators.gateways.dialogue import Dialogue
from simulators.gateways.gateway import Gateway
from simulators.gateways.mishaps import Fate, Mishap
from simulators.lines import LARGEST_READ, FarEnd

_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Attachment:
    """The gateway as its meters' caller.

    `served`: the head-end has asked the meters something. `vanished`: the network forgot the connection, and
    its socket stays open.
    """

    def __init__(
        self, gateway: Gateway, dialogue: Dialogue, fate: Fate, far_end: FarEnd, writer: asyncio.StreamWriter
    ) -> None:
        self.served = False
        self.vanished = False
        self._gateway = gateway
        self._dialogue = dialogue
        self._fate = fate
        self._writer = writer
        self._over = asyncio.Event()
        self._active = asyncio.Event()
        self._mishap: Mishap | None = None
        self._up = Way(self._arrive_at_head_end, fate, whole=False)
        self._down = Way(self._arrive_at_gateway, fate, whole=True)
        self._connection = far_end.connect(self)

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Until one side hangs up or the network forgets the connection; OSError when it is reset."""
        tasks = [asyncio.ensure_future(part) for part in self._parts(reader)]
        self._up.send(self._dialogue.greeting())
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._connection.close()
        for task in done:
            with suppress(LineError):  # the simulated server behind the line is away
                task.result()

    def say(self, data: bytes) -> None:
        """The meters answer."""
        mishap, self._mishap = self._mishap, None
        if not data or self._over.is_set() or not self._dialogue.ready:
            return
        if mishap is not None:
            self._fate.count(mishap)
        if mishap is Mishap.RESET:
            self._writer.write(self._dialogue.wrap(data)[: len(data) // 2])
            self.cut()
            return
        if mishap is Mishap.BYTE_LOST:
            lost = self._fate.random.randrange(len(data))
            data = data[:lost] + data[lost + 1 :]
        glued = self._dialogue.heartbeat() if mishap is Mishap.HEARTBEAT_GLUED else b""
        self._up.send(glued + self._dialogue.wrap(data))
        self._active.set()

    def cut(self) -> None:
        """Reset the connection."""
        sock: socket.socket | None = self._writer.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._writer.transport.abort()
        self._over.set()

    def vanish(self) -> None:
        """The network forgets this connection, and neither side is told."""
        self._fate.count(Mishap.MAPPING_LOST)
        self.vanished = True
        self._over.set()

    def _parts(self, reader: asyncio.StreamReader) -> tuple[Coroutine[Any, Any, object], ...]:
        """What goes on side by side; the end of any of them is the end of all."""
        return (
            self._read(reader),
            self._up.carry(),
            self._down.carry(),
            self._beat(),
            self._expect_login(),
            self._over.wait(),
        )

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(LARGEST_READ):
            self._active.set()
            self._down.send(data)

    async def _arrive_at_head_end(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _arrive_at_gateway(self, data: bytes) -> None:
        heard = self._dialogue.hear(data)
        if heard.dismissed:
            self._over.set()
            return
        self._up.send(heard.reply)
        if heard.payload:
            await self._ask_meters(heard.payload)

    async def _ask_meters(self, request: bytes) -> None:
        self.served = True
        self._mishap = self._fate.of_request()
        if self._mishap is Mishap.MAPPING_LOST:
            self.vanish()
        else:
            await self._connection.hear(request)

    async def _expect_login(self) -> None:
        await asyncio.sleep(self._gateway.patience)
        if self._dialogue.ready:
            await self._over.wait()

    async def _beat(self) -> None:
        """Says that it is alive whenever nothing was said or heard for a while."""
        while not self._dialogue.forsaken:
            self._active.clear()
            try:
                async with asyncio.timeout(self._gateway.beat):
                    await self._active.wait()
            except TimeoutError:
                if self._dialogue.ready:
                    self._up.send(self._dialogue.heartbeat(), Mishap.HEARTBEAT_SPLIT)

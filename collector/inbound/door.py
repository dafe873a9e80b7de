"""One listening port: accepts, reads the load balancer's header, unlocks TLS, hands over to the reception."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterable
from functools import partial
from typing import Final

from collector.inbound.address import ListenAddress
from collector.inbound.connection import Connection
from collector.inbound.endings import Refusal
from collector.inbound.reception import Reception
from metering.errors import ConfigurationError, DecodeError
from protocols.proxy_protocol import parse

BACKLOG: Final = 1024
BATCH: Final = 100
"""Accepted at once, before everybody else gets a turn."""
BREATH: Final = 1.0
"""After the operating system refused us another socket."""
SHORTEST_HEADER: Final = 15
"""`PROXY UNKNOWN` and CR LF."""

KEEP_ALIVE: Final = {
    socket.TCP_KEEPIDLE: 60,
    socket.TCP_KEEPINTVL: 30,
    socket.TCP_KEEPCNT: 3,
}


def bind_all(addresses: Iterable[ListenAddress]) -> list[socket.socket]:
    """The listening sockets, or none of them; ConfigurationError says why."""
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(_bind(address)) for address in addresses]
        opened.pop_all()
    return sockets


def _bind(address: ListenAddress) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {address.text}: {error}. The address must be one of this machine and the "
            "port free; a port below 1024 needs the right to open it."
        ) from error
    listening.setblocking(False)
    return listening


class Door:
    """Between accepting and the first byte for the reception, a connection has a task of its own."""

    def __init__(
        self,
        address: ListenAddress,
        listening: socket.socket,
        reception: Reception,
        certificate: ssl.SSLContext | None,
    ) -> None:
        self.listener = address
        self.port: int = listening.getsockname()[1]
        self._listening = listening
        self._reception = reception
        self._certificate = certificate if address.tls else None
        self._entering: set[asyncio.Task[None]] = set()
        self._breath: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begins to accept."""
        self._breath = None
        asyncio.get_running_loop().add_reader(self._listening, self._accept)

    async def close(self) -> None:
        """Accepts nobody any more; who is still entering is turned away."""
        asyncio.get_running_loop().remove_reader(self._listening)
        if self._breath is not None:
            self._breath.cancel()
        self._listening.close()
        for task in self._entering:
            task.cancel()
        await asyncio.gather(*self._entering, return_exceptions=True)

    def greet(self, connection: Connection) -> None:
        self._reception.greet(connection)

    def release(self, connection: Connection) -> None:
        self._reception.admission.leave(connection)

    def _accept(self) -> None:
        for _ in range(BATCH):
            try:
                accepted, peer = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._take_breath()
                return
            self._admit(accepted, peer[0])

    def _take_breath(self) -> None:
        """The process has no socket left: those that end will give some back."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listening)
        self._reception.admission.refuse(Refusal.NO_SOCKET)
        self._breath = loop.call_later(BREATH, self.open)

    def _admit(self, accepted: socket.socket, address: str) -> None:
        admission = self._reception.admission
        accepted.setblocking(False)
        connection = Connection(address, self)
        if not admission.has_room() or not (self.listener.proxy or admission.begin(connection)):
            accepted.close()
            return
        admission.enter(connection)
        task = asyncio.get_running_loop().create_task(self._enter(accepted, connection))
        self._entering.add(task)
        task.add_done_callback(partial(self._entered, accepted, connection))

    async def _enter(self, accepted: socket.socket, connection: Connection) -> None:
        try:
            _keep_alive(accepted)
            if not self.listener.proxy or await self._learn_source(accepted, connection):
                await self._hand_over(accepted, connection)
        except OSError:
            self._reception.admission.refuse(Refusal.HANDSHAKE)

    def _entered(self, accepted: socket.socket, connection: Connection, task: asyncio.Task[None]) -> None:
        """Also a task that was cancelled before it began comes here."""
        self._entering.discard(task)
        if not connection.made:
            accepted.close()
            self.release(connection)

    async def _learn_source(self, accepted: socket.socket, connection: Connection) -> bool:
        """Whether the header was right, and its address may have one more connection."""
        try:
            async with asyncio.timeout(self._reception.limits.header_time):
                source = await _read_source(accepted)
        except (OSError, DecodeError):
            self._reception.admission.refuse(Refusal.HEADER)
            return False
        connection.address = source or connection.address
        return self._reception.admission.begin(connection)

    async def _hand_over(self, accepted: socket.socket, connection: Connection) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection,
            accepted,
            ssl=self._certificate,
            ssl_handshake_timeout=self._reception.limits.handshake_time if self._certificate else None,
        )


async def _read_source(accepted: socket.socket) -> str:
    """The address in the header. Not a byte more than the header is read: what follows may be TLS."""
    loop = asyncio.get_running_loop()
    heard, wanted = b"", SHORTEST_HEADER
    while True:
        data = await loop.sock_recv(accepted, wanted)
        if not data:
            raise ConnectionResetError("it hung up within the header")
        heard += data
        proxied = parse(heard)
        if proxied is not None:
            return proxied.source_host
        wanted = max(SHORTEST_HEADER - len(heard), 1)


def _keep_alive(accepted: socket.socket) -> None:
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE.items():
        accepted.setsockopt(socket.IPPROTO_TCP, option, value)

"""The other ends of the links' conformance suite: they echo, and do what HANG_UP, FLOOD and SILENT say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import socket
import threading
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import serial
from serial.rfc2217 import PortManager

from collector.links import Link
from collector.links.fake import Arrival, FakeLink
from collector.links.opening import link_for
from collector.links.url import LineUrl

HANG_UP = b"hang up"
FLOOD = b"flood"
FLOODED = 1024 * 1024
SILENT = b"silent"

Opened = Callable[[], contextlib.AbstractAsyncContextManager[Link]]


@dataclass(frozen=True)
class Line:
    """A way to a peer that echoes, hangs up, floods or is silent on demand, and one to nobody."""

    name: str
    with_peer: Opened
    with_nobody: Opened


@asynccontextmanager
async def fake_line() -> AsyncIterator[Link]:
    def arrivals(data: bytes) -> list[Arrival]:
        heard = answer(data)
        parts = [heard[start : start + 4096] for start in range(0, len(heard), 4096)]
        return [Arrival(None if data == HANG_UP else part) for part in parts]

    yield FakeLink(arrivals)


@asynccontextmanager
async def fake_nobody() -> AsyncIterator[Link]:
    yield FakeLink(lambda data: (), unavailable=ConnectionRefusedError("nobody"))


class TcpPeer(threading.Thread):
    """Serves one connection after another."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                self.connection, _ = self._listening.accept()
            except OSError:
                return
            with self.connection, contextlib.suppress(OSError):
                self.serve()

    def serve(self) -> None:
        while (data := self.connection.recv(4096)) not in (b"", HANG_UP):
            self.connection.sendall(answer(data))

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self.join(5)
        self._listening.close()


class SerialServer(TcpPeer):
    """A serial server whose port is a loop; the RFC 2217 side is pyserial's."""

    def __init__(self) -> None:
        super().__init__()
        self.serial = serial.serial_for_url("loop://", timeout=0)

    def serve(self) -> None:
        port = PortManager(self.serial, self)
        while received := self.connection.recv(4096):
            data = b"".join(port.filter(received))
            if data == HANG_UP:
                return
            self.write(b"".join(port.escape(answer(data))))

    def write(self, data: bytes) -> None:
        self.connection.sendall(data)

    def stop(self) -> None:
        super().stop()
        self.serial.close()


def answer(data: bytes) -> bytes:
    return {FLOOD: bytes(FLOODED), SILENT: b""}.get(data, data)


@asynccontextmanager
async def network_line(scheme: str, make_peer: Callable[[], TcpPeer] = TcpPeer) -> AsyncIterator[Link]:
    peer = make_peer()
    peer.start()
    link = link_for(LineUrl.parse(f"{scheme}://127.0.0.1:{peer.port}"))
    try:
        yield link
    finally:
        await link.close()
        await asyncio.to_thread(peer.stop)


@asynccontextmanager
async def network_nobody(scheme: str) -> AsyncIterator[Link]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield link_for(LineUrl.parse(f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"))


class PtyPeer(threading.Thread):
    """Holds the far end of a pseudo-terminal."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._far, near = pty.openpty()
        tty.setraw(near)
        self.device = os.ttyname(near)
        self._near = near

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while (data := os.read(self._far, 4096)) not in (b"", HANG_UP):
                self._write(answer(data))
        os.close(self._far)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._far, data) :]

    def stop(self) -> None:
        """Closing the near end as well gives the far one an end of file."""
        os.close(self._near)
        self.join(5)


@asynccontextmanager
async def serial_line() -> AsyncIterator[Link]:
    peer = PtyPeer()
    peer.start()
    link = link_for(LineUrl.parse(f"serial:{peer.device}?baud=2400&parity=E"))
    try:
        yield link
    finally:
        await link.close()
        peer.stop()


@asynccontextmanager
async def serial_nobody() -> AsyncIterator[Link]:
    yield link_for(LineUrl.parse("serial:/dev/no-such-adapter"))


LINES = (
    Line("fake", fake_line, fake_nobody),
    Line("tcp", lambda: network_line("tcp"), lambda: network_nobody("tcp")),
    Line("modbus-tcp", lambda: network_line("modbus-tcp"), lambda: network_nobody("modbus-tcp")),
    Line("serial", serial_line, serial_nobody),
    Line("rfc2217", lambda: network_line("rfc2217", SerialServer), lambda: network_nobody("rfc2217")),
)

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
from datetime import UTC, datetime
from unittest.mock import patch

import serial
from serial.rfc2217 import PortManager

from collector.dialling.times import DiallingTimes
from collector.inbound.address import ListenAddress
from collector.inbound.endings import Ending
from collector.inbound.events import Connected, KnownModem, Stranger
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.links import Link
from collector.links.fake import Arrival, FakeLink
from collector.links.opening import link_for
from collector.links.url import LineUrl
from metering.modems import ModemIdentity
from metering.signals import SignalReport
from protocols.at import calls, dialogue
from protocols.conversation import Pause
from tests.support.scripted_modem import LINE, ScriptedModem, ScriptedPool

HANG_UP = b"hang up"
FLOOD = b"flood"
FLOODED = 1024 * 1024
SILENT = b"silent"

MODEM = "356938035643809"
INBOUND = LineUrl.parse(f"inbound:{MODEM}")

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


class CallingPeer(threading.Thread):
    """A modem: it calls us, says its IMEI, and is the same peer as the others."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._connection = socket.create_connection(("127.0.0.1", port))

    def run(self) -> None:
        with self._connection as connection, contextlib.suppress(OSError):
            connection.sendall(MODEM.encode() + b"\r\n")
            while (data := connection.recv(4096)) not in (b"", HANG_UP):
                connection.sendall(answer(data))

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self.join(5)


class Attendance:
    """Waits for the modem to be there."""

    def __init__(self) -> None:
        self.here = asyncio.Event()

    def appeared(self, modem: KnownModem, connection: Connected) -> None:
        self.here.set()

    def vanished(self, modem: KnownModem, ending: Ending) -> None: ...

    def stranger(self, stranger: Stranger) -> None: ...

    def learned(self, modem_id: int, report: SignalReport | None, identity: ModemIdentity) -> None: ...


@asynccontextmanager
async def listener(attendance: Attendance) -> AsyncIterator[Listener]:
    limits = Limits(settling=0.0, sweep=0.1)
    address = ListenAddress.parse("127.0.0.1:0")
    listener = Listener([address], limits, attendance, lambda: datetime(2026, 1, 10, tzinfo=UTC))
    listener.know([KnownModem(1, 1, MODEM, INBOUND)])
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(listener.run(stop))
        try:
            yield listener
        finally:
            stop.set()


@asynccontextmanager
async def inbound_line() -> AsyncIterator[Link]:
    attendance = Attendance()
    async with listener(attendance) as listening:
        ((_, port),) = listening.bind()
        peer = CallingPeer(port)
        peer.start()
        await attendance.here.wait()
        link = listening.link(INBOUND)
        try:
            yield link
        finally:
            await link.close()
            await asyncio.to_thread(peer.stop)


@asynccontextmanager
async def inbound_nobody() -> AsyncIterator[Link]:
    async with listener(Attendance()) as listening:
        yield listening.link(INBOUND)


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


@asynccontextmanager
async def csd_line(*, absent: bool = False) -> AsyncIterator[Link]:
    """A call through a modem in memory whose pauses are as short as ours are made here."""
    modem = ScriptedModem(setting_up=0.0, thinking=0.0, guard=0.001, meter=call_answer, absent=absent)
    dialler = await ScriptedPool(modem, times=DiallingTimes(patience=0.0, release=0.0)).dialler()
    with contextlib.ExitStack() as shortened:
        for module, name in ((calls, "GUARD"), (calls, "RELEASE"), (dialogue, "SETTLING")):
            shortened.enter_context(patch.object(module, name, Pause(0.002)))
        yield dialler.link(LINE)


def call_answer(data: bytes) -> list[Arrival]:
    """A meter that hangs up leaves its words to our modem."""
    heard = b"\r\nNO CARRIER\r\n" if data == HANG_UP else answer(data)
    return [Arrival(heard[start : start + 4096]) for start in range(0, len(heard), 4096)]


LINES = (
    Line("fake", fake_line, fake_nobody),
    Line("tcp", lambda: network_line("tcp"), lambda: network_nobody("tcp")),
    Line("modbus-tcp", lambda: network_line("modbus-tcp"), lambda: network_nobody("modbus-tcp")),
    Line("serial", serial_line, serial_nobody),
    Line("inbound", inbound_line, inbound_nobody),
    Line("csd", csd_line, lambda: csd_line(absent=True)),
    Line("rfc2217", lambda: network_line("rfc2217", SerialServer), lambda: network_nobody("rfc2217")),
)

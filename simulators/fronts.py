"""How callers reach a far end: a TCP port, a pseudo terminal, or a TCP port that speaks RFC 2217."""

from __future__ import annotations

import asyncio
import os
import struct
import tty
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

import serial
import serial.rfc2217

from metering.errors import LineError, LineLost
from simulators.lines import LARGEST_READ, Caller, Connection, FarEnd

HOST: Final = "127.0.0.1"
_LONGEST_OPTION: Final = 64
_MOST_UNHEARD: Final = 64
"""Reads of a terminal that may wait while the far end is busy."""


class _Wire(Caller, Protocol):
    """A caller whose raw bytes are unpacked before the far end hears them."""

    def unpack(self, data: bytes) -> bytes: ...


class _Socket:
    """A caller on a plain TCP connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def say(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    def cut(self) -> None:
        self._writer.close()

    def unpack(self, data: bytes) -> bytes:
        return data


class _TelnetSocket(_Socket):
    """A caller who sets baud rate and parity by RFC 2217; an unconnected port in memory remembers them."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self._port = serial.serial_for_url("loop://")
        self._manager = serial.rfc2217.PortManager(self._port, writer)

    def say(self, data: bytes) -> None:
        super().say(b"".join(self._manager.escape(data)))

    def unpack(self, data: bytes) -> bytes:
        try:
            said = b"".join(self._manager.filter(data))
        except (struct.error, LookupError, TypeError, ValueError) as error:
            raise LineLost(f"The caller's RFC 2217 option cannot be understood: {error}.") from error
        if len(self._manager.suboption or b"") > _LONGEST_OPTION:
            raise LineLost(f"The caller's RFC 2217 option is longer than {_LONGEST_OPTION} bytes.")
        return said


@asynccontextmanager
async def tcp_front(far_end: FarEnd) -> AsyncIterator[int]:
    """A transparent gateway; gives its port."""
    async with _served(far_end, _Socket) as port:
        yield port


@asynccontextmanager
async def rfc2217_front(far_end: FarEnd) -> AsyncIterator[int]:
    """A serial server whose baud rate the caller can change; gives its port."""
    async with _served(far_end, _TelnetSocket) as port:
        yield port


@asynccontextmanager
async def pty_front(far_end: FarEnd) -> AsyncIterator[str]:
    """A serial port in raw mode; gives the path of its device."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        async with _listened(ours, far_end):
            yield os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


@asynccontextmanager
async def _served(far_end: FarEnd, wire: Callable[[asyncio.StreamWriter], _Wire]) -> AsyncIterator[int]:
    calls: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.ensure_future(_converse(reader, writer, far_end, wire(writer)))
        calls[call] = writer
        call.add_done_callback(calls.pop)

    server = await asyncio.start_server(answer, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await _hung_up(calls)
        await server.wait_closed()


async def _hung_up(calls: Mapping[asyncio.Task[None], asyncio.StreamWriter]) -> None:
    """Ends each call as its caller would: a cancelled one could be cancelled out of its own tidying up."""
    for writer in calls.values():
        writer.close()
    await asyncio.gather(*calls, return_exceptions=True)


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far_end: FarEnd, caller: _Wire
) -> None:
    connection = far_end.connect(caller)
    try:
        with suppress(OSError, LineError):
            while data := await reader.read(LARGEST_READ):
                if said := caller.unpack(data):
                    await connection.hear(said)
    finally:
        await connection.close()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


class _Terminal:
    """Whoever opened the pseudo terminal; it cannot be cut off, only left without an answer."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, data: bytes) -> None:
        with suppress(BlockingIOError):  # nobody reads: a serial line drops what nobody takes
            os.write(self._descriptor, data)

    def cut(self) -> None:
        return


@asynccontextmanager
async def _listened(descriptor: int, far_end: FarEnd) -> AsyncIterator[None]:
    heard: asyncio.Queue[bytes] = asyncio.Queue(_MOST_UNHEARD)
    connection = far_end.connect(_Terminal(descriptor))
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, _take, descriptor, heard)
    listening = asyncio.create_task(_listen(heard, connection))
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await connection.close()


async def _listen(heard: asyncio.Queue[bytes], connection: Connection) -> None:
    while True:
        data = await heard.get()
        with suppress(OSError, LineError):  # a terminal cannot be cut off: what failed was not heard
            await connection.hear(data)


def _take(descriptor: int, heard: asyncio.Queue[bytes]) -> None:
    with suppress(OSError, asyncio.QueueFull):  # a serial line waits for nobody
        if data := os.read(descriptor, LARGEST_READ):
            heard.put_nowait(data)

"""A broker of a few lines that speaks MQTT 5 to one client at a time, and writes down what it hears.

It stands in for Mosquitto where none is installed: what the client says is judged byte by byte against the
standard (MQTT 5.0, OASIS 2019, sections 3.1 to 3.9), which no library of ours has a part in.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14
CONNACK = bytes.fromhex("20 03 00 00 00")
PINGRESP = bytes.fromhex("D0 00")


@dataclass
class Heard:
    """Packets in the order in which they came: type, flags, body."""

    packets: asyncio.Queue[tuple[int, int, bytes]] = field(default_factory=asyncio.Queue)
    writer: asyncio.StreamWriter | None = None

    async def next(self, kind: int) -> bytes:
        """The body of the next packet of this type; others before it are passed over."""
        async with asyncio.timeout(20):
            while True:
                found, _, body = await self.packets.get()
                if found == kind:
                    return body

    async def send(self, topic: str, payload: bytes, number: int) -> None:
        """PUBLISH with quality of service 1."""
        assert self.writer is not None
        body = _text(topic) + struct.pack(">H", number) + b"\0" + payload
        self.writer.write(b"\x32" + _length(len(body)) + body)
        await self.writer.drain()

    def cut(self) -> None:
        """The connection breaks."""
        assert self.writer is not None
        self.writer.transport.abort()


@asynccontextmanager
async def scripted_broker() -> AsyncIterator[tuple[int, Heard]]:
    """Its port, and what it heard."""
    heard = Heard()
    serving: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        heard.writer = writer
        try:
            while True:
                await _answer(await _packet(reader), writer, heard)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        if heard.writer is not None:
            heard.writer.close()


async def _packet(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    (first,) = await reader.readexactly(1)
    length = shift = 0
    while True:
        (octet,) = await reader.readexactly(1)
        length |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            return first >> 4, first & 0x0F, await reader.readexactly(length)


async def _answer(packet: tuple[int, int, bytes], writer: asyncio.StreamWriter, heard: Heard) -> None:
    kind, flags, body = packet
    if kind == CONNECT:
        writer.write(CONNACK)
    elif kind == SUBSCRIBE:
        granted = b"\x01" * filters(body)[1]
        answer = body[:2] + b"\0" + granted
        writer.write(b"\x90" + _length(len(answer)) + answer)
    elif kind == PINGREQ:
        writer.write(PINGRESP)
    elif kind == PUBLISH and flags & 0x06:
        size = struct.unpack_from(">H", body)[0]
        writer.write(b"\x40\x02" + body[2 + size : 4 + size])
    await writer.drain()
    heard.packets.put_nowait(packet)


def filters(body: bytes) -> tuple[list[str], int]:
    """The filters of a SUBSCRIBE without properties, and how many there are."""
    found, place = [], 3 + body[2]
    while place < len(body):
        size = struct.unpack_from(">H", body, place)[0]
        found.append(body[place + 2 : place + 2 + size].decode())
        place += 3 + size
    return found, len(found)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _length(length: int) -> bytes:
    octets = bytearray()
    while True:
        length, octet = length >> 7, length & 0x7F
        octets.append(octet | (0x80 if length else 0))
        if not length:
            return bytes(octets)

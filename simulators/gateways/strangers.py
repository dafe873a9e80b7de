"""Peers that a listener on the internet gets besides its gateways: scanners, browsers, noise, crowds."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Final

Address = tuple[str, int]

MOST_SAID: Final = 1_000_000
"""Bytes after which even an endless hello ends."""
MOST_GUESTS: Final = 20_000
_MOST_HEARD: Final = 10_000
_AT_ONCE: Final = 100
_PIECE: Final = 500


@dataclass(frozen=True, slots=True)
class Stranger:
    """What somebody says, piece by piece, with so many seconds between the pieces; then he waits."""

    says: Callable[[Random], Iterable[bytes]]
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Visit:
    """How a stranger fared: bytes said and heard, and whether the listener hung up on him."""

    said: int
    heard: bytes
    hung_up: bool


def _http(random: Random) -> Iterator[bytes]:
    yield b"GET / HTTP/1.1\r\nHost: 10.0.0.5\r\nUser-Agent: zgrab/0.x\r\nAccept: */*\r\n\r\n"


def _tls(random: Random) -> Iterator[bytes]:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="head-end.example").do_handshake()
    yield outgoing.read()


def _ssh(random: Random) -> Iterator[bytes]:
    yield b"SSH-2.0-libssh2_1.11.0\r\n"


def _garbage(random: Random) -> Iterator[bytes]:
    yield random.randbytes(random.randrange(1, _PIECE))


def _endless(random: Random) -> Iterator[bytes]:
    return itertools.repeat(b"A" * _PIECE, MOST_SAID // _PIECE)


def _slow(random: Random) -> Iterator[bytes]:
    """The beginning of a hello that is never finished."""
    return (bytes([octet]) for octet in b"AT$IMEI=" + b"8" * _PIECE)


def _nothing(random: Random) -> Iterator[bytes]:
    return iter(())


STRANGERS: Final[Mapping[str, Stranger]] = {
    "slow-hello": Stranger(_slow, pause=1.0),
    "endless-hello": Stranger(_endless),
    "garbage": Stranger(_garbage),
    "http": Stranger(_http),
    "tls": Stranger(_tls),
    "ssh": Stranger(_ssh),
    "silence": Stranger(_nothing),
}


async def visit(address: Address, stranger: Stranger, random: Random, *, patience: float = 30.0) -> Visit:
    """Let a stranger speak until he is hung up on, or for `patience` seconds after his last word.

    OSError when nobody listens there.
    """
    reader, writer = await asyncio.open_connection(*address)
    listening = asyncio.create_task(_listen(reader))
    said = 0
    try:
        for piece in stranger.says(random):
            if listening.done() or not await _said(writer, piece):
                break
            said += len(piece)
            await asyncio.wait([listening], timeout=stranger.pause)
        await asyncio.wait([listening], timeout=patience)
        return Visit(said, listening.result() if listening.done() else b"", listening.done())
    finally:
        listening.cancel()
        writer.transport.abort()
        await asyncio.gather(listening, return_exceptions=True)
        with suppress(OSError):
            await writer.wait_closed()


async def scan(address: Address, count: int) -> int:
    """Connect and close at once, so many times; says how often somebody was there."""
    met = 0
    for _ in range(count):
        with suppress(OSError):
            _, writer = await asyncio.open_connection(*address)
            met += 1
            writer.close()
            await writer.wait_closed()
    return met


@asynccontextmanager
async def crowd(address: Address, count: int, first: bytes = b"") -> AsyncIterator[Crowd]:
    """So many connections that say `first`, then nothing, until the block ends.

    With b"" they are idle strangers; with the hello of a real gateway they are its duplicates. Who cannot
    connect is not counted as a guest.
    """
    if not 0 < count <= MOST_GUESTS:
        raise ValueError(f"A crowd has 1 to {MOST_GUESTS} guests, not {count}.")
    found = Crowd([])
    try:
        for start in range(0, count, _AT_ONCE):
            coming = (_come(address, first) for _ in range(min(_AT_ONCE, count - start)))
            arrived = await asyncio.gather(*coming, return_exceptions=True)
            found.guests += [guest for guest in arrived if isinstance(guest, Guest)]
        yield found
    finally:
        for guest in found.guests:
            guest.leave()
        await asyncio.gather(*(guest.left.wait() for guest in found.guests))


class Guest(asyncio.Protocol):
    """One of a crowd; remembers whether he was thrown out."""

    def __init__(self, first: bytes) -> None:
        self.left = asyncio.Event()
        self.heard = b""
        self._first = first
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if self._first and isinstance(transport, asyncio.WriteTransport):
            transport.write(self._first)

    def data_received(self, data: bytes) -> None:
        self.heard = (self.heard + data)[:_MOST_HEARD]

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.set()

    def leave(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


@dataclass(slots=True)
class Crowd:
    """Guests in the order in which they came."""

    guests: list[Guest]

    @property
    def present(self) -> int:
        """How many have not been hung up on."""
        return sum(not guest.left.is_set() for guest in self.guests)


async def _come(address: Address, first: bytes) -> Guest:
    _, guest = await asyncio.get_running_loop().create_connection(lambda: Guest(first), *address)
    return guest


async def _said(writer: asyncio.StreamWriter, piece: bytes) -> bool:
    try:
        writer.write(piece)
        await writer.drain()
    except OSError:
        return False
    return True


async def _listen(reader: asyncio.StreamReader) -> bytes:
    """Everything heard until the listener hangs up, and no more than would be polite."""
    heard = b""
    with suppress(OSError):
        while data := await reader.read(_PIECE):
            heard = (heard + data)[:_MOST_HEARD]
    return heard

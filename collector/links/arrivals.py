"""What a transport brought and nobody took yet."""

from __future__ import annotations

import asyncio
from typing import Final

LARGEST: Final = 65536


class Arrivals(asyncio.Protocol):
    """A bounded buffer between a transport and its one reader: when it is full, the transport stops reading.

    One chunk of the transport may stand above the bound.
    """

    def __init__(self) -> None:
        self.cause: Exception | None = None
        self._transport: asyncio.Transport | None = None
        self._bytes = bytearray()
        self._paused = False
        self._ended = asyncio.Event()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self.connection_lost(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ended.clear()
        self._news.clear()

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        self._news.set()
        if len(self._bytes) >= LARGEST and self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.cause = exc
        self._transport = None
        for event in (self._ended, self._news, self._room):
            event.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    @property
    def ended(self) -> bool:
        """Whether there is no transport, or no longer one; `cause` may say why."""
        return self._transport is None

    async def news(self, timeout: float) -> None:
        """Returns when bytes are there, when the transport has ended, or after so many seconds."""
        await _happens(self._news, timeout)

    async def room(self, timeout: float) -> bool:
        """Whether the transport takes more bytes, or comes to do so within so many seconds."""
        return await _happens(self._room, timeout)

    async def end(self, timeout: float) -> None:
        """Returns when the transport has ended, or after so many seconds."""
        await _happens(self._ended, timeout)

    def take(self) -> bytes:
        """Everything that has arrived."""
        data = bytes(self._bytes)
        self._bytes.clear()
        if self._transport is not None:
            self._news.clear()
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data


async def _happens(event: asyncio.Event, timeout: float) -> bool:
    try:
        async with asyncio.timeout(timeout):
            await event.wait()
    except TimeoutError:
        return False
    return True

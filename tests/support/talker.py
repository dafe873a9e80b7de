"""A caller of a simulated line on bare streams, so that the simulators are tested without the collector."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from metering.errors import ExchangeError, FrameError, NoResponse
from protocols.conversation import Conversation, Exchange

T = TypeVar("T")

PATIENCE = 0.25
"""Seconds of silence after which a caller gives up. Answers on loopback take a hundredth of that."""


class Talker:
    """Asks, and gives back what it hears until silence or until the answer is complete."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience = patience

    async def send(self, data: bytes) -> None:
        """Sends without waiting for an answer."""
        self._writer.write(data)
        await self._writer.drain()

    async def ask(self, request: bytes, size: int | None = None) -> bytes:
        """Everything heard after the request: `size` bytes, or all until silence or the line's end."""
        self._writer.write(request)
        heard = b""
        while size is None or len(heard) < size:
            data = await self._heard()
            if not data:
                break
            heard += data
        return heard

    async def converse(self, conversation: Conversation[T]) -> T:
        """Carries a driver's conversation out, without repetitions."""
        outcome: bytes | ExchangeError | None = None
        while True:
            try:
                if isinstance(outcome, ExchangeError):
                    step = conversation.throw(outcome)
                else:
                    step = next(conversation) if outcome is None else conversation.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = await self._answer(step) if isinstance(step, Exchange) else b""

    async def _answer(self, step: Exchange) -> bytes | ExchangeError:
        self._writer.write(step.request)
        heard = b""
        while data := await self._heard():
            heard += data
            end = step.complete(heard)
            if end is not None:
                return heard[:end]
        return FrameError() if heard else NoResponse()

    async def _heard(self) -> bytes:
        try:
            return await asyncio.wait_for(self._reader.read(4096), self._patience)
        except TimeoutError:
            return b""


@asynccontextmanager
async def talking_tcp(port: int, patience: float = PATIENCE) -> AsyncIterator[Talker]:
    """A talker on a TCP port of this host."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Talker(reader, writer, patience)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def talking_pty(path: str) -> AsyncIterator[Talker]:
    """A talker on a serial device."""
    loop = asyncio.get_running_loop()
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(descriptor)
    reader = asyncio.StreamReader()
    incoming, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(descriptor), "rb", 0)
    )
    outgoing, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(), os.fdopen(descriptor, "wb", 0)
    )
    try:
        yield Talker(reader, asyncio.StreamWriter(outgoing, protocol, reader, loop), PATIENCE)
    finally:
        outgoing.close()
        incoming.close()
        await asyncio.sleep(0)

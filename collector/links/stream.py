"""A link over any asyncio transport; what differs between lines is how the transport comes about."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import ClassVar, Final

from collector.links.arrivals import Arrivals
from collector.links.causes import unopened
from collector.links.turn import Turn
from metering.errors import LineBusy, LineLost, NotSupported

OPENING: Final = 10.0
SENDING: Final = 10.0
CLOSING: Final = 2.0


class StreamLink(ABC):
    """Everything of a link but `_connect`; see the interface in `collector.links`.

    `foreign` are the exceptions of the library beneath; they are translated here and go no further.
    """

    foreign: ClassVar[tuple[type[Exception], ...]] = (OSError,)

    def __init__(self, description: str) -> None:
        self._description = description
        self._arrivals = Arrivals()
        self._transport: asyncio.Transport | None = None
        self._talk = Turn()

    @property
    def description(self) -> str:
        return self._description

    @abstractmethod
    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        """Opens the medium; what it brings goes to `arrivals`."""

    async def open(self) -> None:
        with self._turn():
            if self._transport is not None:
                raise LineBusy(f"{self.description} is open already; one line has one talker at a time.")
            arrivals = Arrivals()
            try:
                async with asyncio.timeout(OPENING):
                    self._transport = await self._connect(arrivals)
            except self.foreign as error:
                raise unopened(self.description, error) from error
            self._arrivals = arrivals

    async def close(self) -> None:
        self._abandon()
        await self._arrivals.end(CLOSING)

    async def send(self, data: bytes) -> None:
        with self._turn():
            transport = self._open_transport()
            try:
                transport.write(data)
            except self.foreign as error:
                raise self._lost(error) from error
            if not await self._arrivals.room(SENDING):
                raise LineLost(f"{self.description} takes no more bytes: the gateway hangs; restart it.")

    async def receive(self, timeout: float) -> bytes:
        with self._turn():
            await self._arrivals.news(timeout)
            data = self._arrivals.take()
            if not data:
                self._open_transport()
            return data

    def drain(self) -> bytes:
        with self._turn():
            return self._arrivals.take()

    async def retune(self, baud: int, parity: str) -> None:
        raise NotSupported(
            f"{self.description} has no serial settings that we can reach: set {baud} baud, parity {parity}, "
            "in the gateway, or use an rfc2217:// line if the gateway offers one."
        )

    def _turn(self) -> AbstractContextManager[None]:
        return self._talk.taken(self.description, self._abandon)

    def _abandon(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise LineLost(f"{self.description} is closed.")
        if self._arrivals.ended:
            raise self._lost(self._arrivals.cause) from self._arrivals.cause
        return self._transport

    def _lost(self, cause: Exception | None) -> LineLost:
        said = f" ({cause})" if cause is not None else ""
        return LineLost(
            f"{self.description} was cut from the other end{said}: check the adapter's plug or the gateway's "
            "power and network, and that no other program opened the line; then open it again."
        )

"""A link in memory: the other end is a function. It passes the same conformance suite as the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from collector.links.arrivals import Arrivals
from collector.links.stream import StreamLink


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes that reach us `after` so many seconds; None: the other end hangs up then."""

    data: bytes | None
    after: float = 0.0


Peer = Callable[[bytes], Iterable[Arrival]]
"""Told what we sent; says what we shall hear, and when."""


class FakeLink(StreamLink):
    """`sent` and `settings` hold what we sent and the serial settings that we asked for, in order."""

    def __init__(self, peer: Peer, *, unavailable: OSError | None = None) -> None:
        super().__init__("fake line")
        self.sent: list[bytes] = []
        self.settings: list[tuple[int, str]] = []
        self._peer = peer
        self._unavailable = unavailable

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        if self._unavailable is not None:
            raise self._unavailable
        return _MemoryTransport(arrivals, self._hear)

    def _hear(self, data: bytes) -> Iterable[Arrival]:
        self.sent.append(data)
        return self._peer(data)

    async def retune(self, baud: int, parity: str) -> None:
        with self._turn():
            self._open_transport()
            self.settings.append((baud, parity))


class _MemoryTransport(asyncio.Transport):
    def __init__(self, arrivals: Arrivals, peer: Peer) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._arrivals = arrivals
        self._peer = peer
        self._held: list[Arrival] | None = None
        self._closed = False
        arrivals.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        for arrival in self._peer(bytes(data)):
            self._loop.call_later(arrival.after, self._arrive, arrival)

    def _arrive(self, arrival: Arrival) -> None:
        if self._closed:
            return
        if self._held is not None:
            self._held.append(arrival)
        elif arrival.data is None:
            self.abort()
        else:
            self._arrivals.data_received(arrival.data)

    def pause_reading(self) -> None:
        self._held = []

    def resume_reading(self) -> None:
        held, self._held = self._held or [], None
        for arrival in held:
            self._arrive(arrival)

    def abort(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.call_soon(self._arrivals.connection_lost, None)

"""One TCP connection from a modem: its transport and its counters. What its bytes mean, its phase knows."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Protocol, cast

from collector.inbound.address import ListenAddress
from collector.inbound.endings import Ending


class Phase(Protocol):
    """What a connection is doing."""

    def hear(self, data: bytes, pause: float) -> None:
        """These bytes came, so many seconds after the last ones."""
        ...

    def check(self, now: float) -> None:
        """A sweep came by, at this time of the loop: is anything overdue?"""
        ...

    def write_on(self, possible: bool) -> None:
        """Whether the transport takes more bytes has changed."""
        ...

    def end(self, ending: Ending, cause: Exception | None) -> None:
        """The connection is at its end. Told once."""
        ...


class Standing(Enum):
    """As what a connection counts for the address that it came from."""

    OUTSIDE = "outside"
    UNRECOGNISED = "unrecognised"
    RECOGNISED = "recognised"


class Entrance(Protocol):
    """The listening port through which a connection came."""

    @property
    def listener(self) -> ListenAddress: ...

    @property
    def port(self) -> int: ...

    def greet(self, connection: Connection) -> None:
        """The transport is there; gives the connection its first phase."""
        ...

    def release(self, connection: Connection) -> None:
        """The transport is gone."""
        ...


class Connection(asyncio.Protocol):
    """`opened` and `heard_at` are times of the loop, `sent` and `received` bytes since they were last taken.

    `made`: the transport came to be. `choked`: it takes no more bytes now.
    """

    __slots__ = (
        "_transport",
        "address",
        "choked",
        "ended",
        "entrance",
        "heard_at",
        "made",
        "opened",
        "phase",
        "received",
        "sent",
        "standing",
    )

    def __init__(self, address: str, entrance: Entrance) -> None:
        self.address = address
        self.entrance = entrance
        self.phase: Phase | None = None
        self.standing = Standing.OUTSIDE
        self.made = self.choked = self.ended = False
        self.opened = self.heard_at = 0.0
        self.sent = self.received = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.made = True
        self.opened = self.heard_at = asyncio.get_running_loop().time()
        self.entrance.greet(self)

    def data_received(self, data: bytes) -> None:
        if self.ended or self.phase is None:
            return
        now = asyncio.get_running_loop().time()
        pause, self.heard_at = now - self.heard_at, now
        self.received += len(data)
        self.phase.hear(data, pause)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(Ending.HUNG_UP if exc is None else Ending.RESET, exc)
        self._transport = None
        self.entrance.release(self)

    def pause_writing(self) -> None:
        self._choke(True)

    def resume_writing(self) -> None:
        self._choke(False)

    def write(self, data: bytes) -> None:
        """Sends; does nothing when the connection has ended."""
        if data and self._transport is not None and not self.ended:
            self.sent += len(data)
            self._transport.write(data)

    def read_on(self, wanted: bool) -> None:
        """Lets what the modem sends come in, or wait outside."""
        if self._transport is not None and not self.ended:
            (self._transport.resume_reading if wanted else self._transport.pause_reading)()

    def end(self, ending: Ending) -> None:
        """Closes it at once, without a word to the other end."""
        transport = self._transport
        self._finish(ending, None)
        if transport is not None:
            transport.abort()

    def _finish(self, ending: Ending, cause: Exception | None) -> None:
        if self.ended:
            return
        self.ended = True
        phase, self.phase = self.phase, None
        if phase is not None:
            phase.end(ending, cause)

    def _choke(self, choked: bool) -> None:
        self.choked = choked
        if self.phase is not None:
            self.phase.write_on(not choked)

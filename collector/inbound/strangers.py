"""Devices that said who they are and are not registered: kept a while, for an engineer to register them."""

from __future__ import annotations

import asyncio
from typing import Protocol

from collector.inbound.connection import Connection
from collector.inbound.endings import Ending, Refusal
from collector.inbound.limits import Limits
from protocols.hello import Hello


class Host(Protocol):
    """Who is told what becomes of a stranger."""

    limits: Limits

    def turn_away(self, stranger: Waiting, refusal: Refusal) -> None: ...

    def stranger_gone(self, stranger: Waiting) -> None: ...


class Waiting:
    """The phase of a stranger: nothing is sent to it, and what it sends is dropped."""

    __slots__ = ("_heard", "_host", "connection", "hello", "since")

    def __init__(self, connection: Connection, host: Host, hello: Hello) -> None:
        self.connection = connection
        self.hello = hello
        self.since = asyncio.get_running_loop().time()
        self._host = host
        self._heard = 0

    def hear(self, data: bytes, pause: float) -> None:
        self._heard += len(data)
        if self._heard > self._host.limits.strange_size:
            self._host.turn_away(self, Refusal.STRANGER_FLOODED)

    def check(self, now: float) -> None:
        if now - self.since >= self._host.limits.strange_time:
            self._host.turn_away(self, Refusal.NOT_REGISTERED)

    def write_on(self, possible: bool) -> None:
        """Nothing is written."""

    def end(self, ending: Ending, cause: Exception | None) -> None:
        self._host.stranger_gone(self)


class Strangers:
    """Those that wait, one of an identity: the newest."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, identity: str) -> bool:
        return identity in self._waiting

    def keep(self, stranger: Waiting) -> Waiting | None:
        """Adds it; returns the older one of its identity, which is no longer among them."""
        older = self._waiting.pop(stranger.hello.identity, None)
        self._waiting[stranger.hello.identity] = stranger
        return older

    def take(self, identity: str) -> Waiting | None:
        """Removes the one of this identity."""
        return self._waiting.pop(identity, None)

    def forget(self, stranger: Waiting) -> None:
        """Removes this one, if a newer one has not taken its place."""
        if self._waiting.get(stranger.hello.identity) is stranger:
            del self._waiting[stranger.hello.identity]

    def identities(self) -> list[str]:
        return list(self._waiting)

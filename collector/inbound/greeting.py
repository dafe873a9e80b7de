"""The first phase: waiting for the other end to say who it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final, Protocol

from collector.inbound.address import HelloRule
from collector.inbound.connection import Connection
from collector.inbound.endings import Ending, Refusal
from collector.inbound.limits import Limits
from protocols.hello import WRX_PROBE, Expected, Hello, HelloKind, UnknownHello, recognise

WORDLESS: Final = {HelloRule.PORT: HelloKind.PORT, HelloRule.ADDRESS: HelloKind.ADDRESS}


class Host(Protocol):
    """Who is told what came of a greeting."""

    limits: Limits

    def introduce(self, connection: Connection, hello: Hello, heard: bytes) -> None: ...

    def dismiss(self, connection: Connection, refusal: Refusal, heard: bytes) -> None: ...

    def left(self, connection: Connection, heard: bytes) -> None: ...


def wordless_hello(connection: Connection) -> Hello | None:
    """Who it is by where it connects to or from, on a listener whose modems say nothing."""
    kind = WORDLESS.get(connection.entrance.listener.hello)
    if kind is None:
        return None
    place = connection.entrance.port if kind is HelloKind.PORT else connection.address
    return Hello(kind, f"{kind}:{place}")


class Greeting:
    """Judges what is heard at each arrival, and once more when nothing follows it.

    A hello that is cut short then is waited for until its time is over: mobile networks deliver in pieces.
    """

    __slots__ = ("_connection", "_expected", "_heard", "_host", "_pause", "_probed")

    def __init__(self, connection: Connection, host: Host, expected: Expected) -> None:
        self._connection = connection
        self._host = host
        self._expected = expected
        self._heard = b""
        self._pause: asyncio.TimerHandle | None = None
        self._probed = False
        if expected.probe:
            self._probe()

    def hear(self, data: bytes, pause: float) -> None:
        self._heard += data
        self._judge(paused=False)

    def check(self, now: float) -> None:
        waited = now - self._connection.opened
        if waited >= self._host.limits.hello_time:
            self._dismiss(Refusal.HELLO_TIME)
        elif waited >= self._host.limits.probe_after and self._may_wait_for_us():
            self._probe()

    def write_on(self, possible: bool) -> None:
        """A probe is smaller than any transport's buffer."""

    def end(self, ending: Ending, cause: Exception | None) -> None:
        self._cancel_pause()
        if ending in (Ending.HUNG_UP, Ending.RESET):
            self._host.left(self._connection, self._heard)

    def _may_wait_for_us(self) -> bool:
        return HelloKind.WRX in self._expected.kinds and not (self._heard or self._probed)

    def _probe(self) -> None:
        self._probed = True
        self._connection.write(WRX_PROBE)

    def _judge(self, paused: bool) -> None:
        self._cancel_pause()
        size = self._host.limits.hello_size
        try:
            hello = recognise(self._heard[:size], paused=paused, expected=self._expected)
        except UnknownHello:
            if not paused:
                self._dismiss(Refusal.HELLO_UNKNOWN)
            return
        if hello is not None:
            self._introduce(hello, self._heard[size:])
        elif len(self._heard) >= size:
            self._dismiss(Refusal.HELLO_SIZE)
        else:
            self._pause = asyncio.get_running_loop().call_later(
                self._host.limits.hello_pause, self._judge, True
            )

    def _introduce(self, hello: Hello, behind: bytes) -> None:
        whole = replace(hello, rest=hello.rest + behind) if behind else hello
        self._host.introduce(self._connection, whole, self._heard)

    def _dismiss(self, refusal: Refusal) -> None:
        self._host.dismiss(self._connection, refusal, self._heard)

    def _cancel_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

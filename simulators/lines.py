"""Lines as seen from the meters' side: who may be at the far end, a shared bus, and a server behind a line.

A far end is opened once for every caller. It hears bytes and answers through the caller's `say`; fault
injection (faults.py) is a far end that stands before another one. Fronts (fronts.py) bring the callers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import zip_longest
from random import Random
from typing import Final, Protocol

from metering.errors import LineUnavailable

LARGEST_READ: Final = 4096
_LONGEST_REQUEST: Final = 600
_STALE: Final = 0.3
"""After so many seconds of silence the rest of an unfinished request is forgotten."""


class Caller(Protocol):
    """Whoever opened the line, as the far end sees it."""

    def say(self, data: bytes) -> None: ...

    def cut(self) -> None:
        """Break the connection; on a line that cannot break, fall silent."""
        ...


class Connection(Protocol):
    """The far end of one opened line."""

    async def hear(self, data: bytes) -> None: ...

    async def close(self) -> None: ...


class FarEnd(Protocol):
    """What a line leads to."""

    def connect(self, caller: Caller) -> Connection: ...


class Device(Protocol):
    """A meter on a bus: hears every whole frame, answers those that are meant for it."""

    def hear(self, frame: bytes) -> bytes | None: ...


Split = Callable[[bytes], tuple[bytes, int] | None]
"""The first whole frame of a buffer and where it ends; None while there is none."""


class Bus:
    """Several meters on one pair of wires: half duplex, and who answers together answers garbage."""

    def __init__(self, devices: Sequence[Device], split: Split, random: Random, delay: float = 0.0) -> None:
        self.devices = tuple(devices)
        self.split = split
        self._random = random
        self._delay = delay
        self._wires = asyncio.Lock()

    def connect(self, caller: Caller) -> Connection:
        return _BusConnection(self, caller)

    async def ask(self, frame: bytes) -> bytes:
        """What is heard on the wires after this frame; empty when nobody feels addressed."""
        async with self._wires:
            answers = [answer for device in self.devices if (answer := device.hear(frame)) is not None]
            await asyncio.sleep(self._delay)
        return collide(answers, self._random)


class _BusConnection:
    def __init__(self, bus: Bus, caller: Caller) -> None:
        self._bus = bus
        self._caller = caller
        self._buffer = b""
        self._heard_at = 0.0

    async def hear(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        kept = self._buffer if now - self._heard_at < _STALE else b""
        self._buffer, self._heard_at = (kept + data)[-_LONGEST_REQUEST:], now
        while (found := self._bus.split(self._buffer)) is not None:
            frame, end = found
            self._buffer = self._buffer[end:]
            if answer := await self._bus.ask(frame):
                self._caller.say(answer)

    async def close(self) -> None:
        self._buffer = b""


def collide(answers: Sequence[bytes], random: Random) -> bytes:
    """What remains of simultaneous answers: equal ones pass, of others the zero bits win (wired AND).

    Meters never start at exactly the same bit, so the bytes that overlap lose further bits by chance.
    """
    if len(set(answers)) <= 1:
        return answers[0] if answers else b""
    merged = bytearray()
    for heard in zip_longest(*answers):
        overlapping = [byte for byte in heard if byte is not None]
        merged.append(
            overlapping[0] if len(overlapping) == 1 else random.randrange(256) & _wired_and(overlapping)
        )
    return bytes(merged)


def _wired_and(octets: Sequence[int]) -> int:
    result = 0xFF
    for octet in octets:
        result &= octet
    return result


class ServerBehind:
    """A far end that is a TCP server of its own on this host: every caller gets a connection to it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    def connect(self, caller: Caller) -> Connection:
        return _ServerConnection(self._host, self._port, caller)


class _ServerConnection:
    def __init__(self, host: str, port: int, caller: Caller) -> None:
        self._host = host
        self._port = port
        self._caller = caller
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None

    async def hear(self, data: bytes) -> None:
        writer = self._writer or await self._open()
        writer.write(data)

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def _open(self) -> asyncio.StreamWriter:
        try:
            reader, self._writer = await asyncio.open_connection(self._host, self._port)
        except OSError as error:
            raise LineUnavailable(f"The simulated server on port {self._port} is away: {error}.") from error
        self._listening = asyncio.create_task(self._pass_on(reader))
        return self._writer

    async def _pass_on(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(LARGEST_READ):
                self._caller.say(data)
        self._caller.cut()

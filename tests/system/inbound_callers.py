"""Modems and hostile callers in a process of their own.

    python -m tests.system.inbound_callers PORT MODEMS HOSTILE

A modem says its identity, echoes, and calls again when it was cut off. They call until standard input ends.
"""

from __future__ import annotations

import asyncio
import itertools
import resource
import sys
from collections.abc import Callable
from typing import Final

AGAIN: Final = 0.3
MODEMS_ADDRESS: Final = "127.0.0.1"
"""All modems are behind one address of their carrier."""
HOSTILE_ADDRESSES: Final = 4
FIRST_IDENTITY: Final = 35_693_803_500_000
"""Fourteen digits; the check digit follows."""


def identity(number: int) -> str:
    """The IMEI of this modem, with its Luhn digit."""
    digits = str(FIRST_IDENTITY + number)
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


UNREGISTERED: Final = itertools.count(1_000_000)


class Caller(asyncio.Protocol):
    """Calls the port from this address, again and again."""

    def __init__(self, port: int, address: str) -> None:
        self._port = port
        self._address = address
        self.transport: asyncio.Transport | None = None

    async def call(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self, "127.0.0.1", self._port, local_addr=(self._address, 0))
        except OSError:
            self.call_again()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self.call_again()

    def call_again(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(AGAIN, lambda: RUNNING.add(loop.create_task(self.call())))

    def say(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def begin(self) -> None:
        """What is said first."""


class Modem(Caller):
    def __init__(self, port: int, number: int) -> None:
        super().__init__(port, MODEMS_ADDRESS)
        self._hello = identity(number).encode() + b"\r\n"

    def begin(self) -> None:
        self.say(self._hello)

    def data_received(self, data: bytes) -> None:
        self.say(data)


class Silent(Caller):
    """Says nothing: a slow hello at its slowest."""


class Slow(Caller):
    """One byte of an IMEI after another, forever."""

    def begin(self) -> None:
        self.say(b"3")
        if self.transport is not None:
            asyncio.get_running_loop().call_later(0.2, self.begin)


class Endless(Caller):
    def begin(self) -> None:
        self.say(b"AT$IMEI=" + b"1" * 1_000_000)


class Scanner(Caller):
    def begin(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class Babbler(Caller):
    def begin(self) -> None:
        self.say(bytes(range(256)) * 100)


class Unregistered(Caller):
    def begin(self) -> None:
        self.say(identity(next(UNREGISTERED)).encode() + b"\r\n" + b"\x68" * 3000)


KINDS: Final[tuple[Callable[[int, str], Caller], ...]] = (
    Silent,
    Slow,
    Endless,
    Scanner,
    Babbler,
    Unregistered,
)
RUNNING: Final[set[asyncio.Task[None]]] = set()


def allow_sockets(count: int) -> bool:
    """Whether this process may have so many; asks for as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return count <= max(soft, hard)


async def call_all(port: int, modems: int, hostile: int) -> None:
    callers: list[Caller] = [Modem(port, number) for number in range(modems)]
    for number in range(hostile):
        address = f"127.0.0.{10 + number % HOSTILE_ADDRESSES}"
        callers.append(KINDS[number % len(KINDS)](port, address))
    for start in range(0, len(callers), 200):
        await asyncio.gather(*(caller.call() for caller in callers[start : start + 200]))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    allow_sockets(sum(numbers[1:]) + 100)
    asyncio.run(call_all(*numbers))

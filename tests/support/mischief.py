"""A network in which one thing on a line goes wrong in a way that a test writes down; the rest passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from protocols.checksums import crc_modbus
from simulators.lines import Caller, Connection, FarEnd
from simulators.uplink import Uplink
from teplo.composition import random_source

Mischief = Callable[[bytes, bytes], Iterable[bytes | None]]
"""Told a request and the meter's own reply; says what is heard instead. None: the line is cut."""


class Mischievous(Uplink):
    """What the meter says to which requests begin with `address` is changed.

    `heard` counts the requests by their first bytes, `calls` how often the line was opened.
    """

    def __init__(self, address: bytes, mischief: Mischief) -> None:
        super().__init__(random_source(1))
        self.address = address
        self.mischief = mischief
        self.heard: Counter[bytes] = Counter()
        self.calls = 0

    def before(self, far_end: FarEnd) -> FarEnd:
        return _Through(self, far_end)


class _Through:
    def __init__(self, network: Mischievous, far_end: FarEnd) -> None:
        self._network = network
        self._far_end = far_end

    def connect(self, caller: Caller) -> Connection:
        self._network.calls += 1
        return _Call(self._network, self._far_end, caller)


class _Call:
    """One opened line: the far end's caller, and the caller's far end."""

    def __init__(self, network: Mischievous, far_end: FarEnd, caller: Caller) -> None:
        self._network = network
        self._caller = caller
        self._request = b""
        self._inner = far_end.connect(self)

    async def hear(self, data: bytes) -> None:
        self._request = data
        self._network.heard[data[: len(self._network.address)]] += 1
        await self._inner.hear(data)

    async def close(self) -> None:
        await self._inner.close()

    def say(self, data: bytes) -> None:
        if not self._request.startswith(self._network.address):
            self._caller.say(data)
            return
        for said in self._network.mischief(self._request, data):
            if said is None:
                self._caller.cut()
                return
            self._caller.say(said)

    def cut(self) -> None:
        self._caller.cut()


def nothing(request: bytes, reply: bytes) -> Iterable[bytes | None]:
    """The meter is without power."""
    return []


def as_it_is(request: bytes, reply: bytes) -> Iterable[bytes | None]:
    return [reply]


def damaged(request: bytes, reply: bytes) -> Iterable[bytes | None]:
    """One bit of each reply is turned round."""
    return [reply[:-1] + bytes([reply[-1] ^ 1])]


def cut_within(request: bytes, reply: bytes) -> Iterable[bytes | None]:
    """The line breaks in the middle of each reply."""
    return [reply[: len(reply) // 2], None]


def refusing(code: int) -> Mischief:
    """An exception response (Modbus application protocol V1.1b3, section 7) to every request."""
    return lambda request, reply: [_framed(bytes([request[0], request[1] | 0x80, code]))]


def _framed(frame: bytes) -> bytes:
    return frame + crc_modbus(frame).to_bytes(2, "little")


def senseless(request: bytes, reply: bytes) -> Iterable[bytes | None]:
    """Whoever asks for three registers, as many as a clock has, hears that it is the 255th of the 255th."""
    clock = request[4:6] == b"\x00\x03"
    return [_framed(reply[:3] + b"\xff" * (len(reply) - 5)) if clock else reply]


def cut_in_archives(request: bytes, reply: bytes) -> Iterable[bytes | None]:
    """Every question is answered but the date of an archive record, which is written (function 16)."""
    return [None] if request[1] == 0x10 else [reply]


def locked(request: bytes, reply: bytes) -> Iterable[bytes | None]:
    """A Pulsar refuses: function 0, code 5, the request's number (pulsar.md 2)."""
    return [_framed(request[:4] + b"\x00\x0b\x05" + request[-4:-2])]

"""Faults of real lines, put between a front and the meters behind it: any far end can stand there.

For every request at most one fault is drawn; it befalls the request or the reply. Each fault that came
about is counted under its name. Probabilities are shares of the requests.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from random import Random
from typing import Final

from metering.errors import ConfigurationError
from simulators.families import simulated_families
from simulators.lines import Caller, Connection, FarEnd
from simulators.marks import Marks


class Fault(StrEnum):
    """What can go wrong on a line, in one word."""

    SILENCE = "silence"
    """The request is lost."""
    NOISE_BEFORE = "noise_before"
    """Stray bytes before the reply."""
    NOISE_WITHIN = "noise_within"
    """One stray byte in the middle of the reply."""
    DAMAGED = "damaged"
    """One bit of the reply is turned round: a wrong checksum."""
    TRUNCATED = "truncated"
    """The reply ends early."""
    ECHO = "echo"
    """The caller hears its own request first."""
    LATE = "late"
    """The reply comes after the caller gave up: together with its next request."""
    FOREIGN = "foreign"
    """A valid reply of another meter, or to another question, comes before the right one."""
    CUT = "cut"
    """The connection breaks in the middle of the reply."""


Mix = Mapping[Fault, float]

FIELD: Final[Mix] = {
    Fault.SILENCE: 0.02,
    Fault.NOISE_BEFORE: 0.01,
    Fault.NOISE_WITHIN: 0.005,
    Fault.DAMAGED: 0.01,
    Fault.TRUNCATED: 0.01,
    Fault.ECHO: 0.005,
    Fault.LATE: 0.01,
    Fault.FOREIGN: 0.005,
    Fault.CUT: 0.005,
}
MIXES: Final[Mapping[str, Mix]] = {
    "none": {},
    "field": FIELD,
    "hostile": {fault: 4 * share for fault, share in FIELD.items()},
}
PROTECTED: Final = frozenset({Fault.SILENCE, Fault.LATE, Fault.FOREIGN, Fault.CUT})
"""What can befall a line whose bytes TCP itself carries whole, as Modbus TCP's."""


MARKS: Final[Mapping[str, Marks]] = {
    "m-bus": Marks(
        lambda frame: frame[5:6] if frame[:1] == b"\x68" else frame[2:3],
        lambda frame: frame[5:11],
    ),
    "modbus-rtu": Marks(lambda frame: frame[:1], lambda frame: frame[:1]),
    "modbus-ascii": Marks(lambda frame: frame[1:3], lambda frame: frame[1:3]),
    "modbus-tcp": Marks(lambda frame: frame[:2], lambda frame: frame[:2]),
}
_SMALLEST_FOREIGN: Final = 5
"""An acknowledgement of one character says nothing of whose it is."""


def mix(name: str) -> Mix:
    """The mix of this name; ConfigurationError when there is none."""
    if name not in MIXES:
        raise ConfigurationError(f"Unknown fault mix {name!r}: write one of {', '.join(MIXES)}.")
    return MIXES[name]


def marks_of(protocol: str) -> Marks:
    """How frames of this protocol are told apart."""
    return MARKS.get(protocol) or simulated_families()[protocol].marks


class FaultyFarEnd:
    """Stands before another far end and spoils its conversations; `counts` says what it did."""

    def __init__(self, inner: FarEnd, shares: Mix, random: Random, protocol: str) -> None:
        allowed = PROTECTED if protocol == "modbus-tcp" else frozenset(Fault)
        self.marks = marks_of(protocol)
        self.counts: Counter[Fault] = Counter()
        self.random = random
        self.overheard: deque[bytes] = deque(maxlen=16)
        self._shares = {fault: share for fault, share in shares.items() if fault in allowed}
        self._inner = inner

    def connect(self, caller: Caller) -> Connection:
        return _FaultyConnection(self, self._inner, caller)

    def draw(self) -> Fault | None:
        """The fault that befalls the next request."""
        at = self.random.random()
        for fault, share in self._shares.items():
            if at < share:
                return fault
            at -= share
        return None

    def other_reply(self, reply: bytes) -> bytes | None:
        """Something overheard on this line that the caller can tell from this reply."""
        mark = self.marks.reply(reply)
        others = (heard for heard in self.overheard if self.marks.reply(heard) != mark)
        return next(others, None)


class _FaultyConnection:
    """One spoilt conversation: the caller for the far end behind, the far end for the caller before."""

    def __init__(self, line: FaultyFarEnd, inner: FarEnd, caller: Caller) -> None:
        self._line = line
        self._caller = caller
        self._inner = inner.connect(self)
        self._fault: Fault | None = None
        self._request = b""
        self._held: tuple[bytes, bytes] | None = None

    async def hear(self, data: bytes) -> None:
        if self._answered_by_the_late_reply(data):
            return
        self._request, self._fault = data, self._line.draw()
        if self._fault is Fault.SILENCE:
            self._count(Fault.SILENCE)
            return
        if self._fault is Fault.ECHO:
            self._count(Fault.ECHO)
            self._caller.say(data)
        await self._inner.hear(data)

    async def close(self) -> None:
        await self._inner.close()

    def say(self, data: bytes) -> None:
        """The far end behind replies."""
        fault, self._fault = self._fault, None
        if fault is not None and fault in SPOILERS:
            self._count(fault)
            self._caller.say(SPOILERS[fault](data, self._line.random))
        elif fault is Fault.LATE:
            self._count(Fault.LATE)
            self._held = (self._request, data)
        elif fault is Fault.CUT:
            self._count(Fault.CUT)
            self._caller.say(data[: len(data) // 2])
            self._caller.cut()
        else:
            self._reply(data, foreign=fault is Fault.FOREIGN)

    def cut(self) -> None:
        self._caller.cut()

    def _reply(self, data: bytes, *, foreign: bool) -> None:
        other = self._line.other_reply(data) if foreign else None
        if other is not None:
            self._count(Fault.FOREIGN)
            self._caller.say(other)
        if len(data) >= _SMALLEST_FOREIGN:
            self._line.overheard.append(data)
        self._caller.say(data)

    def _answered_by_the_late_reply(self, request: bytes) -> bool:
        """A repeated request gets the late reply alone: busy with it, the meter missed the repeat.

        Another question hears it as a foreign reply, unless no caller could know better: same address.
        """
        if self._held is None:
            return False
        (asked, reply), self._held = self._held, None
        address = self._line.marks.request
        if asked == request or address(asked) != address(request):
            self._caller.say(reply)
        return asked == request

    def _count(self, fault: Fault) -> None:
        self._line.counts[fault] += 1


def _noise_before(reply: bytes, random: Random) -> bytes:
    return random.randbytes(random.randint(1, 6)) + reply


def _noise_within(reply: bytes, random: Random) -> bytes:
    middle = len(reply) // 2
    return reply[:middle] + random.randbytes(1) + reply[middle:]


def _damaged(reply: bytes, random: Random) -> bytes:
    spoilt = bytearray(reply)
    spoilt[random.randrange(len(reply))] ^= 1 << random.randrange(8)
    return bytes(spoilt)


def _truncated(reply: bytes, random: Random) -> bytes:
    return reply[: random.randrange(len(reply))]


SPOILERS: Final[Mapping[Fault, Callable[[bytes, Random], bytes]]] = {
    Fault.NOISE_BEFORE: _noise_before,
    Fault.NOISE_WITHIN: _noise_within,
    Fault.DAMAGED: _damaged,
    Fault.TRUNCATED: _truncated,
}

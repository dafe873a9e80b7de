"""A small M-Bus line for tests: meters that answer by m-bus.md section 3, and a session that repeats.

It is written from the reference and shares no code with the drivers but frames and addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from metering.errors import ExchangeError, FrameError, NoResponse, TeploError
from metering.readings import Record
from protocols.conversation import Conversation, Deliver, Exchange, Retune, Step

T = TypeVar("T")
ACK = b"\xe5"
NOISE = b"\x68\x13\x00\xff"


def frame(body: bytes) -> bytes:
    """A long frame around C, A and payload."""
    return bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


@dataclass
class Meter:
    """`telegrams` are the record bytes of one read-out, one telegram after the other; the last one stays."""

    number: int
    identification: str
    telegrams: tuple[bytes, ...] = (bytes.fromhex("04 06 01 00 00 00"),)
    maker: bytes = b"\x2d\x2c"
    version: int = 0x08
    medium: int = 0x04
    acknowledges_reset: bool = True
    refusal: bytes = b""
    selected: bool = False
    _count: int | None = None
    _telegram: int = -1
    _access: int = 0

    def hear(self, asked: bytes) -> bytes:
        if asked[0] == 0x10:
            return self._short(asked[1], asked[2])
        if asked[5] == 0xFD and asked[6] == 0x52:
            self.selected = self._matches(asked[7:15])
            self._count = None
            return ACK if self.selected else b""
        return ACK if self._addressed(asked[5]) else b""

    def _short(self, control: int, address: int) -> bytes:
        if not self._addressed(address):
            return b""
        if control == 0x40:
            self.selected, self._count, self._telegram = False, None, -1
            return ACK if self.acknowledges_reset else b""
        if self.refusal:
            return frame(bytes((0x08, self.number)) + self.refusal)
        return self._answer(control & 0x20)

    def _answer(self, count: int) -> bytes:
        if count != self._count:
            self._telegram = min(self._telegram + 1, len(self.telegrams) - 1)
            self._access = (self._access + 1) & 0xFF
        self._count = count
        header = bytes.fromhex(self.identification)[::-1] + self.maker + bytes((self.version, self.medium))
        payload = b"\x72" + header + bytes((self._access, 0, 0, 0)) + self.telegrams[self._telegram]
        return frame(bytes((0x08, self.number)) + payload)

    def _addressed(self, address: int) -> bool:
        return address in (self.number, 0xFE) or (address == 0xFD and self.selected)

    def _matches(self, wanted: bytes) -> bool:
        digits = zip(wanted[3::-1].hex().upper(), self.identification, strict=True)
        rest = self.maker + bytes((self.version, self.medium))
        parts = ((wanted[4:6], rest[:2]), (wanted[6:7], rest[2:3]), (wanted[7:8], rest[3:4]))
        return all(want in ("F", digit) for want, digit in digits) and all(
            want in (part, b"\xff" * len(part)) for want, part in parts
        )


@dataclass
class Bus:
    """Several answers at once are garbled, except acknowledgements, which are alike."""

    meters: list[Meter]
    disturb: Callable[[bytes, bytes], bytes | TeploError] = lambda asked, reply: reply
    """What comes back instead, given what was asked and answered."""
    heard: list[bytes] = field(default_factory=list)

    def ask(self, asked: bytes) -> bytes | TeploError:
        self.heard.append(asked)
        replies = [reply for reply in (meter.hear(asked) for meter in self.meters) if reply]
        reply = replies[0] if len(set(replies)) == 1 else b"".join(NOISE for _ in replies)
        return self.disturb(asked, reply)


@dataclass
class Told:
    """What a conversation did besides asking."""

    delivered: list[Record] = field(default_factory=list)
    retunes: list[Retune] = field(default_factory=list)


def converse(
    conversation: Conversation[T],
    bus: Bus,
    told: Told | None = None,
    attempts: int = 3,
    refuse_retune: TeploError | None = None,
) -> T:
    """Runs a conversation on the bus; a question without good answer is repeated as it stands."""
    told = told or Told()
    try:
        step = next(conversation)
        while True:
            answer: bytes | TeploError = b""
            if isinstance(step, Exchange):
                answer = _exchange(step, bus, step.attempts or attempts)
            elif isinstance(step, Retune) and refuse_retune:
                answer = refuse_retune
            _note(step, told)
            step = conversation.throw(answer) if isinstance(answer, TeploError) else conversation.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


def _exchange(step: Exchange, bus: Bus, attempts: int) -> bytes | TeploError:
    failure: TeploError = NoResponse()
    for answer in _tries(step, bus, attempts):
        if isinstance(answer, bytes):
            return answer
        failure = answer
        if not isinstance(answer, ExchangeError):
            break
    return failure


def _tries(step: Exchange, bus: Bus, attempts: int) -> Iterator[bytes | TeploError]:
    for _ in range(attempts):
        reply = bus.ask(step.request)
        if isinstance(reply, TeploError):
            yield reply
            continue
        end = step.complete(reply)
        yield reply[:end] if end is not None else FrameError() if reply else NoResponse()


def _note(step: Step, told: Told) -> None:
    if isinstance(step, Deliver):
        told.delivered.extend(step.records)
    if isinstance(step, Retune):
        told.retunes.append(step)

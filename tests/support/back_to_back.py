"""A driver's conversation run back to back with whoever answers: no line, no time, no session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from metering.errors import ExchangeError, FrameError, NoResponse, TeploError
from metering.readings import ArchiveRecord, Gap, Record
from protocols.conversation import Conversation, Deliver, Exchange, Pause, Retune, Step
from simulators.lines import Device, Split

T = TypeVar("T")
D = TypeVar("D", bound=Device)
Disturb = Callable[[bytes, bytes], bytes | TeploError]
"""What comes back instead, given what was asked and what was answered (b"" is silence)."""


class Endless(AssertionError):
    """The driver took more steps than any conversation may."""


class Answerer(Protocol):
    def __call__(self, request: bytes, /) -> bytes | None: ...


@dataclass
class Scripted:
    """A device that is no more than a function of the request."""

    hear: Answerer


@dataclass
class Bench(Generic[D]):
    """A device and what conversations did to it; a question without good answer is repeated as it stands.

    With `split`, a request is cut into the frames that the device hears, one after the other.
    `most` bounds the steps of one conversation.
    """

    device: D
    disturb: Disturb = lambda asked, reply: reply
    split: Split | None = None
    attempts: int = 3
    most: int = 100_000
    refuse_retune: TeploError | None = None
    asked: list[bytes] = field(default_factory=list)
    delivered: list[Record] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    retunes: list[Retune] = field(default_factory=list)

    def run(self, conversation: Conversation[T]) -> T:
        """What the conversation returns; what it raises leaves here."""
        outcome: bytes | TeploError | None = None
        for _ in range(self.most):
            try:
                step = _resumed(conversation, outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = self._taken(step)
        raise Endless(f"more than {self.most} steps")

    @property
    def records(self) -> list[ArchiveRecord]:
        return [record for record in self.delivered if isinstance(record, ArchiveRecord)]

    @property
    def gaps(self) -> list[Gap]:
        return [gap for gap in self.delivered if isinstance(gap, Gap)]

    def _taken(self, step: Step) -> bytes | TeploError:
        match step:
            case Exchange():
                return self._exchange(step)
            case Deliver():
                self.delivered.extend(step.records)
            case Pause():
                self.pauses.append(step.seconds)
            case Retune():
                self.retunes.append(step)
                return self.refuse_retune or b""
        return b""

    def _exchange(self, step: Exchange) -> bytes | TeploError:
        failure: TeploError = NoResponse()
        for answer in self._tries(step):
            if isinstance(answer, bytes):
                return answer
            failure = answer
            if not isinstance(answer, ExchangeError):
                break
        return failure

    def _tries(self, step: Exchange) -> Iterator[bytes | TeploError]:
        for _ in range(step.attempts or self.attempts):
            self.asked.append(step.request)
            reply = self.disturb(step.request, self._replied(step.request))
            if isinstance(reply, TeploError):
                yield reply
                continue
            end = step.complete(reply)
            yield reply[:end] if end is not None else FrameError() if reply else NoResponse()

    def _replied(self, request: bytes) -> bytes:
        if self.split is None:
            return self.device.hear(request) or b""
        reply = b""
        while (found := self.split(request)) is not None:
            reply += self.device.hear(found[0]) or b""
            request = request[found[1] :]
        return reply


def _resumed(conversation: Conversation[T], outcome: bytes | TeploError | None) -> Step:
    if isinstance(outcome, TeploError):
        return conversation.throw(outcome)
    return next(conversation) if outcome is None else conversation.send(outcome)


def questions(conversation: Conversation[object], answer: Answerer, most_steps: int) -> int:
    """How many questions it put before it ended; every error but ours leaves here."""
    bench = Bench(Scripted(answer), attempts=1, most=most_steps)
    with suppress(TeploError):
        bench.run(conversation)
    return len(bench.asked)

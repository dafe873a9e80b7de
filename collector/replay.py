"""Conversations carried out once more over the frames that were kept of a poll: no line, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from collector.attempt import Attempt
from collector.session import Deliverer, Talk
from metering.errors import CalledOff, FrameError, NoResponse
from metering.polls import Direction, Finding, Frame
from protocols.conversation import Conversation, Exchange, Pause, Retune

T = TypeVar("T")
Renumbered = Callable[[bytes, bytes], bytes]
"""A frame with the running number of another one: see protocols.family.Family."""


@dataclass(frozen=True, slots=True)
class Putting:
    """One sending of a question, and the frames that were heard before the next one."""

    sent: Frame
    heard: Sequence[Frame] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The number of its last frame."""
        return self.heard[-1].number if self.heard else self.sent.number


class Replay(Talk):
    """Answers each question as it was answered then; what was silence is silence again.

    The first question of a conversation may stand anywhere ahead, the others follow one another: what an
    answer means may hang on the question before it. A question that was not put then is never answered:
    CalledOff leaves the conversation, and `unasked` keeps it. `read_at`: by the number of the last frame
    heard before, when something was read from the frames; it is `now` then.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        findings: Collection[Finding],
        renumbered: Renumbered,
        read_at: Mapping[int, datetime],
    ) -> None:
        super().__init__("the frames of a poll")
        self._all = list(frames)
        self._findings = set(findings)
        self._puttings = list(_puttings(frames))
        self._renumbered = renumbered
        self._read_at = read_at
        self._next = 0
        self._shown = 0
        self._begins = True
        self._request = b""
        self.unasked: bytes | None = None

    @property
    def frames(self) -> list[Frame]:
        return self._all[: self._shown]

    @property
    def findings(self) -> set[Finding]:
        return self._findings

    @property
    def at_end(self) -> bool:
        """Whether nothing that was put then is left."""
        return all(self._same(one, self._request) for one in self._puttings[self._next :])

    def now(self) -> datetime:
        """When it was that the frames so far had been heard."""
        return self._read_at.get(self._shown, self._all[max(self._shown, 1) - 1].at)

    def put_once(self) -> None:
        """Who was asked how often is history."""

    def put_usually(self) -> None:
        """Who was asked how often is history."""

    async def run(self, conversation: Conversation[T], deliver: Deliverer) -> T:
        self._begins = True
        return await super().run(conversation, deliver)

    async def _talk(self, step: Exchange | Pause | Retune) -> bytes:
        return self._answer(step) if isinstance(step, Exchange) else b""

    def _answer(self, exchange: Exchange) -> bytes:
        start = self._found(exchange.request)
        if start is None:
            self.unasked = exchange.request
            raise CalledOff("The driver asks what was not asked then.")
        self._begins, self._request, strange = False, exchange.request, False
        end = self._end_of_run(start, exchange.request)
        for position in range(start, end):
            attempt = self._attempt(exchange, self._puttings[position])
            self._next = position + 1
            self._show(self._puttings[position], self._puttings[end - 1].last)
            if attempt.reply is not None:
                return attempt.reply
            strange = strange or bool(attempt.body)
        raise FrameError if strange else NoResponse

    def _found(self, request: bytes) -> int | None:
        """Where it was put. Repetitions of the question before, which now is answered sooner, are passed."""
        start = self._next
        if not self._ahead(start, request) and not self._begins:
            start = self._end_of_run(start, self._request)
        ahead = range(start, len(self._puttings) if self._begins else start + 1)
        return next((position for position in ahead if self._ahead(position, request)), None)

    def _ahead(self, position: int, request: bytes) -> bool:
        return position < len(self._puttings) and self._same(self._puttings[position], request)

    def _end_of_run(self, start: int, request: bytes) -> int:
        """Behind the last putting of this question in a row that starts here."""
        end = start
        while self._ahead(end, request):
            end += 1
        return end

    def _same(self, putting: Putting, request: bytes) -> bool:
        return self._renumbered(putting.sent.data, request) == request

    def _attempt(self, exchange: Exchange, putting: Putting) -> Attempt:
        """What was heard first was heard within the time of the question; what came later was not."""
        attempt = Attempt(exchange)
        for frame in putting.heard[:1]:
            attempt.add(self._as_answer(frame.data, putting.sent.data, exchange.request))
        return attempt

    def _as_answer(self, heard: bytes, sent: bytes, request: bytes) -> bytes:
        """With the number of the question now: the frame at the end alone, if it had the number of then."""
        for start in range(len(heard)) if sent != request else ():
            frame = heard[start:]
            if self._renumbered(frame, sent) == frame != (answer := self._renumbered(frame, request)):
                return heard[:start] + answer
        return heard

    def _show(self, putting: Putting, last: int) -> None:
        """So many frames as there were when something was read, be it from a repetition's answer."""
        usual = putting.heard[0].number if putting.heard else putting.sent.number
        read = (number for number in self._read_at if putting.sent.number <= number <= last)
        self._shown = min(read, default=usual)


def _puttings(frames: Sequence[Frame]) -> Iterator[Putting]:
    putting: Putting | None = None
    heard = list[Frame]()
    for frame in frames:
        if frame.direction is Direction.RECEIVED:
            heard.append(frame)
            continue
        if putting is not None:
            yield putting
        heard = []
        putting = Putting(frame, heard)
    if putting is not None:
        yield putting

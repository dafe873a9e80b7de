"""Runs conversations over a link: each step in turn, each failure handed back to the driver that asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, TypeVar

from collector.debts import Debts
from collector.hearing import listen
from collector.line_settings import LineSettings
from collector.links import Link
from collector.question import Question
from collector.transcript import Clock, Transcript
from metering.errors import (
    CalledOff,
    DecodeError,
    ExchangeError,
    FrameError,
    LineBusy,
    LineError,
    MeterError,
    TeploError,
)
from metering.polls import Finding, Frame
from metering.readings import Record
from protocols.conversation import Conversation, Deliver, Exchange, Pause, Retune, Step

T = TypeVar("T")
Deliverer = Callable[[tuple[Record, ...], int], None]
"""Takes finished records and the number of the last frame that was heard before."""

MOST_STEPS: Final = 100_000
FAULTS: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What a faulty driver raises."""


class Talk(ABC):
    """Carries conversations out step by step; what a question brings is its subclasses' business.

    Several conversations may run in it, one after another. `description` names the line in texts.
    """

    def __init__(self, description: str) -> None:
        self._description = description
        self._called_off = False
        self._running = False
        self._lost: LineError | None = None

    @property
    @abstractmethod
    def frames(self) -> list[Frame]:
        """Everything sent and heard, in order; one frame per attempt and direction."""

    @property
    @abstractmethod
    def findings(self) -> set[Finding]:
        """What was noticed about the line."""

    @abstractmethod
    def put_once(self) -> None:
        """From now on each question is put once: nobody expects an answer."""

    @abstractmethod
    def put_usually(self) -> None:
        """Each question is put as often as the line's settings say."""

    @abstractmethod
    async def _talk(self, step: Exchange | Pause | Retune) -> bytes:
        """What the step brought; errors of lines, exchanges and meters are handed to the driver."""

    def call_off(self) -> None:
        """The next question is not put any more: CalledOff leaves the conversation in its place."""
        self._called_off = True

    async def run(self, conversation: Conversation[T], deliver: Deliverer) -> T:
        """Carries the conversation out and returns what it returns.

        NoResponse, FrameError, NotSupported and line errors are thrown into it, and leave here when it lets
        them. After a line error it may still deliver and return; a further question raises that error again.
        """
        with self._sole_talker():
            try:
                return await self._converse(conversation, deliver)
            finally:
                conversation.close()

    async def _converse(self, conversation: Conversation[T], deliver: Deliverer) -> T:
        outcome: bytes | TeploError | None = None
        for _ in range(MOST_STEPS):
            try:
                step = _resume(conversation, outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = await self._carry_out(step, deliver)
        raise FrameError(
            f"The conversation has more than {MOST_STEPS} steps: the driver goes round in circles."
        )

    async def _carry_out(self, step: Step, deliver: Deliverer) -> bytes | TeploError:
        if isinstance(step, Deliver):
            deliver(step.records, len(self.frames))
            return b""
        if self._lost is not None:
            raise self._lost
        if self._called_off:
            raise CalledOff
        try:
            return await self._talk(step)
        except LineError as error:
            self._lost = error
            return error
        except (ExchangeError, MeterError) as error:
            return error

    @contextmanager
    def _sole_talker(self) -> Iterator[None]:
        if self._running:
            raise LineBusy(f"{self._description}: this session is in a conversation already.")
        self._running = True
        try:
            yield
        finally:
            self._running = False


class Session(Talk):
    """One poll's talk over an open link."""

    def __init__(self, link: Link, *, settings: LineSettings, now: Clock) -> None:
        super().__init__(link.description)
        self._link = link
        self._usual = self._settings = settings
        self._transcript = Transcript(now)
        self._debts = Debts()

    @property
    def frames(self) -> list[Frame]:
        return self._transcript.frames

    @property
    def findings(self) -> set[Finding]:
        return self._transcript.findings

    def put_once(self) -> None:
        self._settings = replace(self._usual, attempts=1)

    def put_usually(self) -> None:
        self._settings = self._usual

    async def _talk(self, step: Exchange | Pause | Retune) -> bytes:
        match step:
            case Exchange():
                question = Question(step, self._link, self._settings, self._transcript, self._debts)
                return await question.put()
            case Pause():
                await listen(step.seconds, self._link, self._transcript)
            case Retune():
                await self._link.retune(step.baud, step.parity)
        return b""


def _resume(conversation: Conversation[T], outcome: bytes | TeploError | None) -> Step:
    """A driver that fails at what a meter said must not fail its neighbours: DecodeError says so."""
    try:
        if outcome is None:
            return next(conversation)
        return conversation.throw(outcome) if isinstance(outcome, TeploError) else conversation.send(outcome)
    except FAULTS as error:
        raise DecodeError(
            f"The driver fails at what the meter said: {type(error).__name__}: {error}. A fault of ours; the "
            "frames of this poll show what was heard: send them with the report."
        ) from error

"""What went over the line in one poll, and what was noticed about the line meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from collector.answered import Answered
from metering.polls import LARGEST_FRAME, Direction, Finding, Frame

Clock = Callable[[], datetime]


class Transcript:
    """The frames of one poll, numbered from 1, and the findings, each once."""

    def __init__(self, now: Clock) -> None:
        self.frames: list[Frame] = []
        self.findings: set[Finding] = set()
        self._now = now
        self._answered: Answered | None = None

    def sent(self, data: bytes) -> None:
        self._add(Direction.SENT, data)
        self._answered = None

    def answered(self, answered: Answered, rest: bytes) -> None:
        """A question was answered; `rest` came behind the reply."""
        self._answered = answered
        self.compare(rest)

    def compare(self, heard: bytes) -> None:
        """Bytes that came after an answer may be another meter's answer to the same question."""
        if self._answered is not None and self._answered.contradicted_by(heard):
            self.findings.add(Finding.SECOND_ANSWER)

    def received(self, data: bytes) -> None:
        """Nothing heard is no frame."""
        if data:
            self._add(Direction.RECEIVED, data)

    def late(self, data: bytes) -> None:
        """Bytes that nobody had asked for any more."""
        self.received(data)
        if data:
            self.findings.add(Finding.LATE_ANSWER)

    def _add(self, direction: Direction, data: bytes) -> None:
        for start in range(0, len(data), LARGEST_FRAME):
            part = data[start : start + LARGEST_FRAME]
            self.frames.append(Frame(len(self.frames) + 1, self._now(), direction, part))

"""Runs conversations over a link: sends, collects, repeats, and keeps late answers from the next question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeVar

from collector.links import Link
from collector.links.url import LineUrl
from metering.polls import Frame
from metering.readings import Record
from protocols.conversation import Conversation
from protocols.driver import LineDefaults

T = TypeVar("T")
Clock = Callable[[], datetime]
Deliverer = Callable[[tuple[Record, ...], int], None]


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Times of a line in seconds, and its limits.

    `timeout`: to the first byte. `gap`: silence that ends an answer. `attempts`: how often a question is put.
    `quiet`: silence before a question. `largest` and `longest` bound one exchange in bytes and in seconds.
    """

    timeout: float = 2.0
    gap: float = 0.5
    attempts: int = 3
    quiet: float = 0.05
    largest: int = 65536
    longest: float = 300.0

    @classmethod
    def of(cls, url: LineUrl, model: LineDefaults) -> Self:
        """The line's own times, or the model's where the URL names none."""
        raise NotImplementedError


class Session:
    """One poll's talk over an open link. `frames` and `findings` grow as it goes on."""

    def __init__(self, link: Link, *, settings: LineSettings, now: Clock) -> None:
        self.frames: list[Frame] = []
        self.findings: set[str] = set()

    async def run(self, conversation: Conversation[T], deliver: Deliverer) -> T:
        """Carries the conversation out and returns what it returns."""
        raise NotImplementedError

"""The times and limits under which one line is talked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from collector.links.url import LineUrl
from protocols.driver import LineDefaults

GIVEN_BY_URL: Final = ("timeout", "gap", "attempts", "quiet")

GAP: Final = 0.5
SLOW: Final[Mapping[str, tuple[float, float]]] = {"csd": (5.0, 0.5), "inbound": (8.0, 1.5)}
"""By scheme, least time-out and gap of a line over a mobile network: bytes come in bursts, and late."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Times in seconds.

    `timeout`: from a question to the first byte of its answer. `gap`: the longest silence within an answer.
    `attempts`: how often a question is put. `quiet`: the silence kept before a question.
    `latest`: so many time-outs after a question was given up its answer may still come.
    `largest` and `longest` bound what may be heard after one question, in bytes and in seconds.
    """

    timeout: float = 2.0
    gap: float = GAP
    attempts: int = 3
    quiet: float = 0.05
    latest: float = 5.0
    largest: int = 65536
    longest: float = 120.0

    @classmethod
    def of(cls, url: LineUrl, model: LineDefaults = LineDefaults()) -> Self:
        """What the URL says; where it says nothing, the model's times and then the defaults here."""
        given = {name: getattr(url, name) for name in GIVEN_BY_URL if getattr(url, name) is not None}
        least, gap = SLOW.get(url.scheme, (0.0, GAP))
        times = cls(timeout=max(model.timeout, least), gap=gap, quiet=model.quiet)
        return replace(times, **given)

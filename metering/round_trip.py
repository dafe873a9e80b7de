"""How long a meter takes to begin its answers, learned from the frames of a poll."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from statistics import median_low

from metering.polls import Direction, Frame


def round_trip(frames: Iterable[Frame]) -> timedelta | None:
    """The (lower) median time from a question to the first bytes that came after it; None when nothing came.

    A question that was put again counts from its last sending.
    """
    times = list(_times(frames))
    return median_low(times) if times else None


def _times(frames: Iterable[Frame]) -> Iterator[timedelta]:
    asked_at = None
    for frame in frames:
        if frame.direction is Direction.SENT:
            asked_at = frame.at
        elif asked_at is not None:
            yield frame.at - asked_at
            asked_at = None

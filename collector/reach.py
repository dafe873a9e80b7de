"""Whether the database can be reached, as far as this collector knows, and which lines it is serving."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

GRACE: Final = 3
"""Ticks without the database before a collector works without it, at least."""


class Reach:
    """Times are seconds of the loop. Before the first success or failure nothing is known.

    `heartbeat`: so long nobody works without the database, so that whoever was sent by the queue to a line
    that is not his has left it.
    """

    def __init__(self, tick: float, heartbeat: float) -> None:
        self._grace = max(GRACE * tick, heartbeat)
        self._lost_at: float | None = None
        self._back_at: float | None = None

    def seen(self) -> None:
        """The database has just answered."""
        if self._lost_at is not None or self._back_at is None:
            self._back_at = _time()
        self._lost_at = None

    def lost(self) -> None:
        """The database did not answer just now."""
        if self._lost_at is None:
            self._lost_at = _time()

    @property
    def doubtful(self) -> bool:
        """Whether the database did not answer when it was asked last."""
        return self._lost_at is not None

    @property
    def away(self) -> bool:
        """Whether the database has been away so long that collectors work without it."""
        return self._lost_at is not None and _time() - self._lost_at >= self._grace

    @property
    def back_for(self) -> float:
        """How long it has been answering without a break; 0 while it does not."""
        answering = self._lost_at is None and self._back_at is not None
        return _time() - self._back_at if answering and self._back_at is not None else 0.0


class LinesInService:
    """A line has one talker in this process, whether the queue sent him or the database is away."""

    def __init__(self) -> None:
        self._lines: set[int] = set()

    @contextmanager
    def taken(self, line_id: int) -> Iterator[bool]:
        """Whether the line is ours while this lasts; False when somebody here is serving it already."""
        if line_id in self._lines:
            yield False
            return
        self._lines.add(line_id)
        try:
            yield True
        finally:
            self._lines.discard(line_id)

    def __contains__(self, line_id: int) -> bool:
        return line_id in self._lines

    def __len__(self) -> int:
        return len(self._lines)


def _time() -> float:
    return asyncio.get_running_loop().time()

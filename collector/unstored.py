"""Lines that were read without the database, as long as what was read there lies on this collector's disk.

Whoever asked such a line from the books of the database would ask for the same records a second time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

import structlog

from collector.spool import SpoolState

log = structlog.get_logger()

LONGEST_STANDSTILL: Final = 900.0
"""Seconds in which nothing of the spool is taken though the database answers: then reading goes before."""


class Unstored:
    """`spool` says how full the disk is at the moment, `back_for` for how many seconds the database has been
    answering; `clock` gives seconds since some moment.
    """

    def __init__(
        self,
        spool: Callable[[], SpoolState],
        back_for: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spool = spool
        self._back_for = back_for
        self._clock = clock
        self._lines: set[int] = set()
        self._oldest_at: datetime | None = None
        self._moved_at = 0.0

    def add(self, line_ids: Iterable[int]) -> None:
        """Their readings may lie on the disk."""
        self._lines.update(line_ids)

    @property
    def lines(self) -> frozenset[int]:
        """Those that nobody else may ask: none, once the disk is empty or nothing leaves it any more."""
        spool, now = self._spool(), self._clock()
        if spool.oldest_at != self._oldest_at:
            self._oldest_at, self._moved_at = spool.oldest_at, now
        if self._lines and min(self._back_for(), now - self._moved_at) > LONGEST_STANDSTILL:
            log.warning("lines no longer wait for what was read there", spool=spool.entries)
            self._lines.clear()
        if not spool.entries:
            self._lines.clear()
        return frozenset(self._lines)

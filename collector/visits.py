"""What is read without the database is told when it is back, so that nobody else asks there.

A visit lasts until what was read is stored; until then the line is read on by whoever began.
"""

from __future__ import annotations

from collector.offline import Offline
from collector.reach import Reach
from collector.unstored import Unstored
from storage.lines import Lines


class Visits:
    """The lines that one collector visits without having been sent by the queue."""

    def __init__(
        self, collector: str, lines: Lines, offline: Offline, unstored: Unstored, reach: Reach
    ) -> None:
        self._collector = collector
        self._lines = lines
        self._offline = offline
        self._unstored = unstored
        self._reach = reach
        # Visits of a life before are at an end, but nobody has said so yet.
        self._told = True

    @property
    def lines(self) -> frozenset[int]:
        """Those that are being read, and those whose readings lie on the disk."""
        return self._offline.lines | self._unstored.lines

    async def tell(self) -> None:
        """To be called before the collector is alive again; from here on no line may be added."""
        if self.lines or self._reach.away:
            await self._lines.begin_visits(self._collector, self.lines)
            self._reach.seen()
            await self._lines.begin_visits(self._collector, self.lines)
            self._told = True

    async def tell_the_end(self) -> None:
        """Once the last of them has ended."""
        if self._told and not self.lines:
            await self._lines.begin_visits(self._collector, ())
            self._told = False

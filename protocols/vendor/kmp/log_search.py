"""Entries of a log by the boundary at which they were written, whichever way the log is addressed.

Theory. A log has an entry a slot, written as the slot ends; slots in which the meter was off have none. So an
entry is never further back than the slots that lie between, and each entry met narrows where the next may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from metering.calendar import ArchiveKind, slots_between
from metering.readings import GapReason
from protocols.conversation import Conversation
from protocols.vendor.kmp.replies import Row

MOST_HOPS: Final = 32
"""Replies that are read in search of one entry."""

LATEST: Final = timedelta(minutes=5)
"""How long after the boundary an entry may be stamped."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `age` counts back from the entry that was the newest when the log was first asked.

    `is_sound`: the meter reported no error of its memory beside it.
    """

    age: int
    stamp: datetime
    values: Row
    is_sound: bool = True


class Log(Protocol):
    """A log of the meter or of its module."""

    def newest(self, count: int) -> Conversation[list[Entry]]:
        """The newest entries; none when the log is empty."""
        ...

    def entries(self, age: int, count: int) -> Conversation[list[Entry]]:
        """Entries from this age towards the past, as many as one reply holds; none beyond the oldest."""
        ...


class LogSearch:
    """Finds entries of one log; what was met on the way is kept."""

    def __init__(self, log: Log, kind: ArchiveKind, depth: int) -> None:
        self._log = log
        self._kind = kind
        self._depth = depth
        self._met: list[Entry] = []
        self._asked = False

    def at(self, boundary: datetime, run: int) -> Conversation[Entry | GapReason]:
        """The entry of this boundary, or why there is none.

        `run`: how many boundaries in a row are wanted from here back.
        """
        if not self._asked:
            self._asked = True
            self._met += yield from self._log.newest(run)
        for _ in range(MOST_HOPS):
            for entry in self._met:
                if timedelta(0) <= entry.stamp - boundary <= LATEST:
                    return entry if entry.is_sound else GapReason.UNREADABLE
            age = self._next_age(boundary)
            if age is None:
                return GapReason.NO_RECORD
            met = yield from self._log.entries(age, run)
            if not met:
                self._depth = age
            self._met += met
        return GapReason.UNREADABLE

    def _next_age(self, boundary: datetime) -> int | None:
        """Where to look next, half-way where the guess lies beyond what is left; None when nothing is."""
        younger = min(self._after(boundary), key=_stamp, default=None)
        if younger is None:
            return None
        older = max((entry for entry in self._met if entry.stamp < boundary), key=_stamp, default=None)
        oldest = self._depth - 1 if older is None else older.age - 1
        guess = younger.age + slots_between(self._kind, boundary, younger.stamp)
        if younger.age >= oldest:
            return None
        return max(guess, younger.age + 1) if guess <= oldest else (younger.age + 1 + oldest) // 2

    def _after(self, boundary: datetime) -> Iterable[Entry]:
        return (entry for entry in self._met if entry.stamp > boundary)


def _stamp(entry: Entry) -> datetime:
    return entry.stamp

"""How long things may take when we call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

RESTS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10))
"""How long a modem rests after its first, second, ... failure in a row."""


@dataclass(frozen=True, slots=True)
class DiallingTimes:
    """In seconds.

    `patience`: for a modem to become free when none is; it is shorter than the shortest rest, so that nobody
    waits for a modem that just failed him. `registration`: for a network to be found. `opening`: from the
    modem's port to CONNECT, a reset included. `closing`: to hang up, a reset included. `release`: before the
    same modem calls again; the network needs it to clear the last call. `lease`: how long a modem stays ours
    when we die; it is renewed twelve times as often, so that a database may be away for a while.
    """

    patience: float = 45.0
    registration: float = 60.0
    opening: float = 360.0
    closing: float = 60.0
    release: float = 5.0
    lease: float = 60.0
    rests: tuple[timedelta, ...] = RESTS

    @property
    def farewell(self) -> float:
        """Before the end of a lease that could not be renewed its call is given up: hanging up takes time."""
        return self.lease / 6

    @property
    def renewal(self) -> float:
        """Between two renewals of a lease."""
        return self.lease / 12

    def rest_after(self, failures: int) -> timedelta:
        """How long a modem rests that failed so many times in a row, this one included."""
        return self.rests[min(failures, len(self.rests)) - 1]

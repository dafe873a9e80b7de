"""How one collector works."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from collector.housekeeping import KEEP_FRAMES
from metering.plans import PollPlan

MISSED: Final = 3
MARGIN: Final = timedelta(seconds=15)
"""A collector is dead when it missed so many ticks, and this time for a database that is slow."""
SELDOM: Final = 6
"""Ticks between two looks at what changes seldom: homes of lines, and what is told of the spool."""


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """How one collector works.

    `plan` is the one of meters for which nothing else is said. `tick` is the pause between two looks at what
    is due, in seconds. A line whose collector died without a word is served by another one after `heartbeat`;
    while the database is away, only after `lease` in which it was there. `patience`: after a start, until a
    modem that has not connected to us is reported as away. `sets_clocks`: it may set the clock of a meter
    that somebody named. `keep_frames`: how long the bytes of polls are kept.
    """

    name: str = "main"
    plan: PollPlan = field(default_factory=PollPlan)
    tick: float = 5.0
    concurrent_lines: int = 200
    heartbeat: timedelta = timedelta(seconds=30)
    lease: timedelta = timedelta(minutes=15)
    sets_clocks: bool = False
    patience: timedelta = timedelta(minutes=5)
    keep_frames: timedelta = KEEP_FRAMES

    @property
    def life(self) -> timedelta:
        """How long after its last word a collector counts as alive."""
        return MISSED * timedelta(seconds=self.tick) + MARGIN

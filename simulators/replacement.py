"""A meter that is taken away at a moment, and the one that hangs at its address from then on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from simulators.lines import Device
from simulators.memory import Clock

EXCHANGE: Final = timedelta(hours=1)
"""So long nothing hangs there: a poll that began with the old meter does not end with the new one."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """Two devices of one address on a bus; the old one goes at this instant, and the new one follows."""

    old: Device
    new: Device
    at: datetime
    now: Clock

    def hear(self, frame: bytes) -> bytes | None:
        """What hangs there now answers, if anything does."""
        now = self.now()
        if self.at <= now < self.at + EXCHANGE:
            return None
        return (self.old if now < self.at else self.new).hear(frame)

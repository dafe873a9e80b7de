"""Time that passes faster, alike in every process that is told when it began."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Accelerated:
    """`epoch` was when the computer's clock showed `begun`; since then time passes `speed` times faster."""

    epoch: datetime
    begun: float
    speed: float

    def __call__(self) -> datetime:
        return self.epoch + timedelta(seconds=(time.time() - self.begun) * self.speed)

    def real(self, simulated: timedelta) -> float:
        """Seconds of this computer."""
        return simulated.total_seconds() / self.speed

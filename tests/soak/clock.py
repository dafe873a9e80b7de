"""Time that passes faster from a moment on, alike in every process that is told when that is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Accelerated:
    """`epoch` is when the computer's clock shows `begun`; from then on time passes `speed` times faster."""

    epoch: datetime
    begun: float
    speed: float

    def __call__(self) -> datetime:
        elapsed = time.time() - self.begun
        return self.epoch + timedelta(seconds=elapsed * (self.speed if elapsed > 0 else 1))

    def real(self, simulated: timedelta) -> float:
        """Seconds of this computer."""
        return simulated.total_seconds() / self.speed

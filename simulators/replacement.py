"""A meter that is taken away at a moment, and the one that hangs at its address from then on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulators.lines import Device
from simulators.memory import Clock


@dataclass(frozen=True, slots=True)
class Replaced:
    """Two devices of one address on a bus, the second one from this instant on."""

    old: Device
    new: Device
    at: datetime
    now: Clock

    def hear(self, frame: bytes) -> bytes | None:
        """What hangs there now answers."""
        device = self.old if self.now() < self.at else self.new
        return device.hear(frame)

"""What the simulated meters of Teplokom remember in tests: two heat inputs, three hours without power."""

from __future__ import annotations

from datetime import datetime

from metering.calendar import MeterSlot
from simulators.memory import MeterMemory
from tests.support import plant

POWER_FAILURE = MeterSlot(datetime(2026, 2, 9, 5), datetime(2026, 2, 9, 8))


def memory(installed: datetime = datetime(2025, 11, 3)) -> MeterMemory:
    return plant.memory(installed, power_failures=[POWER_FAILURE], circuits=2)

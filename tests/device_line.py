"""A simulated meter alone on a line without time: for tests of its driver, back to back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from metering.calendar import MeterZone
from metering.errors import TeploError
from simulators.lines import Device
from simulators.memory import MeterMemory
from simulators.plant import Plant

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)


@dataclass
class DeviceLine:
    """What `tests.mbus_bus.converse` asks. `disturb` says what comes back, given question and answer."""

    device: Device
    disturb: Callable[[bytes, bytes], bytes | TeploError] = lambda asked, reply: reply
    heard: list[bytes] = field(default_factory=list)

    def ask(self, asked: bytes) -> bytes | TeploError:
        self.heard.append(asked)
        return self.disturb(asked, self.device.hear(asked) or b"")


def memory_of(installed_days_ago: int = 130, **settings: object) -> MeterMemory:
    """A meter's memory in a zone five hours ahead of UTC, at NOW."""
    return MeterMemory(
        Plant(7),
        now=lambda: NOW,
        zone=MeterZone("+05:00"),
        installed=datetime(2026, 2, 10) - timedelta(days=installed_days_ago),
        **settings,  # type: ignore[arg-type]
    )

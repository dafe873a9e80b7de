"""TEM on a slow line: a total is a whole part and a fraction, which lie apart and go on counting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from metering.readings import Snapshot
from protocols.vendor.tem.models import MODELS
from simulators.families import DevicePlan, SimulatedMeter, simulated_families
from tests.support.back_to_back import Bench
from tests.support.plant import canonical, memory
from tests.unit.tem_bench import ADDRESS, driver

BEGUN_AT = datetime(2026, 2, 10, 9, 50, tzinfo=UTC)
REGISTERS = ("energy_heating", "mass_supply", "volume_supply")
WHOLES_APART = {"arvas-tem-104m", "arvas-tem-104m2"}
"""No answer of theirs holds both parts: a slow look may meet another carry each time."""


class SlowBench:
    """A device, and a clock that goes on with every question."""

    def __init__(self, model: str, each: timedelta, begun_at: datetime) -> None:
        self._each, self._begun_at, self._asked = each, begun_at, 0
        kept = memory(datetime(2025, 10, 3))
        kept._now = lambda: self.now
        plan = DevicePlan(model, ADDRESS, "12345", kept, lambda: 0.0, {})
        self.device: SimulatedMeter = simulated_families()["tem"].build(plan)
        self.bench = Bench(self.device, disturb=self._slowly)

    @property
    def now(self) -> datetime:
        return self._begun_at + self._asked * self._each

    def _slowly(self, asked: bytes, reply: bytes) -> bytes:
        self._asked += 1
        return reply

    def read(self, model: str) -> Snapshot:
        reader = driver(model)
        configuration = self.bench.run(reader.read_configuration(ADDRESS))
        self._asked = 0
        return self.bench.run(reader.read_current(ADDRESS, configuration))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seconds", [1, 7, 61], ids="{}s".format)
def test_a_total_is_never_put_together_across_a_carry(model: str, seconds: int) -> None:
    """Over an hour's beginnings each register stood so at some time while it was read."""
    if model in WHOLES_APART:
        seconds = min(seconds, 7)
    for beginning in range(0, 3600, 53):
        on = SlowBench(model, timedelta(seconds=seconds), BEGUN_AT + timedelta(seconds=beginning))
        began_at = on.now
        snapshot = on.read(model)
        zone = on.device.memory.zone
        least = on.device.truth_snapshot(zone.to_meter_time(began_at))
        most = on.device.truth_snapshot(zone.to_meter_time(on.now) + timedelta(minutes=1))
        for one in snapshot.values:
            key = (one.quantity.name, one.circuit)
            if key[0] in REGISTERS and key in least:
                low, high = least[key], most[key]
                value = canonical(one)
                assert low.value - low.tolerance <= value <= high.value + high.tolerance, (key, began_at)

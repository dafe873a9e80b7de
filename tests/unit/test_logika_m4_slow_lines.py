"""Logika M4 on a slow line: totals are of the last full hour, and the rest of the hour stands elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from metering.errors import DecodeError
from metering.readings import Snapshot
from protocols.modbus.messages import Framing
from protocols.vendor.logika_m4 import FAMILY
from simulators.families import DevicePlan
from simulators.vendor.logika_m4 import SIMULATED
from simulators.vendor.logika_m4.memory_device import MemoryDevice as Device
from tests.support.back_to_back import Bench
from tests.support.plant import canonical, memory

MODEL = "logika-spt943"
FULL_HOUR = datetime(2026, 2, 10, 10, tzinfo=UTC)
SLOW = timedelta(seconds=61)
"""A question takes longer than the minute in which totals and increments would belong together."""


def read(each: timedelta, began_at: datetime) -> tuple[Snapshot, Device, datetime]:
    """What is read while every question takes so long, and when that ended."""
    passed = [timedelta()]
    meter = memory(circuits=2)
    meter._now = lambda: began_at + sum(passed, timedelta())
    pauses = [100.0]  # A device that was asleep wakes up with the time that passes.
    device = SIMULATED.build(DevicePlan(MODEL, "255", "12345", meter, lambda: sum(pauses), {}))
    assert isinstance(device, Device)

    def slowly(asked: bytes, reply: bytes) -> bytes:
        passed.append(each)
        return reply

    on = Bench(device, disturb=slowly, split=SIMULATED.split, pauses=pauses)
    by = FAMILY.build(MODEL, Framing.RTU, {})
    on.run(by.identify("255"))
    configuration = on.run(by.read_configuration("255"))
    passed.clear()
    snapshot = on.run(by.read_current("255", configuration))
    return snapshot, device, began_at + sum(passed, timedelta())


@pytest.mark.parametrize("question", range(30))
def test_totals_are_never_put_together_from_two_hours(question: int) -> None:
    """The full hour strikes at this question: each register stood so at some time while it was read."""
    began_at = FULL_HOUR - question * SLOW
    snapshot, device, ended_at = read(SLOW, began_at)
    least = device.truth_snapshot(device.memory.zone.to_meter_time(began_at))
    most = device.truth_snapshot(device.memory.zone.to_meter_time(ended_at))
    registers = {
        (one.quantity.name, one.circuit): canonical(one)
        for one in snapshot.values
        if one.quantity.name in ("energy_heating", "mass_supply", "volume_supply")
    }
    assert len(registers) >= 3
    for key, value in registers.items():
        low, high = least[key], most[key]
        assert low.value - low.tolerance <= value <= high.value + high.tolerance, key


def test_what_changes_each_time_it_is_looked_at_is_refused() -> None:
    with pytest.raises(DecodeError, match="changed each of the 3 times"):
        read(timedelta(minutes=61), FULL_HOUR)

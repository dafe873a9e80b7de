"""What the simulated meters of the tests stand at, and whether what was read is what is true there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from metering.calendar import MeterSlot, MeterZone
from metering.readings import MeterValue
from metering.units import convert
from simulators.memory import MeterMemory
from simulators.plant import Plant
from simulators.truth import Truths

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
"""14:17:30 on a clock five hours ahead."""
TODAY = datetime(2026, 2, 10)


def memory(
    installed: datetime = TODAY - timedelta(days=130),
    *,
    now: datetime = NOW,
    zone: str = "+05:00",
    power_failures: Sequence[MeterSlot] = (),
    circuits: int = 1,
) -> MeterMemory:
    """A meter's memory, its clock standing still at `now`."""
    return MeterMemory(
        Plant(7),
        now=lambda: now,
        zone=MeterZone(zone),
        installed=installed,
        power_failures=power_failures,
        circuits=circuits,
    )


def judge(values: Iterable[MeterValue], truths: Truths | None, *, exactly: bool = True) -> None:
    """All that the plant has is read, and truly; `exactly`: nothing else is, be it as absent."""
    assert truths
    read = {(one.quantity.name, one.circuit): one for one in values}
    assert read.keys() == truths.keys() if exactly else read.keys() >= truths.keys()
    wrong = {
        key: (read[key], truth) for key, truth in truths.items() if not truth.admits(canonical(read[key]))
    }
    assert not wrong


def canonical(value: MeterValue) -> Decimal:
    assert value.value is not None, value
    return convert(value.value, value.unit, value.quantity).value

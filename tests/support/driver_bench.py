"""A bench with the driver that belongs to its device: archives and current values by one word."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic

from metering.calendar import ArchiveKind, slot_at
from metering.meters import MeterConfiguration
from metering.readings import Record, Snapshot
from protocols.driver import Driver
from simulators.families import SimulatedMeter
from tests.support.back_to_back import Bench, D
from tests.support.plant import judge

EMPTY = MeterConfiguration()


@dataclass
class DriverBench(Bench[D], Generic[D]):
    """`address` is what the driver is told; it gets no settings."""

    driver: Driver = field(kw_only=True)
    address: str = field(kw_only=True)

    def archive(self, kind: ArchiveKind, *starts: str) -> list[Record]:
        """All that was delivered so far."""
        slots = [slot_at(kind, datetime.fromisoformat(start)) for start in starts]
        self.run(self.driver.read_archive(self.address, EMPTY, kind, slots))
        return self.delivered

    def current(self) -> Snapshot:
        return self.run(self.driver.read_current(self.address, EMPTY))


def judge_all(found: DriverBench[SimulatedMeter], kind: ArchiveKind, count: int) -> None:
    """So many records, with all and only what the plant has, apart from what is absent."""
    assert len(found.records) == count
    for record in found.records:
        present = [value for value in record.values if value.value is not None]
        judge(present, found.device.truth_archive(kind, record.slot.start))

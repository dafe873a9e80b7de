"""A driver and a simulated meter of the TEM family back to back, without a line between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from metering.calendar import ArchiveKind, MeterSlot
from metering.readings import ArchiveRecord, MeterValue, Record
from protocols import catalogue
from protocols.driver import Driver
from protocols.vendor.tem import FAMILY
from simulators.families import DevicePlan, SimulatedMeter, simulated_families
from simulators.truth import Truths
from tests.support import plant
from tests.support.back_to_back import Bench
from tests.support.plant import TODAY, memory

FAILURE = MeterSlot(TODAY - timedelta(hours=20, minutes=30), TODAY - timedelta(hours=13, minutes=10))
ADDRESS = "7"
PROTOCOLS = dict.fromkeys(FAMILY.models, FAMILY.protocol) | {"arvas-tem-05": "tem05"}


def meter(
    model: str,
    choices: Mapping[str, str] | None = None,
    circuits: int = 1,
    installed: datetime = TODAY - timedelta(days=130),
) -> SimulatedMeter:
    kept = memory(installed, power_failures=[FAILURE], circuits=circuits)
    plan = DevicePlan(model, ADDRESS, "12345", kept, lambda: 0.0, choices or {})
    return simulated_families()[PROTOCOLS[model]].build(plan)


def driver(model: str, choices: Mapping[str, str] | None = None) -> Driver:
    protocol = PROTOCOLS[model]
    return catalogue.driver(
        model, choices={f"{protocol}.{name}": word for name, word in (choices or {}).items()}
    )


@dataclass
class TemBench(Bench[SimulatedMeter]):
    def archive(self, reader: Driver, kind: ArchiveKind, slots: Iterable[MeterSlot]) -> list[Record]:
        """What is delivered for these slots, in their order."""
        before = len(self.delivered)
        configuration = self.run(reader.read_configuration(ADDRESS))
        self.run(reader.read_archive(ADDRESS, configuration, kind, list(slots)))
        return self.delivered[before:]


def judge(values: Iterable[MeterValue], truths: Truths | None) -> None:
    """A TEM has places for more than a plant has."""
    plant.judge(values, truths, exactly=False)


def judge_record(line: TemBench, record: Record) -> None:
    assert isinstance(record, ArchiveRecord), record
    judge(record.values, line.device.truth_archive(record.kind, record.slot.start))

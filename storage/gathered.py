"""What is gathered for bills: of each installation that a period touches, and what is on record beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from typing import Final, NamedTuple

from metering.billing_rules import BillingRule
from metering.calendar import BillingPeriod
from metering.evidence import Evidence, RecordReading, RegisterEvent, RegisterReading, ThermalLoad
from metering.reported import ReportedReading

EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_at: Final = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Asked:
    """A usage point's register in a period, and by which rule it is billed; `edges`: boundaries within it."""

    usage_point_id: int
    quantity: str
    period: BillingPeriod
    rule: BillingRule
    edges: tuple[datetime, ...] = ()
    load: ThermalLoad = field(default_factory=ThermalLoad)


class RegisterKey(NamedTuple):
    """Which register it is."""

    meter_id: int
    circuit: int
    quantity: str


@dataclass(slots=True)
class Gathered:
    """One installation, and what is gathered of it."""

    asked: Asked
    key: RegisterKey
    installed_at: datetime
    removed_at: datetime | None
    levels: dict[tuple[datetime, str], RegisterReading] = field(default_factory=dict)
    records: dict[tuple[str, datetime], RecordReading] = field(default_factory=dict)
    earlier_hours: dict[datetime, RecordReading] = field(default_factory=dict)

    @property
    def boundaries(self) -> list[datetime]:
        """Where a part of the bill begins or ends, in order."""
        period = self.asked.period
        first, last = max(period.start, self.installed_at), min(period.end, self.removed_at or period.end)
        return sorted({first, last, *(at for at in self.asked.edges if first <= at <= last)})

    def evidence(self, known: OnRecord) -> Evidence:
        """All of it, as consumption is worked out from it."""
        return Evidence(
            meter_id=self.key.meter_id,
            circuit=self.key.circuit,
            installed_at=self.installed_at,
            removed_at=self.removed_at,
            levels=tuple(self.levels.values()),
            records=tuple(self.records.values()),
            earlier_hours=tuple(self.earlier_hours.values()),
            reported=tuple(known.reported[self.key]),
            boundary_registers=tuple(known.told_by_acts(self)),
            events=tuple(known.events[self.key]),
            load=self.asked.load,
        )


class OnRecord(NamedTuple):
    """What is on record of registers, whatever the boundary is."""

    events: Mapping[RegisterKey, list[RegisterEvent]]
    boundary: Mapping[RegisterKey, list[RegisterReading]]
    reported: Mapping[RegisterKey, list[ReportedReading]]

    def told_by_acts(self, one: Gathered) -> Iterator[RegisterReading]:
        """Registers at its very installation and removal."""
        ends = one.installed_at, one.removed_at
        return (register for register in self.boundary[one.key] if register.at in ends)

    def levels(self, one: Gathered) -> Iterator[RegisterReading]:
        """Those that were gathered, and those of the acts at both ends of the installation."""
        return chain(one.levels.values(), self.told_by_acts(one))

    def is_exact(self, one: Gathered, at: datetime) -> bool:
        """Whether the level of the boundary is known without any record."""
        return any(level.at == at for level in self.levels(one))

    def around(self, one: Gathered, at: datetime) -> tuple[RegisterReading | None, RegisterReading | None]:
        """The nearest levels that records can lead from: they begin and end on the minute."""
        levels = [level for level in self.levels(one) if level.at.second == level.at.microsecond == 0]
        before = max((level for level in levels if level.at <= at), key=_at, default=None)
        return before, min((level for level in levels if level.at > at), key=_at, default=None)

    def fell_at(self, key: RegisterKey) -> datetime:
        """Since when a register may stand lower than before; events are in their order."""
        return next((event.at for event in self.events[key]), EVER)

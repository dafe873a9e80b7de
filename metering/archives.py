"""A meter's archive over a span as people look at it: one row for each slot that there should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from metering.calendar import ArchiveKind
from metering.conditions import Condition


@dataclass(frozen=True, slots=True)
class ArchivedSlot:
    """One slot; `start` is meter time. Values are in canonical units, absent ones left out.

    `doubtful`: quantities with a flag. `disqualified`: those of them that count for nothing.
    """

    start: datetime
    values: Mapping[str, Decimal] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    disqualified: frozenset[str] = frozenset()
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class CircuitArchive:
    """The slots of one circuit, oldest first; `measures` names the usage point, "" for none."""

    circuit: int
    slots: tuple[ArchivedSlot, ...]
    measures: str = ""
    address: str = ""
    contract: str = ""


@dataclass(frozen=True, slots=True)
class MeterArchive:
    """[start, end) in meter time, `zone` says which that is."""

    serial: str
    model: str
    zone: str
    kind: ArchiveKind
    start: datetime
    end: datetime
    circuits: tuple[CircuitArchive, ...]

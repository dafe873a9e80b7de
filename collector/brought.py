"""What a poll has brought so far, as its driver delivered it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from metering.errors import TeploError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import AskedSlots
from metering.readings import ArchiveRecord, Gap, Record, Snapshot


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it was delivered, and the number of the last frame heard before."""

    record: Record
    at: datetime
    frame: int


@dataclass(slots=True)
class Brought:
    """Grows while the poll goes on.

    `left`: archive slots for which there was no time. `refused`: what was said of archives that the meter
    does not keep.
    """

    configuration: MeterConfiguration = field(default_factory=MeterConfiguration)
    identity: MeterIdentity | None = None
    clock_difference: timedelta | None = None
    kept: list[Kept] = field(default_factory=list)
    slots: list[AskedSlots] = field(default_factory=list)
    left: int = 0
    refused: list[str] = field(default_factory=list)
    error: TeploError | None = None

    def archive(self) -> Iterator[ArchiveRecord | Gap]:
        """Records of archives, and what is not in them."""
        return (kept.record for kept in self.kept if not isinstance(kept.record, Snapshot))

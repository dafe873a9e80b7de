"""What a poll must know of a meter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from collector.gaps import ArchivePlan, WantedArchives
from metering.calendar import MeterZone
from metering.meters import MeterConfiguration
from metering.readings import MeterValue

ALLOWED_DRIFT: Final = timedelta(minutes=10)
LONGEST_VISIT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PolledMeter:
    """What a poll must know of a meter.

    An empty `serial` accepts whoever answers; `levels` are its registers' last valid levels; `configuration`
    is the one under which its readings are accepted. After `visit` the rest of its archives is left to the
    next poll.
    """

    id: int
    serial: str
    address: str
    zone: MeterZone
    factor_sets: Mapping[int, str] = field(default_factory=dict)
    archives: WantedArchives = field(default_factory=ArchivePlan)
    levels: tuple[MeterValue, ...] = ()
    configuration: MeterConfiguration | None = None
    allowed_drift: timedelta = ALLOWED_DRIFT
    visit: timedelta = LONGEST_VISIT

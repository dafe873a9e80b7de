"""What is known of one installed meter's register: all that a bill may rest on, as it was stored.

Nothing here depends on a billing period, and its order does not matter: the level of a boundary is worked out
from the boundary and this alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from metering.calendar import ArchiveKind, Slot
from metering.readings import Flag
from metering.reported import ReportedReading

DISQUALIFYING: Final = frozenset({Flag.ABSENT, Flag.FUTURE, Flag.NEGATIVE, Flag.IMPLAUSIBLE, Flag.WENT_BACK})
"""A register with one of these flags is not valid: no bill may rest on it."""

LONGEST_WALK: Final = timedelta(days=45)
"""A boundary is reached over records from a level at most so far away."""


class RegisterSource(StrEnum):
    """Which kind of record a register was taken from."""

    TOTAL = "total"
    SNAPSHOT = "snapshot"
    BOUNDARY = "boundary"
    """Told with the installation or removal of the meter; from a live poll, or read off by a person."""


@dataclass(frozen=True, slots=True)
class RegisterReading:
    """A register's level at an instant, in its quantity's canonical unit, with the way back to its frame.

    `poll_id` None: a person read it off when the meter was installed or removed.
    """

    at: datetime
    value: Decimal
    quantity: str
    circuit: int
    meter_id: int
    source: RegisterSource
    poll_id: UUID | None
    frame: int
    raw_value: Decimal
    raw_unit: str
    factor: Decimal
    factor_set: str
    flags: frozenset[Flag] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class RecordReading:
    """What a register gained within the slot of an hour or day record.

    `operating`: in how much of the slot the meter measured; None: the meter does not tell.
    """

    slot: Slot
    kind: ArchiveKind
    value: Decimal
    quantity: str
    circuit: int
    meter_id: int
    poll_id: UUID
    frame: int
    raw_value: Decimal
    raw_unit: str
    factor: Decimal
    factor_set: str
    operating: timedelta | None = None
    flags: frozenset[Flag] = field(default=frozenset())

    @property
    def unmeasured(self) -> timedelta:
        """How much of the slot the meter did not measure, as far as it told."""
        length = self.slot.end - self.slot.start
        return timedelta() if self.operating is None else max(length - self.operating, timedelta())


Source = RegisterReading | RecordReading | ReportedReading
"""What a level may rest on."""


class EventKind(StrEnum):
    """Why a register stands lower than before although the meter did not run backwards."""

    ROLLOVER = "rollover"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class RegisterEvent:
    """A register that fell from one level to another at an instant, by act or decision.

    One that rolled over went from `level_before` up to `capacity`, where it shows zero, and on to
    `level_after`; for one that was reset `capacity` is None.
    """

    at: datetime
    kind: EventKind
    level_before: Decimal
    level_after: Decimal
    capacity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ThermalLoad:
    """What estimates of a usage point go by; temperatures in degrees Celsius.

    `calculated_load`: Gcal/h at `design_outdoor_temperature`. `outdoor`: the mean of the hour that starts at
    this instant; of the point's service centre.
    """

    indoor_temperature: Decimal = Decimal(20)
    calculated_load: Decimal | None = None
    design_outdoor_temperature: Decimal | None = None
    outdoor: Mapping[datetime, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one register of one installed meter around the boundaries that are asked for.

    For the answer to be the same whatever period is asked for, there must be, of every boundary (a start or
    end of a period within the installation, or `installed_at` or `removed_at`):

    `levels`: the last one at or before it and the first one after it, however far; every one within
    LONGEST_WALK of it unless there is one exactly at it. Those with disqualifying flags are passed over
    here, so they may be left out, but for WENT_BACK where there are `events`.
    `records`: unless there is a level exactly at it, those that overlap LONGEST_WALK before and after it;
    and, for estimates, `average_window` of the rule before that. Every hour of the period in
    which the meter did not measure all the time; where the rule estimates such hours, all hours of the
    period, and of its `average_window` and `longest_estimate` before it.
    `earlier_hours`: hour records of the meters that served the circuit before, as far as the window of an
    estimate reaches beyond `installed_at`.
    `reported`: those that are not withdrawn, within LONGEST_WALK, and the last before and first after.
    `boundary_registers`: of this installation, with source BOUNDARY. `events`: all of this register.
    `load`: outdoor temperatures of the hours within LONGEST_WALK and, for estimates, `average_window` before.
    """

    meter_id: int
    circuit: int
    installed_at: datetime
    removed_at: datetime | None
    levels: tuple[RegisterReading, ...] = ()
    records: tuple[RecordReading, ...] = ()
    earlier_hours: tuple[RecordReading, ...] = ()
    reported: tuple[ReportedReading, ...] = ()
    boundary_registers: tuple[RegisterReading, ...] = ()
    events: tuple[RegisterEvent, ...] = ()
    load: ThermalLoad = field(default_factory=ThermalLoad)

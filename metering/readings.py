"""Values from the meter to the bill: as the meter gave them, and normalised with the way back kept.

Absence and doubt are values: a reading without a number says why, a doubtful one carries its flags.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from metering.calendar import ArchiveKind, MeterSlot, Slot
from metering.conditions import Condition
from metering.meters import MeterIdentity
from metering.quantities import Quantity


class Absence(StrEnum):
    """Why a meter sent no number."""

    INVALID_MARK = "invalid_mark"
    """The meter's own mark for "no value" (0x8000..., all nines, NaN, FFFF date)."""
    ERROR_STATE = "error_state"
    """The value was taken while the meter was in an error state."""
    NOT_BCD = "not_bcd"
    """A digit above 9: a display text or an overflow."""
    RECORD_ERROR = "record_error"
    """The meter reports an error for this record."""
    NO_DATA = "no_data"
    """A record that carries no data."""
    NOT_DECODED = "not_decoded"
    """The type of the data is private to the maker or not known to us."""


class Flag(StrEnum):
    """Why a reading is in doubt."""

    ABSENT = "absent"
    CLOCK_DRIFT = "clock_drift"
    FUTURE = "future"
    NEGATIVE = "negative"
    IMPLAUSIBLE = "implausible"
    WENT_BACK = "went_back"


@dataclass(frozen=True, slots=True)
class MeterValue:
    """One number as the meter gave it; `value` is None exactly when `absence` says why."""

    quantity: Quantity
    unit: str
    value: Decimal | None
    absence: Absence | None = None
    circuit: int = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Current values and totals at one moment.

    `meter_time` and `identity` are the meter's own clock and name where one answer brings all of it.
    """

    values: tuple[MeterValue, ...]
    meter_time: datetime | None = None
    identity: MeterIdentity | None = None
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """One record of an archive. `meter_time` is the meter's own stamp, `slot` what it covers."""

    kind: ArchiveKind
    slot: MeterSlot
    meter_time: datetime
    values: tuple[MeterValue, ...]
    conditions: frozenset[Condition] = frozenset()


class GapReason(StrEnum):
    """Why an archive has no record for a slot."""

    NO_RECORD = "no_record"
    """The meter says that it has none."""
    NOT_YET_CLOSED = "not_yet_closed"
    OUT_OF_DEPTH = "out_of_depth"
    UNREADABLE = "unreadable"
    """The meter's own checksum of the record is wrong, or its stamp is impossible."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A slot for which the meter has no record: data, not failure."""

    kind: ArchiveKind
    slot: MeterSlot
    reason: GapReason


Record = ArchiveRecord | Gap | Snapshot


@dataclass(frozen=True, slots=True)
class Reading:
    """One normalised value: canonical unit of its quantity, with raw value, raw unit and factor beside it."""

    quantity: Quantity
    circuit: int
    value: Decimal | None
    raw_value: Decimal | None
    raw_unit: str
    factor: Decimal
    factor_set: str
    absence: Absence | None = None
    flags: frozenset[Flag] = frozenset()


@dataclass(frozen=True, slots=True)
class SnapshotReadings:
    """A normalised snapshot. `frame` is the number, within its poll, of the last frame it was read from."""

    read_at: datetime
    meter_time: datetime | None
    readings: tuple[Reading, ...]
    frame: int
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class ArchiveReadings:
    """A normalised archive record, its slot in UTC."""

    kind: ArchiveKind
    slot: Slot
    meter_time: datetime
    readings: tuple[Reading, ...]
    frame: int
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class MissingSlot:
    """A gap with its slot in UTC."""

    kind: ArchiveKind
    slot: Slot
    reason: GapReason
    frame: int = field(default=0)

"""What is stored of a meter's archives and snapshots, its gaps and its revisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from metering.calendar import ArchiveKind, Slot
from metering.evidence import DISQUALIFYING
from metering.quantities import QUANTITIES, REGISTERS
from metering.readings import Absence, Flag, GapReason, MeterValue
from storage import sql
from storage.pool import Database
from storage.values import Cause

_SQL = sql.statements("readings")

ArchiveKey = tuple[datetime, int, str]
"""Slot start, circuit and quantity: where a page of an archive ends."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The way back from a stored value: the poll, its last frame, and the number as the meter gave it."""

    poll_id: UUID
    frame: int
    raw_value: Decimal | None
    raw_unit: str
    factor: Decimal
    factor_set: str


@dataclass(frozen=True, slots=True)
class ArchiveValue:
    """One quantity of one archive record, in the quantity's canonical unit."""

    meter_id: int
    circuit: int
    kind: ArchiveKind
    slot: Slot
    quantity: str
    meter_time: datetime
    value: Decimal | None
    absence: Absence | None
    flags: frozenset[Flag]
    origin: Origin


@dataclass(frozen=True, slots=True)
class SnapshotValue:
    """One current value of a meter, in the quantity's canonical unit."""

    meter_id: int
    circuit: int
    read_at: datetime
    quantity: str
    meter_time: datetime | None
    value: Decimal | None
    absence: Absence | None
    flags: frozenset[Flag]
    origin: Origin


@dataclass(frozen=True, slots=True)
class StoredGap:
    """A slot for which the meter had no record when it was last asked, at `recorded_at`, and why.

    `asked`: in how many polls since `first_at` it said so, those left out that came before the slot's end.
    """

    meter_id: int
    kind: ArchiveKind
    slot: Slot
    reason: GapReason
    poll_id: UUID
    frame: int
    recorded_at: datetime
    first_at: datetime
    asked: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A value that does not stand: the poll `replaced_by` read another one for the same slot, see Cause."""

    id: int
    old: ArchiveValue
    replaced_by: UUID
    recorded_at: datetime
    cause: Cause


class Readings:
    """Intervals are half-open, [start, end), of aware UTC instants; oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def archive(
        self,
        meter_id: int,
        kind: ArchiveKind,
        start: datetime,
        end: datetime,
        quantity: str | None = None,
        *,
        after: ArchiveKey | None = None,
        limit: int = 1000,
    ) -> list[ArchiveValue]:
        """A page by slot start, circuit and quantity; `after` is the last key of the page before."""
        position = after or (None, None, None)
        rows = await self._database.rows(
            _SQL["archive"], meter_id, kind.value, start, end, quantity, *position, limit
        )
        return [_archive_value(row) for row in rows]

    async def snapshots(
        self, meter_id: int, start: datetime, end: datetime, limit: int = 1000
    ) -> list[SnapshotValue]:
        """Current values read within the interval, the newest `limit` of them, newest first."""
        rows = await self._database.rows(_SQL["snapshots"], meter_id, start, end, limit)
        return [_snapshot_value(row) for row in rows]

    async def latest_snapshot(self, meter_id: int) -> list[SnapshotValue]:
        """All values of the snapshot read last; empty when there is none."""
        return [_snapshot_value(row) for row in await self._database.rows(_SQL["latest_snapshot"], meter_id)]

    async def gaps(
        self,
        meter_id: int,
        start: datetime,
        end: datetime,
        *,
        after: tuple[datetime, ArchiveKind] | None = None,
        limit: int | None = None,
    ) -> list[StoredGap]:
        """Slots that start within the interval and have no record, of every archive kind, by start and kind.

        At most `limit` of those behind `after`; None: all of them.
        """
        at, kind = after or (None, None)
        rows = await self._database.rows(_SQL["gaps"], meter_id, start, end, at, kind, limit)
        return [_gap(row) for row in rows]

    async def revisions(
        self,
        meter_id: int,
        start: datetime,
        end: datetime,
        *,
        after: tuple[datetime, int] | None = None,
        limit: int | None = None,
    ) -> list[Revision]:
        """Replaced values of slots that start within the interval, by start and id.

        At most `limit` of those behind `after`; None: all of them.
        """
        at, identifier = after or (None, None)
        rows = await self._database.rows(_SQL["revisions"], meter_id, start, end, at, identifier, limit)
        return [_revision(row) for row in rows]


async def last_levels(
    connection: Any, meter_ids: Sequence[int], since: datetime
) -> Mapping[int, Sequence[MeterValue]]:
    """By meter, the last valid level of each register since this instant, in the meter's own units."""
    invalid = [flag.value for flag in DISQUALIFYING]
    levels: dict[int, list[MeterValue]] = defaultdict(list)
    for row in await connection.fetch(_SQL["last_levels"], meter_ids, since, REGISTERS, invalid):
        quantity, unit, value = QUANTITIES[row["quantity"]], row["raw_unit"], row["raw_value"]
        levels[row["meter_id"]].append(MeterValue(quantity, unit, value, circuit=row["circuit"]))
    return levels


def _archive_value(row: Any) -> ArchiveValue:
    return ArchiveValue(
        meter_id=row["meter_id"],
        circuit=row["circuit"],
        kind=ArchiveKind(row["kind"]),
        slot=Slot(row["slot_start"], row["slot_end"]),
        quantity=row["quantity"],
        meter_time=row["meter_time"],
        value=row["value"],
        absence=_absence(row),
        flags=_flags(row),
        origin=_origin(row),
    )


def _snapshot_value(row: Any) -> SnapshotValue:
    return SnapshotValue(
        meter_id=row["meter_id"],
        circuit=row["circuit"],
        read_at=row["read_at"],
        quantity=row["quantity"],
        meter_time=row["meter_time"],
        value=row["value"],
        absence=_absence(row),
        flags=_flags(row),
        origin=_origin(row),
    )


def _gap(row: Any) -> StoredGap:
    return StoredGap(
        meter_id=row["meter_id"],
        kind=ArchiveKind(row["kind"]),
        slot=Slot(row["slot_start"], row["slot_end"]),
        reason=GapReason(row["reason"]),
        poll_id=row["poll_id"],
        frame=row["frame"],
        recorded_at=row["recorded_at"],
        first_at=row["first_at"],
        asked=row["asked"],
    )


def _revision(row: Any) -> Revision:
    return Revision(
        row["id"], _archive_value(row), row["replaced_by"], row["recorded_at"], Cause(row["cause"])
    )


def _origin(row: Any) -> Origin:
    return Origin(
        poll_id=row["poll_id"],
        frame=row["frame"],
        raw_value=row["raw_value"],
        raw_unit=row["raw_unit"],
        factor=row["factor"],
        factor_set=row["factor_set"],
    )


def _absence(row: Any) -> Absence | None:
    return Absence(row["absence"]) if row["absence"] is not None else None


def _flags(row: Any) -> frozenset[Flag]:
    return frozenset(Flag(flag) for flag in row["flags"])

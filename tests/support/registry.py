"""A small registry, and reports of what its meters say, for tests of whatever stands on the storage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from metering.calendar import ArchiveKind, Slot
from metering.polls import Direction, Frame, Outcome, PollReport
from metering.quantities import quantity
from metering.readings import (
    Absence,
    ArchiveReadings,
    Flag,
    GapReason,
    MissingSlot,
    Reading,
    SnapshotReadings,
)
from storage.pool import Database
from storage.usage_points import Registry

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLLING = timedelta(seconds=2)
"""How long a poll of these tests takes."""
_SPAN = {ArchiveKind.HOUR: HOUR, ArchiveKind.DAY: DAY, ArchiveKind.TOTAL: DAY, ArchiveKind.MONTH: 31 * DAY}


@dataclass(frozen=True)
class Place:
    """One usage point with one meter on one line."""

    usage_point: int
    meter: int
    line: int


async def place(database: Database, number: int = 1, *, installed_at: datetime | None = START) -> Place:
    """A usage point, and a meter that is installed there unless `installed_at` is None."""
    registry = Registry(database)
    site = await registry.add_site(f"site-{number}", "Школа № 5")
    point = await registry.add_usage_point(f"point-{number}", "Отопление", site, "+05:00")
    line = await registry.add_line(f"tcp://10.0.0.{number}:4001", f"10.0.0.{number}:4001")
    meter = await registry.add_meter(f"{number:08}", "kamstrup-multical-403", "1", line, "+05:00")
    if installed_at is not None:
        await registry.install(point, meter, 1, installed_at)
    return Place(point, meter, line)


def reading(
    value: Decimal | str | None,
    name: str = "energy_heating",
    *,
    circuit: int = 1,
    flags: Iterable[Flag] = (),
) -> Reading:
    """A reading that the meter sent in its canonical unit; None: it sent its mark of an error."""
    number = None if value is None else Decimal(value)
    return Reading(
        quantity=quantity(name),
        circuit=circuit,
        value=number,
        raw_value=number,
        raw_unit=quantity(name).canonical_unit,
        factor=Decimal(1),
        factor_set="exact",
        absence=Absence.ERROR_STATE if value is None else None,
        flags=frozenset(flags),
    )


def record(start: datetime, *readings: Reading, kind: ArchiveKind = ArchiveKind.HOUR) -> ArchiveReadings:
    """An archive record of the slot that starts here, decoded from the poll's second frame."""
    slot = Slot(start, start + _SPAN[kind])
    return ArchiveReadings(kind, slot, (start + 5 * HOUR).replace(tzinfo=None), readings, frame=2)


def snapshot(read_at: datetime, *readings: Reading) -> SnapshotReadings:
    """A snapshot of a meter whose clock is right."""
    return SnapshotReadings(read_at, (read_at + 5 * HOUR).replace(tzinfo=None), readings, frame=2)


def missing(start: datetime, reason: GapReason = GapReason.NO_RECORD) -> MissingSlot:
    """An hour that the meter does not have."""
    return MissingSlot(ArchiveKind.HOUR, Slot(start, start + HOUR), reason, frame=2)


def report(
    meter: int,
    *,
    at: datetime = START,
    archive: Iterable[ArchiveReadings] = (),
    snapshots: Iterable[SnapshotReadings] = (),
    gaps: Iterable[MissingSlot] = (),
    poll: UUID | None = None,
    particulars: Mapping[str, object] | None = None,
) -> PollReport:
    """A poll of a few seconds, with one question and its answer as frames."""
    frames = (
        Frame(1, at, Direction.SENT, bytes.fromhex("10 5B 01 5C 16")),
        Frame(2, at + timedelta(seconds=1), Direction.RECEIVED, bytes.fromhex("E5")),
    )
    return PollReport(
        id=poll or uuid4(),
        meter_id=meter,
        collector="main",
        started_at=at,
        finished_at=at + POLLING,
        outcome=Outcome.OK,
        frames=frames,
        archive=tuple(archive),
        snapshots=tuple(snapshots),
        gaps=tuple(gaps),
        **(particulars or {}),  # type: ignore[arg-type]
    )

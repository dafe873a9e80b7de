"""What the meters of the town tell, as reports of polls; what was lost on the way is in none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from metering.calendar import ArchiveKind, Slot
from metering.polls import Outcome, PollReport
from metering.quantities import quantity
from metering.readings import ArchiveReadings, Reading, SnapshotReadings
from tests.season.town import CLOCK, INSTALLED_AT, WITHOUT_REGISTERS, Fate, Point, days, hours

BEFORE_CLOSING, AFTER_CLOSING = timedelta(days=3), timedelta(days=4)
"""Around the closing of January so much is missing of some points."""
CLOSE: Final = timedelta(days=2)
HOURS_BEFORE: Final = timedelta(days=10)
"""Of those points, hour records are read of so long before the closing."""
ENERGY: Final = quantity("energy_heating")
FIRST, LAST = datetime(2025, 10, 15, 19, tzinfo=UTC), datetime(2026, 3, 31, 19, tzinfo=UTC)


class Historian:
    """Makes reports whose ids are counted, so that the same history comes out every time."""

    def __init__(self) -> None:
        self._count = 0

    def report(
        self,
        meter_id: int,
        at: datetime,
        archive: Iterable[ArchiveReadings] = (),
        snapshots: Iterable[SnapshotReadings] = (),
    ) -> PollReport:
        self._count += 1
        told = {"archive": tuple(archive), "snapshots": tuple(snapshots)}
        return PollReport(UUID(int=self._count), meter_id, "season", at, at, Outcome.OK, **told)


def missing(point: Point) -> Slot:
    """When nothing comes through of a point that such a thing befalls."""
    return Slot(point.closing - BEFORE_CLOSING, point.closing + AFTER_CLOSING)


def registers(
    point: Point, start: datetime, end: datetime, since: datetime = INSTALLED_AT
) -> Iterator[ArchiveReadings]:
    """The register at midnights from `start` to `end`, of the meter that hangs there `since`."""
    for at in days(start, end):
        if at >= since and _is_read(point, at) and not _is_lost(point, at):
            slot = Slot(at, at + timedelta(days=1))
            yield _record(ArchiveKind.TOTAL, slot, point.level(at, since))


def late_registers(point: Point) -> list[ArchiveReadings]:
    """What was missing of the registers."""
    gap = missing(point)
    slots = [Slot(at, at + timedelta(days=1)) for at in days(gap.start, gap.end)]
    return [_record(ArchiveKind.TOTAL, slot, point.level(slot.start)) for slot in slots]


def live(point: Point, at: datetime) -> SnapshotReadings:
    """What its meter shows while an act is drawn up."""
    return SnapshotReadings(at, CLOCK.to_meter_time(at), (_reading(point.level(at)),), 1)


def hour_records(point: Point) -> list[ArchiveReadings]:
    """The hours before the closing of January, without those that are missing there."""
    gap = missing(point)
    end = point.closing if point.fate is Fate.RECORDS else gap.start
    return [
        _record(ArchiveKind.HOUR, slot, point.level(slot.end) - point.level(slot.start))
        for slot in (
            Slot(start, start + timedelta(hours=1)) for start in hours(point.closing - HOURS_BEFORE, end)
        )
    ]


def batches(reports: Iterable[PollReport], size: int = 50) -> Iterator[Sequence[PollReport]]:
    """Reports as collectors store them, some at once."""
    batch: list[PollReport] = []
    for report in reports:
        batch.append(report)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_read(point: Point, at: datetime) -> bool:
    """Around closings daily, else every fifth day."""
    return at.day % 5 == 0 or any(abs(at - closing) <= CLOSE for closing in point.closings)


def _is_lost(point: Point, at: datetime) -> bool:
    gap = missing(point)
    return point.fate in WITHOUT_REGISTERS and gap.start <= at <= gap.end


def _record(kind: ArchiveKind, slot: Slot, value: Decimal) -> ArchiveReadings:
    return ArchiveReadings(kind, slot, CLOCK.to_meter_time(slot.start), (_reading(value),), 1)


def _reading(value: Decimal) -> Reading:
    return Reading(ENERGY, 1, value, value, "Gcal", Decimal(1), "exact")

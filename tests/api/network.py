"""A small network with a history.

School: its first meter was replaced by a second one on 16 January at noon. Its registers came in kWh and were
taken to Gcal with the factor set `kyivenergo` (0.0008598 Gcal per kWh). Shop: its meter never answered.
The utility bills points without acts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from metering.calendar import ArchiveKind, Slot
from metering.conditions import Condition, ConditionName
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import Direction, Frame, Outcome, PollReport
from metering.quantities import quantity
from metering.readings import Absence, ArchiveReadings, GapReason, MissingSlot, Reading, SnapshotReadings
from storage.billing_rules import BillingRules
from storage.polls import Polls
from storage.pool import Database
from storage.usage_points import Registry

NOW = datetime(2026, 2, 1, 9, tzinfo=UTC)
FACTOR = Decimal("0.0008598")
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
REPLACED_AT = datetime(2026, 1, 16, 12, tzinfo=UTC)
FIRST_POLL, SECOND_POLL, THIRD_POLL = (UUID(int=number) for number in (1, 2, 3))
FRAMES = (
    Frame(1, NOW, Direction.SENT, bytes.fromhex("10404a8a16")),
    Frame(2, NOW, Direction.RECEIVED, b"\xe5"),
)


@dataclass(frozen=True)
class Network:
    """The ids of what is registered."""

    line: int
    school: int
    shop: int
    old_meter: int
    new_meter: int
    silent_meter: int


def energy(kilowatt_hours: str | None) -> Reading:
    """A register as the meter gave it, and in Gcal; None is the meter's own mark for "no value"."""
    raw = None if kilowatt_hours is None else Decimal(kilowatt_hours)
    return Reading(
        quantity("energy_heating"),
        1,
        None if raw is None else raw * FACTOR,
        raw,
        "kWh",
        FACTOR,
        "kyivenergo",
        Absence.INVALID_MARK if raw is None else None,
    )


def total(day: datetime, kilowatt_hours: str | None) -> ArchiveReadings:
    slot = Slot(day, day + timedelta(days=1))
    return ArchiveReadings(ArchiveKind.TOTAL, slot, day.replace(tzinfo=None), (energy(kilowatt_hours),), 2)


def hour(start: datetime, kilowatt_hours: str | None) -> ArchiveReadings:
    slot = Slot(start, start + timedelta(hours=1))
    return ArchiveReadings(ArchiveKind.HOUR, slot, start.replace(tzinfo=None), (energy(kilowatt_hours),), 2)


def report(
    poll_id: UUID,
    meter_id: int,
    finished_at: datetime,
    archive: Iterable[ArchiveReadings] = (),
    snapshots: Iterable[SnapshotReadings] = (),
    gaps: Iterable[MissingSlot] = (),
) -> PollReport:
    return PollReport(
        poll_id,
        meter_id,
        "almaty-1",
        finished_at - timedelta(seconds=4),
        finished_at,
        Outcome.OK,
        identity=MeterIdentity(serial="06855817", maker="KAM"),
        configuration=MeterConfiguration({"energy_unit": "kWh"}),
        clock_difference=timedelta(seconds=-3),
        frames=FRAMES,
        archive=tuple(archive),
        snapshots=tuple(snapshots),
        gaps=tuple(gaps),
    )


REPORTED = frozenset(
    {
        Condition(ConditionName.POWER_FAILURE),
        Condition(ConditionName.SENSOR_SHORT, 1, "temperature_return"),
        Condition(ConditionName.UNKNOWN, code="info code 7"),
    }
)


async def build(database: Database) -> Network:
    """The registry and three polls: of the old meter, of the new one, and of the new one once more."""
    registry, polls = Registry(database), Polls(database)
    site = await registry.add_site("S1", "School quarter", "12 Abai street")
    school = await registry.add_usage_point(
        "UP-1", 'Школа "12", котельная', site, "+00:00", factor_set="kyivenergo"
    )
    shop = await registry.add_usage_point("UP-2", "Shop", site, "+00:00")
    await BillingRules(database).put("", {"acts_required": "no"}, "A. Serikova", LONG_AGO)
    line = await registry.add_line("tcp://10.0.0.5:4001", "10.0.0.5:4001")
    meters = [
        await registry.add_meter(f"0685581{number}", "kamstrup-multical-403", str(number), line, "+00:00")
        for number in (1, 2, 3)
    ]
    old, new, silent = meters
    await registry.install(school, old, 1, LONG_AGO)
    await registry.remove(school, old, REPLACED_AT)
    await registry.install(school, new, 1, REPLACED_AT)
    await registry.install(shop, silent, 1, LONG_AGO)
    await polls.save(report(FIRST_POLL, old, REPLACED_AT, *_history_of_the_old_meter()))
    await polls.save(report(SECOND_POLL, new, NOW - timedelta(hours=1), *_history_of_the_new_meter()))
    await polls.save(report(THIRD_POLL, new, NOW, [hour(datetime(2026, 1, 20, 1, tzinfo=UTC), "7")]))
    return Network(line, school, shop, old, new, silent)


def _history_of_the_old_meter() -> tuple[list[ArchiveReadings], list[SnapshotReadings]]:
    totals = [
        total(datetime(2026, 1, 1, tzinfo=UTC), "100000"),
        total(datetime(2026, 1, 11, tzinfo=UTC), "110000"),
    ]
    return totals, [SnapshotReadings(REPLACED_AT, None, (energy("112345"),), 2)]


def _history_of_the_new_meter() -> tuple[list[ArchiveReadings], list[SnapshotReadings], list[MissingSlot]]:
    first = datetime(2026, 1, 20, tzinfo=UTC)
    hours = [hour(first, "5"), hour(first + timedelta(hours=1), "6"), hour(first + timedelta(hours=2), None)]
    gap = Slot(first + timedelta(hours=3), first + timedelta(hours=4))
    snapshots = [
        SnapshotReadings(REPLACED_AT, None, (energy("10"),), 2),
        SnapshotReadings(NOW - timedelta(hours=1), None, (energy("20000"),), 2, REPORTED),
    ]
    return (
        [*hours, total(datetime(2026, 2, 1, tzinfo=UTC), "10010")],
        snapshots,
        [MissingSlot(ArchiveKind.HOUR, gap, GapReason.NO_RECORD)],
    )

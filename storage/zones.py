"""From when on the clocks of meters are set in another zone than before: by law, or by whoever set them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from storage import sql
from storage.pool import Database

_SQL = sql.statements("zones")


@dataclass(frozen=True, slots=True)
class Change:
    """From `since` on, an aware instant of whole seconds, clocks are set in `zone`; `by`: who decreed it."""

    since: datetime
    zone: str
    by: str

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.since.microsecond:
            raise ConfigurationError(
                f"{self.since} is no moment for a change of zone: write whole seconds with an offset, like "
                "2024-03-01T00:00:00+06:00."
            )
        if ";" in MeterZone(self.zone).name:
            raise ConfigurationError(f"{self.zone!r} is a zone with changes; enter one change at a time.")
        if not self.by:
            raise ConfigurationError(
                "Say who decreed the change: the law, or the engineer who set the clock."
            )


@dataclass(frozen=True, slots=True)
class EnteredChange:
    """A change as it is stored for one meter."""

    meter_id: int
    change: Change
    entered_at: datetime


class Zones:
    """Entering a change again changes nothing; another zone for the same moment takes the place of the first.

    What is stored already stays in the slots in which it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(self, meter_ids: Collection[int], change: Change, at: datetime) -> list[int]:
        """The meters for which this is new; ConfigurationError when one is not registered."""
        async with self._database.transaction() as connection:
            return await _change(connection, sorted(set(meter_ids)), change, at)

    async def change_by_law(self, zone: str, change: Change, at: datetime) -> list[int]:
        """The same for every meter whose clock is set in this zone just before."""
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["lock"])
            rows = await connection.fetch(_SQL["meters_in"], zone, change.since)
            return await _change(connection, [row["id"] for row in rows], change, at)

    async def meters_in(self, zone: str, before: datetime) -> list[int]:
        """Meters whose clocks are set in this zone just before this moment."""
        return [row["id"] for row in await self._database.rows(_SQL["meters_in"], zone, before)]

    async def usage_points_in(self, zone: str) -> list[str]:
        """Codes of the usage points whose days begin by this zone now."""
        return [row["code"] for row in await self._database.rows(_SQL["usage_points_in"], zone)]

    async def of_meter(self, meter_id: int) -> list[EnteredChange]:
        """Every change of this meter's zone, oldest first."""
        return [_entered(row) for row in await self._database.rows(_SQL["of_meter"], meter_id)]


async def _change(connection: Any, meter_ids: list[int], change: Change, at: datetime) -> list[int]:
    rows = await connection.fetch(_SQL["change"], meter_ids, change.since, change.zone, change.by, at)
    # A history that nobody can read would stop the polling of every meter that shares a line with this one.
    for row in await connection.fetch(_SQL["texts"], meter_ids):
        MeterZone(row["zone"])
    return sorted(row["meter_id"] for row in rows)


def _entered(row: Any) -> EnteredChange:
    return EnteredChange(
        row["meter_id"], Change(row["since"], row["zone"], row["decreed_by"]), row["entered_at"]
    )

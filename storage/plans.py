"""Settings of poll plans: everybody's, a model's, a usage point's; and the journal of who changed them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from metering.errors import ConfigurationError, ReadingConflict
from metering.plan_settings import checked, plan_of
from metering.plans import PollPlan
from metering.written_settings import SettingValue
from storage import sql
from storage.plans_in_force import at_calendar, calendar_of
from storage.pool import Database

_SQL = sql.statements("plans")


@dataclass(frozen=True, slots=True)
class PlanOwner:
    """Whose settings: a usage point's, a model's, or everybody's when neither is named."""

    usage_point_id: int | None = None
    model: str | None = None

    def __str__(self) -> str:
        if self.usage_point_id is not None:
            return f"usage point {self.usage_point_id}"
        return "everybody" if self.model is None else f"the model {self.model}"


EVERYBODY: Final = PlanOwner()


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """Settings that stand at one place, by their names in metering.plan_settings; None: they were removed."""

    id: int
    owner: PlanOwner
    settings: Mapping[str, SettingValue] | None
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """By which plan a meter is polled, all settings laid over one another."""

    meter_id: int
    serial: str
    model: str
    plan: PollPlan


class Plans:
    """Changes are journalled in the transaction that makes them. ConfigurationError names a wrong setting."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, owner: PlanOwner, settings: Mapping[str, object], by: str, at: datetime) -> None:
        """These settings and no others stand there from now on."""
        await self._change("replace", owner, settings, by, at)

    async def lay_over(self, owner: PlanOwner, settings: Mapping[str, object], by: str, at: datetime) -> None:
        """These settings stand there from now on; others that stand there stay."""
        await self._change("lay_over", owner, settings, by, at)

    async def remove(self, owner: PlanOwner, by: str, at: datetime) -> bool:
        """Whether any settings stood there."""
        place = (owner.usage_point_id, owner.model)
        async with self._database.transaction() as connection:
            removed = await connection.fetchval(_SQL["remove"], *place)
            if removed is not None:
                await connection.execute(_SQL["note"], *place, None, by, at)
        return removed is not None

    async def get(self, owner: PlanOwner) -> PlanSettings | None:
        row = await self._database.row(_SQL["get"], owner.usage_point_id, owner.model)
        return _settings(row) if row else None

    async def list(self, after: int = 0, limit: int = 100) -> list[PlanSettings]:
        """A page by id, of everybody, models and usage points."""
        return [_settings(row) for row in await self._database.rows(_SQL["list"], after, limit)]

    async def journal(self, owner: PlanOwner, limit: int = 100) -> Sequence[PlanSettings]:
        """What stood there since each change, newest first."""
        rows = await self._database.rows(_SQL["journal"], owner.usage_point_id, owner.model, limit)
        return [_settings(row) for row in rows]

    async def of_usage_point(self, usage_point_id: int, base: PollPlan) -> Sequence[MeterPlan]:
        """Meters installed there now.

        Over `base` lie everybody's settings, then its model's, the point's, and the point's own calendar.
        """
        rows = await self._database.rows(_SQL["of_usage_point"], usage_point_id)
        return [
            MeterPlan(
                row["meter_id"],
                row["serial"],
                row["model"],
                at_calendar(plan_of(base, *map(json.loads, row["settings"] or ())), calendar_of(row)),
            )
            for row in rows
        ]

    async def _change(
        self, statement: str, owner: PlanOwner, settings: Mapping[str, object], by: str, at: datetime
    ) -> None:
        place = (owner.usage_point_id, owner.model)
        change = (json.dumps(checked(settings)), by, at)
        try:
            async with self._database.transaction() as connection:
                await connection.execute(_SQL["lock"])
                stands = await connection.fetchval(_SQL[statement], *place, *change)
                if stands is None:
                    stands = await connection.fetchval(_SQL["add"], *place, *change)
                await connection.execute(_SQL["note"], *place, stands, by, at)
        except ReadingConflict as error:
            raise ConfigurationError(
                f"Settings of {owner} cannot be stored: there is no such usage point, or nobody is named who "
                f"changes them. ({error})"
            ) from error


def _settings(row: Any) -> PlanSettings:
    columns = dict(row)
    owner = PlanOwner(columns.pop("usage_point_id"), columns.pop("model"))
    written = columns.pop("settings")
    return PlanSettings(owner=owner, settings=None if written is None else json.loads(written), **columns)

"""Components of meters: what was fitted when, its seal, and until when its verification is valid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from metering.components import Component, ComponentKind
from metering.errors import ConfigurationError, ReadingConflict
from storage import sql
from storage.pool import Database

_SQL = sql.statements("components")


@dataclass(frozen=True, slots=True)
class StoredComponent:
    """A component as it was part of its meter within the days [since, until); None: until now.

    One that is verified anew goes on as another row since the day of that verification: what was valid
    before stays known.
    """

    component: Component
    since: date
    until: date | None = None


class Components:
    """A component is known by its meter, its kind and the day since which it is fitted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_meter(self, meter_id: int) -> list[StoredComponent]:
        """Every component that the meter ever had, oldest first."""
        return [_component(row) for row in await self._database.rows(_SQL["of_meter"], meter_id)]

    async def of_meters(self, meter_ids: Collection[int]) -> dict[int, list[StoredComponent]]:
        """The same of several meters, by meter; one without components is missing."""
        found: dict[int, list[StoredComponent]] = defaultdict(list)
        for row in await self._database.rows(_SQL["of_meters"], list(meter_ids)):
            found[row["meter_id"]].append(_component(row))
        return dict(found)

    async def put(self, meter_id: int, fitted: StoredComponent) -> None:
        """Fits the component, or changes what is known of it; one of its kind fitted before ends that day.

        Without an end of its own it ends where the next one of its kind starts. ConfigurationError when the
        meter is not registered, another one of this kind stands in the way, or the days are not in order.
        """
        try:
            async with self._database.transaction() as connection:
                await _put(connection, meter_id, fitted)
        except ReadingConflict as error:
            kind, serial = fitted.component.kind, fitted.component.serial
            raise ConfigurationError(
                f"The component {kind} {serial} cannot be fitted to meter {meter_id} since {fitted.since}: "
                f"the meter is not registered, another {kind} is fitted then, or its days are not in order. "
                f"({error})"
            ) from error


async def _put(connection: Any, meter_id: int, fitted: StoredComponent) -> None:
    one = fitted.component
    place = (meter_id, one.kind.value, fitted.since)
    await connection.execute(_SQL["end_one_before"], *place)
    until = fitted.until or await connection.fetchval(_SQL["next_one"], *place)
    particulars = (one.type, one.serial, until, one.seal, one.verified_on, one.verification_due)
    if await connection.fetchval(_SQL["change"], *place, *particulars) is None:
        await connection.execute(_SQL["add"], *place, *particulars)


def _component(row: Any) -> StoredComponent:
    columns = dict(row)
    columns.pop("meter_id", None)
    since, until = columns.pop("since"), columns.pop("until")
    return StoredComponent(Component(**columns | {"kind": ComponentKind(row["kind"])}), since, until)

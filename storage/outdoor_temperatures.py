"""Outdoor temperatures, means of whole hours: those of a service centre, or everybody's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metering.errors import ConfigurationError, ReadingConflict
from storage import sql
from storage.pool import Database

_SQL = sql.statements("outdoor_temperatures")


@dataclass(frozen=True, slots=True)
class HourMean:
    """The mean of the hour that starts at `at`, in degrees Celsius; `service_centre` "": everybody's."""

    at: datetime
    value: Decimal
    service_centre: str
    source: str


class OutdoorTemperatures:
    """By the start of the hour, aware UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, service_centre: str, means: Mapping[datetime, Decimal], source: str = "") -> None:
        """Stores them; of two for one hour the later one told. ConfigurationError for what is no mean."""
        try:
            await self._database.value(_SQL["put"], service_centre, list(means), list(means.values()), source)
        except ReadingConflict as error:
            raise ConfigurationError(
                "Outdoor temperatures are means of whole hours (their start is told), from -70 to 60 °C. "
                f"({error})"
            ) from error

    async def range(
        self,
        service_centre: str,
        start: datetime,
        end: datetime,
        *,
        after: datetime | None = None,
        limit: int = 1000,
    ) -> list[HourMean]:
        """A page of hours that start within [start, end); where the centre has none, everybody's."""
        rows = await self._database.rows(_SQL["range"], service_centre, start, end, after, limit)
        return [HourMean(**row) for row in rows]

    async def of_centres(
        self, centres: Collection[str], start: datetime, end: datetime
    ) -> dict[str, dict[datetime, Decimal]]:
        """By centre, every hour that starts within [start, end)."""
        wanted = {*centres, ""}
        found: dict[str, dict[datetime, Decimal]] = defaultdict(dict)
        for row in await self._database.rows(_SQL["of_centres"], sorted(wanted), start, end):
            found[row["service_centre"]][row["at"]] = row["value"]
        return {centre: found[""] | found[centre] for centre in wanted}

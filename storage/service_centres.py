"""Customer service centres, and the administrative districts that each of them serves."""

from __future__ import annotations

from dataclasses import dataclass

from metering.areas import EVERYWHERE, Area
from metering.errors import ConfigurationError, ReadingConflict
from storage import sql
from storage.pool import Database

_SQL = sql.statements("service_centres")


@dataclass(frozen=True, slots=True)
class ServiceCentre:
    """A centre by the name that sites carry; `title` is what people call it."""

    name: str
    title: str
    districts: tuple[str, ...]


class ServiceCentres:
    """Putting is idempotent by name. Centres come with their sites as well: Registry.add_site."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, area: Area = EVERYWHERE) -> list[ServiceCentre]:
        """All of an area by name, with its districts there: a utility has a handful."""
        rows = await self._database.rows(_SQL["list"], *area.columns())
        return [ServiceCentre(row["name"], row["title"], tuple(row["districts"])) for row in rows]

    async def put(self, name: str, title: str = "") -> None:
        await self._database.rows(_SQL["put"], name, title)

    async def put_district(self, service_centre: str, name: str) -> None:
        """ConfigurationError when there is no such service centre."""
        try:
            await self._database.rows(_SQL["put_district"], service_centre, name)
        except ReadingConflict as error:
            raise ConfigurationError(
                f"The district {name!r} needs its service centre {service_centre!r}: add that one first. "
                f"({error})"
            ) from error

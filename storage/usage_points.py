"""The registry kept: additions by their natural keys, changes, pages."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Unpack

from metering.areas import EVERYWHERE, Area
from metering.errors import ConfigurationError, ReadingConflict
from storage import sql
from storage.pool import Database
from storage.registered import (
    Installation,
    Line,
    Meter,
    PointKind,
    PointParticulars,
    Purpose,
    Site,
    SiteKind,
    SiteParticulars,
    UsagePoint,
)

_SQL = sql.statements("usage_points")
_WITH_MODEM: Final = ("csd:", "inbound:")


class Registry:
    """Adding is idempotent by the natural key: what exists takes the new particulars and keeps its id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_site(
        self,
        code: str,
        name: str,
        address: str = "",
        *,
        district: str = "",
        service_centre: str = "",
        **particulars: Unpack[SiteParticulars],
    ) -> int:
        """The id of the site with this code; its service centre and district are introduced with it."""
        place = (code, name, address, district, service_centre)
        return await self._id("add_site", *place, _written(particulars))

    async def add_usage_point(
        self,
        code: str,
        name: str,
        site_id: int,
        zone: str,
        *,
        factor_set: str = "exact",
        billed_quantity: str = "energy_heating",
        **particulars: Unpack[PointParticulars],
    ) -> int:
        """The id of the usage point with this code."""
        measured = (zone, factor_set, billed_quantity)
        return await self._id("add_usage_point", code, name, site_id, *measured, _written(particulars))

    async def change_usage_point(self, usage_point_id: int, particulars: PointParticulars) -> None:
        """Changes what is told; ConfigurationError when there is no such point, or a value cannot be."""
        try:
            changed = await self._database.value(
                _SQL["change_usage_point"], usage_point_id, _written(particulars)
            )
        except ReadingConflict as error:
            raise ConfigurationError(
                f"Usage point {usage_point_id} cannot have these particulars: closing day (1 to 31) and hour "
                f"(0 to 23) go together, loads and diameters are above 0. ({error})"
            ) from error
        if changed is None:
            raise ConfigurationError(f"Usage point {usage_point_id} is not registered.")

    async def add_line(
        self, url: str, endpoint: str, collector: str | None = None, pool: str | None = None
    ) -> int:
        """The id of the line. `endpoint` is what can be opened only once: host and port, a device's path, a
        phone number or a modem's identity.

        A line with a modem of its own at the far end gets it on the list of modems. ConfigurationError when
        another line is registered on the same endpoint, or there is no such pool.
        """
        async with self._database.transaction() as connection:
            if pool is not None and not await connection.fetchval(_SQL["pool_exists"], pool):
                raise ConfigurationError(
                    f"The line {url} is called through the pool {pool!r}, which has not been added. Add the "
                    "pool and its modems before the lines."
                )
            row = await connection.fetchrow(_SQL["add_line"], url, endpoint, collector, pool)
            if row["url"] != url:
                raise ConfigurationError(
                    f"The lines {row['url']} and {url} are on one endpoint, {endpoint}: a line has one "
                    "talker at a time. Register one line and put the meters of both on it."
                )
            if url.startswith(_WITH_MODEM):
                await connection.execute(_SQL["add_modem_of_line"], row["id"])
        return int(row["id"])

    async def add_meter(
        self, serial: str, model: str, address: str, line_id: int, zone: str, *, polled: bool = True
    ) -> int:
        """The id of the meter with this model and serial; ConfigurationError when its address is taken."""
        try:
            return await self._id("add_meter", serial, model, address, line_id, zone, polled)
        except ReadingConflict as error:
            raise ConfigurationError(
                f"Meter {model} {serial} cannot be put at address {address} of line {line_id}: the line does "
                "not exist or another polled meter has this address. Take the old meter off polling first. "
                f"({error})"
            ) from error

    async def install(self, usage_point_id: int, meter_id: int, circuit: int, installed_at: datetime) -> None:
        """Installs the meter from this moment on; ConfigurationError while another one is installed there."""
        try:
            await self._database.value(_SQL["install"], usage_point_id, meter_id, circuit, installed_at)
        except ReadingConflict as error:
            raise ConfigurationError(
                f"Meter {meter_id} cannot be installed at usage point {usage_point_id}, circuit {circuit}, "
                f"from {installed_at}: a meter is installed there already, this circuit of the meter is "
                "installed elsewhere, or one of the two is not registered. Remove the old meter first. "
                f"({error})"
            ) from error

    async def remove(self, usage_point_id: int, meter_id: int, removed_at: datetime) -> None:
        """Ends the meter's installation, all circuits; ConfigurationError when it is not installed there."""
        try:
            removed = await self._database.rows(_SQL["remove"], usage_point_id, meter_id, removed_at)
        except ReadingConflict as error:
            raise ConfigurationError(
                f"Meter {meter_id} cannot be removed from usage point {usage_point_id} at {removed_at}: "
                f"that is not after it was installed. ({error})"
            ) from error
        if not removed:
            raise ConfigurationError(f"Meter {meter_id} is not installed at usage point {usage_point_id}.")

    async def site(self, site_id: int) -> Site | None:
        row = await self._database.row(_SQL["site"], site_id)
        return _site(row) if row else None

    async def sites(self, after: int = 0, limit: int = 100, area: Area = EVERYWHERE) -> list[Site]:
        """A page by id."""
        rows = await self._database.rows(_SQL["sites"], after, limit, *area.columns())
        return [_site(row) for row in rows]

    async def lines(self, collector: str | None = None) -> list[Line]:
        """Lines that any collector can open, and those of this one."""
        return [Line(**row) for row in await self._database.rows(_SQL["lines"], collector)]

    async def line(self, line_id: int) -> Line | None:
        row = await self._database.row(_SQL["line"], line_id)
        return Line(**row) if row else None

    async def line_at(self, endpoint: str) -> Line | None:
        """The line on this endpoint."""
        line_id = await self._database.value(_SQL["line_at"], endpoint)
        return None if line_id is None else await self.line(line_id)

    async def meters_on_line(self, line_id: int) -> list[Meter]:
        """The polled meters of a line."""
        return [Meter(**row) for row in await self._database.rows(_SQL["meters_on_line"], line_id)]

    async def usage_points(
        self, after: int = 0, limit: int = 100, area: Area = EVERYWHERE
    ) -> list[UsagePoint]:
        """A page by id."""
        rows = await self._database.rows(_SQL["usage_points"], after, limit, *area.columns())
        return [_point(row) for row in rows]

    async def usage_point(self, usage_point_id: int) -> UsagePoint | None:
        row = await self._database.row(_SQL["usage_point"], usage_point_id)
        return _point(row) if row else None

    async def usage_point_of_code(self, code: str) -> UsagePoint | None:
        row = await self._database.row(_SQL["usage_point_of_code"], code)
        return _point(row) if row else None

    async def meters(self, after: int = 0, limit: int = 100, area: Area = EVERYWHERE) -> list[Meter]:
        """A page by id, meters that are not polled included."""
        rows = await self._database.rows(_SQL["meters"], after, limit, *area.columns())
        return [Meter(**row) for row in rows]

    async def meter(self, meter_id: int) -> Meter | None:
        row = await self._database.row(_SQL["meter"], meter_id)
        return Meter(**row) if row else None

    async def meters_of_serial(self, serial: str) -> list[Meter]:
        """Two makers may give one number."""
        return [Meter(**row) for row in await self._database.rows(_SQL["meters_of_serial"], serial)]

    async def serials(self, meter_ids: Collection[int]) -> dict[int, str]:
        """The serial number of each of these meters."""
        rows = await self._database.rows(_SQL["serials"], list(meter_ids))
        return {row["id"]: row["serial"] for row in rows}

    async def installations(self, usage_point_id: int) -> list[Installation]:
        """Every meter that ever measured this usage point, oldest first."""
        rows = await self._database.rows(_SQL["installations"], usage_point_id)
        return [Installation(**row) for row in rows]

    async def installations_of_meter(self, meter_id: int) -> list[Installation]:
        """Every usage point that this meter ever measured, oldest first."""
        rows = await self._database.rows(_SQL["installations_of_meter"], meter_id)
        return [Installation(**row) for row in rows]

    async def _id(self, statement: str, *particulars: object) -> int:
        return int(await self._database.value(_SQL[statement], *particulars))


def _written(particulars: Mapping[str, object]) -> str:
    """As JSON; decimals as text, so that none is rounded."""
    return json.dumps(particulars, default=str)


def _site(row: Mapping[str, Any]) -> Site:
    columns = dict(row)
    return Site(**columns | {"kind": SiteKind(columns["kind"])})


def _point(row: Mapping[str, Any]) -> UsagePoint:
    columns = dict(row)
    kinds = {"kind": PointKind(columns["kind"]), "purpose": Purpose(columns["purpose"])}
    return UsagePoint(**columns | kinds)

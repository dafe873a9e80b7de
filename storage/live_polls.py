"""What an act's form is filled from: the meter of a point, its components, one poll, and its modem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from metering.act_draft import LivePoll, Reached, Registered
from metering.acts import Header
from metering.calendar import MeterZone
from metering.components import Component, ComponentKind
from metering.evidence import DISQUALIFYING
from metering.polls import READ, Outcome
from storage import sql
from storage.pool import Database
from storage.registered import Purpose

_SQL = sql.statements("live_polls")

_TOLD: Final = sorted({*READ, Outcome.PARTLY_READ})


@dataclass(frozen=True, slots=True)
class MeteredPoint:
    """A point and the circuit of the meter that measures it, as they stand in the registry.

    Where several circuits do, the first one.
    """

    usage_point_id: int
    zone: MeterZone
    purpose: Purpose
    meter_id: int
    circuit: int
    line_id: int
    polled: bool
    registered: Registered


class LivePolls:
    """One poll at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def point(self, usage_point_id: int, at: datetime) -> MeteredPoint | None:
        """None: there is no such point, or no meter was ever installed there."""
        row = await self._database.row(_SQL["measured_at"], usage_point_id, at)
        if row is None:
            return None
        zone = MeterZone(row["zone"])
        return _point(row, zone, await self._components(row["meter_id"], zone.to_meter_time(at).date()))

    async def newest(self, meter_id: int) -> UUID | None:
        """The last poll in which the meter said something."""
        found: UUID | None = await self._database.value(_SQL["newest"], meter_id, _TOLD)
        return found

    async def poll(self, poll_id: UUID, meter_id: int, circuit: int) -> LivePoll | None:
        """What it brought of this circuit; None when it asked another meter, or this one said nothing."""
        row = await self._database.row(_SQL["poll"], poll_id, meter_id, _TOLD)
        if row is None:
            return None
        invalid = [flag.value for flag in DISQUALIFYING]
        values = await self._database.rows(_SQL["values"], poll_id, circuit, invalid)
        return LivePoll(
            read_at=max((one["read_at"] for one in values), default=row["finished_at"]),
            serial=row["serial"] or "",
            values={one["quantity"]: one["value"] for one in values},
            held=row["held"] or "",
        )

    async def reached(self, meter_id: int) -> Reached:
        """How the meter's modem is reached now."""
        return Reached(**await self._database.row(_SQL["reached"], meter_id))

    async def _components(self, meter_id: int, day: date) -> tuple[Component, ...]:
        rows = await self._database.rows(_SQL["components"], meter_id, day)
        found = [Component(**dict(row) | {"kind": ComponentKind(row["kind"])}) for row in rows]
        order = list(ComponentKind)
        return tuple(sorted(found, key=lambda one: order.index(one.kind)))


def _point(row: Any, zone: MeterZone, components: tuple[Component, ...]) -> MeteredPoint:
    header = Header(row["contract"], row["consumer"] or row["name"], row["address"])
    return MeteredPoint(
        usage_point_id=row["usage_point_id"],
        zone=zone,
        purpose=Purpose(row["purpose"]),
        meter_id=row["meter_id"],
        circuit=row["circuit"],
        line_id=row["line_id"],
        polled=row["polled"],
        registered=Registered(
            serial=row["serial"],
            billed=row["billed_quantity"],
            header=header,
            components=components,
            nominal_diameter=row["nominal_diameter"],
        ),
    )

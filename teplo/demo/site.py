"""The demo's registry: a usage point for every meter of the fleet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulators.fleet import FleetMeter, RunningFleet
from storage.billing_rules import BillingRules
from storage.modems import Modems
from storage.pool import Database
from storage.usage_points import Registry


@dataclass(frozen=True, slots=True)
class RegisteredMeter:
    """A simulated meter with its ids in the database, and the URL of its line."""

    meter_id: int
    usage_point_id: int
    meter: FleetMeter
    url: str


async def register(
    fleet: RunningFleet, database: Database, installed_at: datetime, collector: str | None = None
) -> list[RegisteredMeter]:
    """Register every pool, line and meter of the fleet, each meter at a usage point of its own.

    `collector` is the only one that reaches the modems of the pools; None: any does. Nobody draws up acts
    here: points are billed without.
    """
    await BillingRules(database).put("", {"acts_required": "no"}, "demo", installed_at)
    registry, modems = Registry(database), Modems(database)
    for name, urls in fleet.pools.items():
        await modems.add_pool(name, collector)
        for url in urls:
            await modems.add_own(name, url)
    registered = []
    for number, line in enumerate(fleet.lines, start=1):
        line_id = await registry.add_line(line.url, line.endpoint, pool=line.pool)
        place = f"line {number}, {line.protocol}"
        for meter in line.meters:
            meter_id, point_id = await _register(registry, line_id, place, meter, installed_at)
            registered.append(RegisteredMeter(meter_id, point_id, meter, line.url))
    return registered


async def _register(
    registry: Registry, line_id: int, place: str, meter: FleetMeter, installed_at: datetime
) -> tuple[int, int]:
    """The ids of the meter and of its usage point."""
    meter_id = await registry.add_meter(meter.serial, meter.model, meter.address, line_id, meter.zone)
    site_id = await registry.add_site(place, place)
    name = f"{place}, {meter.model} {meter.serial}"
    point_id = await registry.add_usage_point(f"{meter.model}-{meter.serial}", name, site_id, meter.zone)
    await registry.install(point_id, meter_id, 1, installed_at)
    return meter_id, point_id

"""Carries a registry file into the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from storage.components import Components
from storage.modems import Modems
from storage.plans import PlanOwner, Plans
from storage.usage_points import Registry
from teplo.modem_file import Particulars, PoolPlan
from teplo.registry_file import LinePlan, PointPlan, Registration


async def apply(
    registration: Registration,
    registry: Registry,
    modems: Modems,
    plans: Plans,
    components: Components,
    *,
    by: str,
    at: datetime,
) -> None:
    """Register all of it; what is registered already keeps its id and takes the new particulars.

    `by` and `at` stand in the journal of poll plans.
    """
    for pool in registration.pools:
        await _apply_pool(pool, modems)
    points = {}
    for site in registration.sites:
        site_id = await registry.add_site(
            *(site.code, site.name, site.address),
            district=site.district,
            service_centre=site.service_centre,
            **site.particulars,
        )
        for point in site.points:
            points[point.code] = await registry.add_usage_point(
                *(point.code, point.name, site_id, point.zone),
                factor_set=point.factor_set,
                billed_quantity=point.billed_quantity,
                **point.particulars,
            )
            await _apply_plan(points[point.code], point, plans, by, at)
    for line in registration.lines:
        line_id = await _apply_line(line, points, registry, components)
        if line.modem is not None:
            await _describe(line_id, line.modem, modems)


async def _apply_plan(point_id: int, point: PointPlan, plans: Plans, by: str, at: datetime) -> None:
    stands = await plans.get(PlanOwner(point_id))
    if point.plan is not None and (stands is None or stands.settings != point.plan):
        await plans.put(PlanOwner(point_id), point.plan, by, at)


async def _apply_pool(pool: PoolPlan, modems: Modems) -> None:
    await modems.add_pool(pool.name, pool.collector)
    for modem in pool.modems:
        await modems.add_own(
            pool.name,
            modem.url.text,
            pin=modem.pin,
            site=modem.site,
            phone=modem.phone,
            allowance=modem.sim.allowance,
            month_starts_on=modem.sim.month_starts_on,
        )


async def _describe(line_id: int, modem: Particulars, modems: Modems) -> None:
    await modems.describe(
        line_id,
        site=modem.site,
        phone=modem.phone,
        imei=modem.imei,
        iccid=modem.iccid,
        operator=modem.operator,
        allowance=modem.sim.allowance,
        month_starts_on=modem.sim.month_starts_on,
    )


async def _apply_line(
    line: LinePlan, points: Mapping[str, int], registry: Registry, components: Components
) -> int:
    line_id = await registry.add_line(line.url.text, line.url.endpoint, line.collector, line.url.pool)
    for meter in line.meters:
        meter_id = await registry.add_meter(
            meter.serial, meter.model, meter.address, line_id, meter.zone, polled=meter.polled
        )
        for component in meter.components:
            await components.put(meter_id, component)
        for measured in meter.measures:
            point = points[measured.usage_point]
            await registry.install(point, meter_id, measured.circuit, measured.since)
    return line_id

"""Carries a registry file into the database."""

from __future__ import annotations

from collections.abc import Mapping

from storage.usage_points import Registry
from teplo.registry_file import LinePlan, Registration


async def apply(registration: Registration, registry: Registry) -> None:
    """Register all of it; what is registered already keeps its id and takes the new particulars."""
    points = {}
    for site in registration.sites:
        site_id = await registry.add_site(site.code, site.name, site.address)
        for point in site.points:
            points[point.code] = await registry.add_usage_point(
                *(point.code, point.name, site_id, point.zone),
                factor_set=point.factor_set,
                billed_quantity=point.billed_quantity,
            )
    for line in registration.lines:
        await _apply_line(line, points, registry)


async def _apply_line(line: LinePlan, points: Mapping[str, int], registry: Registry) -> None:
    line_id = await registry.add_line(line.url.text, line.url.endpoint, line.collector)
    for meter in line.meters:
        meter_id = await registry.add_meter(meter.serial, meter.model, meter.address, line_id, meter.zone)
        for measured in meter.measures:
            point = points[measured.usage_point]
            await registry.install(point, meter_id, measured.circuit, measured.since)

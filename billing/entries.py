"""How far the readings for a month's bills have come, by service centre and district."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from billing.answers import calendar_of
from metering.billing_rules import BillingRule
from metering.billing_scope import BillingScope
from metering.plans import PollPlan
from metering.report_rows import DistrictEntries, Entry, entry_of_building
from storage.billed_points import BilledPoint, BilledPoints
from storage.billing_rules import BillingRules
from storage.pool import Database
from storage.report_data import Closing, ReportData

_PAGE: Final = 1000


class _Building(NamedTuple):
    service_centre: str
    district: str
    code: str


async def district_entries(
    database: Database, base_plan: PollPlan, scope: BillingScope, month: date
) -> list[DistrictEntries]:
    """By service centre and district; each point's bill closes by its own calendar.

    `base_plan` counts where neither a point nor a poll plan has a closing day.
    """
    points, data = BilledPoints(database), ReportData(database)
    rule_of = await BillingRules(database).in_force()
    buildings: dict[_Building, set[Entry]] = defaultdict(set)
    after = 0
    while page := await points.page(scope, month, after, _PAGE):
        after = page[-1].id
        closings = [_closing(one, base_plan, rule_of(one.service_centre), month) for one in page]
        entries = await data.entries(closings)
        for point in page:
            buildings[_building(point)].add(entries[point.id])
    return _counted(buildings)


def _closing(point: BilledPoint, base_plan: PollPlan, rule: BillingRule, month: date) -> Closing:
    period = point.period or calendar_of(point, base_plan).period(month)
    return Closing(point.id, point.billed_quantity, period.end, rule.tolerance)


def _building(point: BilledPoint) -> _Building:
    return _Building(point.service_centre, point.district, point.site_code)


def _counted(buildings: Mapping[_Building, Iterable[Entry]]) -> list[DistrictEntries]:
    counts: dict[tuple[str, str], Counter[Entry]] = defaultdict(Counter)
    for building, entries in buildings.items():
        counts[building.service_centre, building.district][entry_of_building(set(entries))] += 1
    return [
        DistrictEntries(*place, count[Entry.ENTERED], count[Entry.WITHDRAWN], count[Entry.WAITING])
        for place, count in sorted(counts.items())
    ]

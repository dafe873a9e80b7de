"""Lists of many places: entered readings, routes of engineers, verification dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Final, TypeVar

from fastapi import Query
from pydantic import Field

from api.errors import Conflict, InvalidRequest
from api.periods import MonthText, month_of
from api.printed.report import Desk
from api.schemas import LineText
from billing.entries import district_entries
from metering.areas import Area
from metering.billing_scope import BillingScope
from metering.problems import ProblemKind
from reports.sheet import Sheet
from reports.sheets import readings_entry as readings_entry_sheet
from reports.sheets import route_sheet
from reports.sheets import verification_due as verification_due_sheet
from storage.problems import Problems
from storage.report_data import Chosen, ReportData

Row = TypeVar("Row")

MOST_ROWS: Final = 5000
"""Of a sheet; more are printed by service centre or district."""
MOST_NAMED: Final = 500

Centre = Annotated[LineText | None, Query(description="Of this service centre only.")]
District = Annotated[LineText | None, Query(description="Of this district only.")]
Named = Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]


@dataclass(frozen=True, slots=True)
class MonthAsked:
    """`month`: its first day."""

    scope: BillingScope
    month: date


@dataclass(frozen=True, slots=True)
class RouteAsked:
    """Usage points by code and meters by serial; neither: all that have problems."""

    chosen: Chosen
    area: Area
    engineer: str
    day: date | None
    request: str


@dataclass(frozen=True, slots=True)
class DueAsked:
    """`until`: the last day that is looked at."""

    until: date
    area: Area


def month_asked(
    month: Annotated[MonthText, Query(description="Of the bill.", examples=["2026-01"])],
    service_centre: Centre = None,
    district: District = None,
) -> MonthAsked:
    """InvalidRequest where there is no such month."""
    return MonthAsked(BillingScope(Area.of(service_centre, district)), month_of(month))


def route_asked(
    points: Annotated[Named, Query(description="Codes of usage points, with commas between them.")] = "",
    meters: Annotated[Named, Query(description="Serial numbers of meters, with commas between them.")] = "",
    service_centre: Centre = None,
    district: District = None,
    engineer: Annotated[LineText, Query(description="Who goes; without a name a line to write on.")] = "",
    day: Annotated[Day | None, Query(description="When; without it a line to write on.")] = None,
    request: Annotated[LineText, Query(description="What is asked for at every one of the visits.")] = "",
) -> RouteAsked:
    """InvalidRequest when more are named than an engineer could ever visit."""
    chosen = Chosen(codes=_names(points), serials=_names(meters))
    if len(chosen.codes) + len(chosen.serials) > MOST_NAMED:
        raise InvalidRequest(f"A route sheet names at most {MOST_NAMED} usage points and meters.")
    return RouteAsked(chosen, Area.of(service_centre, district), engineer, day, request)


def due_asked(
    until: Annotated[Day, Query(description="The last day of validity that is listed.")],
    service_centre: Centre = None,
    district: District = None,
) -> DueAsked:
    """What ends until that day, and what is overdue."""
    return DueAsked(until, Area.of(service_centre, district))


async def readings_entry(desk: Desk, asked: MonthAsked) -> Sheet:
    """Over every building of the scope."""
    services = desk.services
    entries = await district_entries(services.database, services.base_plan, asked.scope, asked.month)
    return readings_entry_sheet.readings_entry(entries, asked.month, desk.language, desk.now, desk.translate)


async def route(desk: Desk, asked: RouteAsked) -> Sheet:
    """With what is the matter at each place, whether it was named or found."""
    problems = await _problems(desk)
    named = asked.chosen if asked.chosen.codes or asked.chosen.serials else Chosen(ids=list(problems))
    data = ReportData(desk.services.database)
    visits = _bounded(await data.visits(named, desk.now.date(), MOST_ROWS + 1, asked.area))
    with_reasons = [replace(one, reasons=tuple(problems.get(one.usage_point_id, ()))) for one in visits]
    sheet = route_sheet.Route(with_reasons, asked.engineer, asked.day, asked.request)
    return route_sheet.route_sheet(sheet, desk.language, desk.now, desk.translate)


async def verification_due(desk: Desk, asked: DueAsked) -> Sheet:
    """Of the components that are in use."""
    today = desk.now.date()
    data = ReportData(desk.services.database)
    components = _bounded(await data.due(asked.until, today, MOST_ROWS + 1, asked.area))
    return verification_due_sheet.verification_due(
        components, asked.until, today, desk.language, desk.now, desk.translate
    )


async def _problems(desk: Desk) -> Mapping[int, Collection[ProblemKind]]:
    """By usage point, the most urgent first."""
    found: dict[int, list[ProblemKind]] = defaultdict(list)
    services = desk.services
    for problem in await Problems(services.database, services.base_plan).list(services.now()):
        if problem.where.usage_point_id and problem.kind not in found[problem.where.usage_point_id]:
            found[problem.where.usage_point_id].append(problem.kind)
    return found


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _bounded(rows: list[Row]) -> list[Row]:
    if len(rows) > MOST_ROWS:
        raise Conflict(
            f"There are more than {MOST_ROWS} rows: ask for one service centre or district at a time."
        )
    return rows

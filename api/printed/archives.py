"""The archive of a meter: hours, days or months of a span."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query

from api.errors import InvalidRequest
from api.periods import Period
from api.printed.report import Desk
from api.routes.registry import existing_meter, existing_site
from api.schemas import Identifier
from api.services import Services
from metering.archives import ArchivedSlot, CircuitArchive, MeterArchive
from metering.calendar import ArchiveKind, BillingPeriod, MeterZone, slots
from metering.conditions import Condition
from metering.evidence import DISQUALIFYING
from reports.sheet import Sheet
from reports.sheets.archive_sheet import archive_sheet
from storage.conditions import ConditionKey
from storage.readings import ArchiveKey, ArchiveValue
from storage.registered import Installation, Meter

PAGE: Final = 1000


class Printable(StrEnum):
    """Archives of amounts; totals are levels, and have no sheet."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


LONGEST: Final = {
    Printable.HOUR: timedelta(days=62),
    Printable.DAY: timedelta(days=366),
    Printable.MONTH: timedelta(days=3660),
}
"""Of one sheet."""

Conditions = Mapping[tuple[datetime, int], frozenset[Condition]]
"""By slot start, UTC, and circuit."""


@dataclass(frozen=True, slots=True)
class ArchiveAsked:
    """One meter's archive within a period."""

    meter_id: int
    kind: ArchiveKind
    period: BillingPeriod


def archive_asked(
    meter_id: Identifier,
    period: Period,
    kind: Annotated[Printable, Query(description="Which archive.")] = Printable.HOUR,
) -> ArchiveAsked:
    """InvalidRequest when the span is longer than a sheet."""
    if period.end - period.start > LONGEST[kind]:
        raise InvalidRequest(
            f"A sheet of the {kind} archive holds at most {LONGEST[kind].days} days; ask for several."
        )
    return ArchiveAsked(meter_id, ArchiveKind(kind.value), period)


async def archive(desk: Desk, asked: ArchiveAsked) -> Sheet:
    """With every slot that there should be, recorded or not."""
    services = desk.services
    meter = await existing_meter(services, asked.meter_id)
    values, conditions = await _values(services, asked), await _conditions(services, asked)
    installed = await services.registry.installations_of_meter(meter.id)
    circuits = sorted({value.circuit for value in values} | {one.circuit for one in installed} or {1})
    found = [await _circuit(services, one, asked, meter, values, conditions, installed) for one in circuits]
    zone = MeterZone(meter.zone)
    start, end = zone.to_meter_time(asked.period.start), zone.to_meter_time(asked.period.end)
    told = MeterArchive(meter.serial, meter.model, meter.zone, asked.kind, start, end, tuple(found))
    return archive_sheet(told, desk.now, desk.language, desk.translate)


async def _circuit(
    services: Services,
    circuit: int,
    asked: ArchiveAsked,
    meter: Meter,
    values: Iterable[ArchiveValue],
    conditions: Conditions,
    installed: Sequence[Installation],
) -> CircuitArchive:
    recorded = [value for value in values if value.circuit == circuit]
    rows = tuple(_slots(asked, MeterZone(meter.zone), circuit, recorded, conditions))
    places = [one for one in installed if one.circuit == circuit and one.installed_at < asked.period.end]
    point = await services.registry.usage_point(places[-1].usage_point_id) if places else None
    if point is None:
        return CircuitArchive(circuit, rows)
    site = await existing_site(services, point.site_id)
    return CircuitArchive(circuit, rows, f"{point.code} {point.name}", site.address, point.contract)


def _slots(
    asked: ArchiveAsked,
    zone: MeterZone,
    circuit: int,
    recorded: Iterable[ArchiveValue],
    conditions: Conditions,
) -> Iterable[ArchivedSlot]:
    of_slot: dict[datetime, list[ArchiveValue]] = defaultdict(list)
    for value in recorded:
        of_slot[value.slot.start].append(value)
    first, last = zone.to_meter_time(asked.period.start), zone.to_meter_time(asked.period.end)
    for slot in slots(asked.kind, first, last):
        at = zone.slot(slot).start
        yield _slot(slot.start, of_slot.get(at, ()), conditions.get((at, circuit), frozenset()))


def _slot(start: datetime, values: Iterable[ArchiveValue], reported: frozenset[Condition]) -> ArchivedSlot:
    known = [value for value in values if value.value is not None]
    return ArchivedSlot(
        start,
        {one.quantity: one.value for one in known if one.value is not None},
        frozenset(one.quantity for one in known if one.flags),
        frozenset(one.quantity for one in known if one.flags & DISQUALIFYING),
        reported,
    )


async def _values(services: Services, asked: ArchiveAsked) -> list[ArchiveValue]:
    found: list[ArchiveValue] = []
    after: ArchiveKey | None = None
    while page := await services.readings.archive(
        asked.meter_id, asked.kind, asked.period.start, asked.period.end, after=after, limit=PAGE
    ):
        found.extend(page)
        after = page[-1].slot.start, page[-1].circuit, page[-1].quantity
    return found


async def _conditions(services: Services, asked: ArchiveAsked) -> Conditions:
    found: dict[tuple[datetime, int], set[Condition]] = defaultdict(set)
    after: ConditionKey | None = None
    while page := await services.conditions.of_meter(
        asked.meter_id, asked.period.start, asked.period.end, after=after, limit=PAGE
    ):
        for one in page:
            if one.kind is asked.kind:
                found[one.at, one.condition.circuit].add(one.condition)
        after = page[-1].key
    return {place: frozenset(conditions) for place, conditions in found.items()}

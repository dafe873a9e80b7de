"""The town as its utility has registered it: points with calendars, meters with components, acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from metering.acts import ActKind, Contents
from metering.calendar import MeterZone
from metering.components import Component, ComponentKind
from metering.readings import MeterValue
from storage.acts import Acts, NewAct
from storage.billing_periods import BillingPeriods
from storage.components import Components, StoredComponent
from storage.outdoor_temperatures import OutdoorTemperatures
from storage.pool import Database
from storage.replacements import NewMeter, Replacement, Replacements
from storage.usage_points import Registry
from tests.season.history import ENERGY, FIRST, LAST
from tests.season.town import (
    CLIMATE,
    CLOSING_DAYS,
    INSTALLED_AT,
    MONTHS,
    REPLACED_AT,
    VERIFIED_UNTIL,
    WITHDRAWN_AT,
    ZONE,
    Fate,
    Point,
    hours,
)

MODEL: Final = "kamstrup-multical-601"
LATER: Final = date(2027, 9, 30)
BY: Final = "Season"


@dataclass(frozen=True)
class Registered:
    """A point with its ids."""

    point: Point
    id: int
    meter_id: int
    line_id: int


async def register(points: Iterable[Point], database: Database) -> list[Registered]:
    """All of them, with the weather of their centres."""
    await _weather(database)
    return [await _register(point, database) for point in points]


async def replace_meter(one: Registered, database: Database) -> int:
    """The id of the meter that comes: one act, with the registers that were read off."""
    closing = MeterValue(ENERGY, "Gcal", one.point.level(REPLACED_AT))
    opening = MeterValue(ENERGY, "Gcal", Decimal(0))
    new = NewMeter(f"9{one.point.number:06}")
    act = Replacement(one.meter_id, new, REPLACED_AT, BY, REPLACED_AT, (closing,), (opening,))
    return (await Replacements(database).replace(act)).meter_id


async def withdraw(one: Registered, database: Database) -> None:
    await _act(one, ActKind.WITHDRAWAL, WITHDRAWN_AT, database)


async def _weather(database: Database) -> None:
    clock = MeterZone(ZONE).to_meter_time
    means = {at: CLIMATE.outdoor(clock(at)) for at in hours(FIRST, LAST)}
    await OutdoorTemperatures(database).put("", means)


async def _register(point: Point, database: Database) -> Registered:
    registry = Registry(database)
    site_id = await registry.add_site(
        f"S-{point.code}", point.code, district=f"{point.centre} 1", service_centre=point.centre
    )
    day = CLOSING_DAYS.get(point.centre)
    point_id = await registry.add_usage_point(
        point.code, point.code, site_id, ZONE, closing_day=day, closing_hour=None if day is None else 0
    )
    line_id = await registry.add_line(
        f"tcp://10.0.0.1:{10_000 + point.number}", f"10.0.0.1:{10_000 + point.number}"
    )
    meter_id = await registry.add_meter(f"{point.number:07}", MODEL, "1", line_id, ZONE)
    await registry.install(point_id, meter_id, 1, INSTALLED_AT)
    one = Registered(point, point_id, meter_id, line_id)
    await _admit(one, database)
    return one


async def _admit(one: Registered, database: Database) -> None:
    point = one.point
    due = VERIFIED_UNTIL if point.fate is Fate.UNVERIFIED else LATER
    calculator = Component(ComponentKind.CALCULATOR, "calculator", f"{point.number:07}", verification_due=due)
    await Components(database).put(one.meter_id, StoredComponent(calculator, date(2025, 9, 1)))
    if point.fate is not Fate.NEVER_ADMITTED:
        await _act(one, ActKind.ADMISSION, INSTALLED_AT, database)
    if point.centre not in CLOSING_DAYS:
        for month in MONTHS:
            await BillingPeriods(database).put(one.id, month, point.period(month))


async def _act(one: Registered, kind: ActKind, at: datetime, database: Database) -> None:
    contents = Contents(serial=f"{one.point.number:07}")
    await Acts(database).register(NewAct(kind, one.id, one.meter_id, at, contents, BY, at))

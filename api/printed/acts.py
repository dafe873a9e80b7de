"""Acts as forms to be signed, and the continuous-operation sheet of a usage point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query

from api.errors import NotFound
from api.printed.report import Desk
from api.routes.registry import existing_usage_point
from api.schemas import Identifier, Instant
from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from reports.sheet import Sheet
from reports.sheets.act_form import act_form
from reports.sheets.continuous_operation import continuous_operation
from storage.acts import Acts


@dataclass(frozen=True, slots=True)
class OperationAsked:
    """The hours right before an admission."""

    usage_point_id: int
    admitted_at: datetime


def operation_asked(
    usage_point_id: Identifier,
    admitted_at: Annotated[Instant, Query(description="The sheet ends with the whole hour before.")],
) -> OperationAsked:
    """A usage point, and when it is to be admitted."""
    return OperationAsked(usage_point_id, admitted_at)


def act_asked(act_id: Identifier) -> int:
    """An act."""
    return act_id


async def operation(desk: Desk, asked: OperationAsked) -> Sheet:
    """NotFound where no meter was ever installed."""
    point = await existing_usage_point(desk.services, asked.usage_point_id)
    try:
        metered = await desk.services.act_desk.point(point.id, asked.admitted_at)
    except ConfigurationError as error:
        raise NotFound(str(error)) from error
    sheet = await desk.services.act_desk.sheet(metered, asked.admitted_at)
    place, serial = f"{point.code} {point.name}", metered.registered.serial
    return continuous_operation(sheet, place, serial, metered.zone, desk.now, desk.language, desk.translate)


async def form(desk: Desk, act_id: int) -> Sheet:
    """NotFound when there is no such act."""
    act = await Acts(desk.services.database).get(act_id)
    if act is None:
        raise NotFound(f"There is no act {act_id}.")
    point = await existing_usage_point(desk.services, act.usage_point_id)
    at = MeterZone(point.zone).to_meter_time(act.at)
    return act_form(act.number, act.kind, at, act.contents, desk.now, desk.language, desk.translate)

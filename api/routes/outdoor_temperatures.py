"""Outdoor temperatures: what estimates and checks by the season rest on."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.cursors import CursorText, decode, encode, instant_in
from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.limits import PageSize
from api.periods import Period
from api.reported import ShortDecimal
from api.schemas import Amount, Instant, LineText, Page, Timestamp, known
from api.services import ServicesNeeded
from metering.errors import ConfigurationError
from storage.outdoor_temperatures import HourMean

_UNIT = "°C"

router = APIRouter(tags=["outdoor temperatures"])
Centre = Annotated[LineText, Query(description="Of this service centre; empty: everybody's.")]


class HourMeanIn(BaseModel):
    """The mean of the hour that starts at `at`."""

    model_config = ConfigDict(extra="forbid")

    at: Instant = Field(examples=["2026-01-24T00:00:00Z"])
    value: ShortDecimal = Field(examples=["-12.5"], description="Degrees Celsius.")


class TemperaturesIn(BaseModel):
    """Means of hours, of one service centre or everybody's."""

    model_config = ConfigDict(extra="forbid")

    service_centre: LineText = Field("", examples=["East"])
    source: LineText = Field("", examples=["airport"])
    hours: list[HourMeanIn] = Field(min_length=1, max_length=1000)


class HourMeanOut(BaseModel):
    """The mean of the hour that starts at `at`; `service_centre` empty: everybody's."""

    at: Timestamp
    temperature: Amount
    service_centre: str = Field(examples=["East"])
    source: str = Field(examples=["airport"])


@router.put("/outdoor-temperatures", status_code=204, dependencies=[Depends(allowed(Scope.READINGS_WRITE))])
async def put_outdoor_temperatures(services: ServicesNeeded, told: TemperaturesIn) -> None:
    """Stores them; an hour that was told before takes the new mean."""
    means = {one.at: Decimal(one.value) for one in told.hours}
    try:
        await services.outdoor_temperatures.put(told.service_centre, means, told.source)
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error


@router.get("/outdoor-temperatures", dependencies=[Depends(allowed(Scope.READINGS_READ))])
async def list_outdoor_temperatures(
    services: ServicesNeeded,
    period: Period,
    service_centre: Centre = "",
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[HourMeanOut]:
    """Hours of the period, oldest first; where the centre has none of its own, everybody's."""
    after = None if cursor is None else instant_in(decode(cursor, 1)[0])
    found = await services.outdoor_temperatures.range(
        service_centre, period.start, period.end, after=after, limit=limit
    )
    next_cursor = encode(found[-1].at) if len(found) == limit else None
    return Page(items=[_mean(one) for one in found], next_cursor=next_cursor)


def _mean(one: HourMean) -> HourMeanOut:
    return HourMeanOut(
        at=one.at,
        temperature=known(one.value, _UNIT),
        service_centre=one.service_centre,
        source=one.source,
    )

"""What is registered: usage points, meters, lines, and how each meter's last poll went."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.cursors import CursorText, after_id, decode_id
from api.errors import NotFound
from api.keys import AreaSeen, Scope, allowed
from api.limits import PageSize
from api.links import poll_link
from api.registry import (
    ServiceCentreOut,
    SiteOut,
    UsagePointOut,
    service_centre_out,
    site_out,
    usage_point_out,
)
from api.schemas import Identifier, Page, Timestamp
from api.services import Services, ServicesNeeded
from metering.polls import Outcome
from storage.polls import StoredPoll
from storage.registered import Installation, Line, Meter, Site, UsagePoint

router = APIRouter(tags=["registry"], dependencies=[Depends(allowed(Scope.REGISTRY_READ))])


class InstallationOut(BaseModel):
    """A meter's circuit measures a usage point from `installed_at` until before `removed_at`."""

    usage_point_id: int = Field(examples=[17])
    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    installed_at: Timestamp
    removed_at: Timestamp | None = Field(examples=[None])


class UsagePointDetail(UsagePointOut):
    """A usage point with every meter that ever measured it, oldest first."""

    site: SiteOut
    installations: list[InstallationOut]


class LastPoll(BaseModel):
    """How the meter's newest poll ended."""

    id: str = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    started_at: Timestamp
    outcome: Outcome = Field(examples=[Outcome.OK])
    message: str = Field(examples=[""])
    link: str = Field(examples=["/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8057"])


class MeterOut(BaseModel):
    """A meter on a line. One that is not `polled` is kept for its history."""

    id: int = Field(examples=[42])
    serial: str = Field(examples=["06855817"])
    model: str = Field(examples=["kamstrup-multical-403"])
    address: str = Field(examples=["74"])
    line_id: int = Field(examples=[5])
    zone: str = Field(examples=["+05:00"])
    polled: bool = Field(examples=[True])
    last_poll: LastPoll | None = Field(description="Null when the meter was never polled.")


class MeterDetail(MeterOut):
    """A meter with the age of its newest current values and every place where it was installed."""

    last_reading_at: Timestamp | None = Field(description="Null when no current values were ever read.")
    last_reading_age_seconds: int | None = Field(examples=[540], description="Seconds until now.")
    installations: list[InstallationOut]


class LineOut(BaseModel):
    """A line; `collector` is set when only that collector can open it."""

    id: int = Field(examples=[5])
    url: str = Field(examples=["tcp://10.0.0.5:4001"])
    collector: str | None = Field(examples=[None])
    pool: str | None = Field(
        examples=[None], description="The pool of our modems through which it is called; null: it is not."
    )


@router.get("/service-centres")
async def list_service_centres(services: ServicesNeeded, area: AreaSeen) -> list[ServiceCentreOut]:
    """Every service centre with its districts, by name."""
    return [service_centre_out(one) for one in await services.service_centres.list(area)]


@router.get("/sites")
async def list_sites(
    services: ServicesNeeded, area: AreaSeen, cursor: CursorText = None, limit: PageSize = 100
) -> Page[SiteOut]:
    """Places that are heated, by id."""
    items = [site_out(site) for site in await services.registry.sites(decode_id(cursor), limit, area)]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/usage-points")
async def list_usage_points(
    services: ServicesNeeded, area: AreaSeen, cursor: CursorText = None, limit: PageSize = 100
) -> Page[UsagePointOut]:
    """Usage points by id."""
    points = await services.registry.usage_points(decode_id(cursor), limit, area)
    items = [usage_point_out(point) for point in points]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/usage-points/{usage_point_id}")
async def get_usage_point(services: ServicesNeeded, usage_point_id: Identifier) -> UsagePointDetail:
    """One usage point with its meters."""
    point = await existing_usage_point(services, usage_point_id)
    site = await existing_site(services, point.site_id)
    installations = await services.registry.installations(usage_point_id)
    return UsagePointDetail(
        **usage_point_out(point).model_dump(),
        site=site_out(site),
        installations=[_installation(i) for i in installations],
    )


@router.get("/meters")
async def list_meters(
    services: ServicesNeeded, area: AreaSeen, cursor: CursorText = None, limit: PageSize = 100
) -> Page[MeterOut]:
    """Meters by id, those that are not polled included."""
    meters = await services.registry.meters(decode_id(cursor), limit, area)
    polls = await services.polls.last_poll_per_meter()
    items = [_meter(meter, polls.get(meter.id)) for meter in meters]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/meters/{meter_id}")
async def get_meter(services: ServicesNeeded, meter_id: Identifier) -> MeterDetail:
    """One meter: is it read, and how old is what is known of it?"""
    meter = await existing_meter(services, meter_id)
    polls = await services.polls.list(meter_id=meter_id, limit=1)
    snapshot = await services.readings.latest_snapshot(meter_id)
    read_at = snapshot[0].read_at if snapshot else None
    installations = await services.registry.installations_of_meter(meter_id)
    return MeterDetail(
        **_meter(meter, polls[0] if polls else None).model_dump(),
        last_reading_at=read_at,
        last_reading_age_seconds=_age(read_at, services.now()),
        installations=[_installation(i) for i in installations],
    )


@router.get("/lines/{line_id}")
async def get_line(services: ServicesNeeded, line_id: Identifier) -> LineOut:
    """One line."""
    line = await existing_line(services, line_id)
    return LineOut(id=line.id, url=line.url, collector=line.collector, pool=line.pool)


async def existing_usage_point(services: Services, usage_point_id: int) -> UsagePoint:
    """The usage point; NotFound when there is none."""
    point = await services.registry.usage_point(usage_point_id)
    if point is None:
        raise NotFound(f"There is no usage point {usage_point_id}.")
    return point


async def existing_site(services: Services, site_id: int) -> Site:
    """The site; NotFound when there is none."""
    site = await services.registry.site(site_id)
    if site is None:
        raise NotFound(f"There is no site {site_id}.")
    return site


async def existing_meter(services: Services, meter_id: int) -> Meter:
    """The meter; NotFound when there is none."""
    meter = await services.registry.meter(meter_id)
    if meter is None:
        raise NotFound(f"There is no meter {meter_id}.")
    return meter


async def existing_line(services: Services, line_id: int) -> Line:
    """The line; NotFound when there is none."""
    line = await services.registry.line(line_id)
    if line is None:
        raise NotFound(f"There is no line {line_id}.")
    return line


def _installation(installation: Installation) -> InstallationOut:
    return InstallationOut(**asdict(installation))


def _meter(meter: Meter, poll: StoredPoll | None) -> MeterOut:
    return MeterOut(**asdict(meter), last_poll=_last_poll(poll) if poll else None)


def _last_poll(poll: StoredPoll) -> LastPoll:
    return LastPoll(
        id=str(poll.id),
        started_at=poll.started_at,
        outcome=poll.outcome,
        message=poll.message,
        link=poll_link(poll.id),
    )


def _age(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else int((now - at).total_seconds())

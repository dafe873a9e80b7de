"""Poll plans: when a usage point's meters are asked, how far back, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from api.cursors import CursorText, after_id, decode_id
from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.limits import PageSize
from api.routes.registry import existing_usage_point
from api.schemas import Identifier, Page, Timestamp
from api.services import Services, ServicesNeeded
from metering.errors import ConfigurationError
from metering.plan_settings import SETTINGS, checked, settings_of
from metering.plans import PollPlan
from metering.written_settings import LONGEST_TEXT
from storage.keys import ApiKey
from storage.plans import PlanOwner, PlanSettings

router = APIRouter(tags=["poll plans"])
_reading = [Depends(allowed(Scope.REGISTRY_READ))]
ChangingKey = Annotated[ApiKey, Depends(allowed(Scope.PLANS_WRITE))]

_EXAMPLE: Final = {"every": "6h", "window": "22-5", "hour.depth": 1080}
_NAMES: Final = f"By name: {', '.join(SETTINGS)}."
SettingIn = StrictInt | Annotated[str, StringConstraints(strict=True, max_length=LONGEST_TEXT)]


class PlanIn(BaseModel):
    """Settings that are to stand at a usage point; what is not named is the model's or everybody's."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, SettingIn] = Field(max_length=len(SETTINGS), examples=[_EXAMPLE], description=_NAMES)


class MeterPlanOut(BaseModel):
    """The whole plan by which a meter is polled."""

    meter_id: int = Field(examples=[42])
    serial: str = Field(examples=["06855817"])
    model: str = Field(examples=["kamstrup-multical-403"])
    settings: dict[str, int | str] = Field(examples=[settings_of(PollPlan())], description=_NAMES)


class PointPlanOut(BaseModel):
    """A usage point's own settings, and the plans that they make with the model's and everybody's."""

    usage_point_id: int = Field(examples=[17])
    settings: dict[str, int | str] = Field(examples=[_EXAMPLE], description="Empty: it has none of its own.")
    changed_by: str | None = Field(examples=["A. Serikova"])
    changed_at: Timestamp | None
    meters: list[MeterPlanOut] = Field(description="Those that are installed there now.")


class PlanSettingsOut(BaseModel):
    """Settings that stand at one place; everybody's when neither usage point nor model is named."""

    id: int = Field(examples=[3])
    usage_point_id: int | None = Field(examples=[None])
    model: str | None = Field(examples=["kamstrup-multical-403"])
    settings: dict[str, int | str] = Field(examples=[_EXAMPLE])
    changed_by: str = Field(examples=["A. Serikova"])
    changed_at: Timestamp


@router.get("/poll-plans", dependencies=_reading)
async def list_poll_plans(
    services: ServicesNeeded, cursor: CursorText = None, limit: PageSize = 100
) -> Page[PlanSettingsOut]:
    """Every place at which settings stand: everybody's, those of models and of usage points, by id."""
    items = [_place(one) for one in await services.plans.list(decode_id(cursor), limit)]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/usage-points/{usage_point_id}/poll-plan", dependencies=_reading)
async def get_poll_plan(services: ServicesNeeded, usage_point_id: Identifier) -> PointPlanOut:
    """By which plan the meters of a usage point are polled."""
    await existing_usage_point(services, usage_point_id)
    return await _point_plan(services, usage_point_id)


@router.put("/usage-points/{usage_point_id}/poll-plan")
async def put_poll_plan(
    services: ServicesNeeded, key: ChangingKey, usage_point_id: Identifier, plan: PlanIn
) -> PointPlanOut:
    """From now on these settings and no others are the usage point's own; the key's name is journalled."""
    await existing_usage_point(services, usage_point_id)
    settings = _checked(plan.settings)
    await services.plans.put(PlanOwner(usage_point_id), settings, key.name, services.now())
    return await _point_plan(services, usage_point_id)


@router.delete("/usage-points/{usage_point_id}/poll-plan", status_code=204)
async def delete_poll_plan(services: ServicesNeeded, key: ChangingKey, usage_point_id: Identifier) -> None:
    """From now on the usage point has no settings of its own; it may have had none before."""
    await existing_usage_point(services, usage_point_id)
    await services.plans.remove(PlanOwner(usage_point_id), key.name, services.now())


def _checked(settings: Mapping[str, object]) -> Mapping[str, object]:
    try:
        return checked(settings)
    except ConfigurationError as error:
        raise InvalidRequest(str(error)) from error


async def _point_plan(services: Services, usage_point_id: int) -> PointPlanOut:
    own = await services.plans.get(PlanOwner(usage_point_id))
    meters = await services.plans.of_usage_point(usage_point_id, services.base_plan)
    return PointPlanOut(
        usage_point_id=usage_point_id,
        settings=dict(own.settings or {}) if own else {},
        changed_by=own.changed_by if own else None,
        changed_at=own.changed_at if own else None,
        meters=[
            MeterPlanOut(
                meter_id=one.meter_id,
                serial=one.serial,
                model=one.model,
                settings=dict(settings_of(one.plan)),
            )
            for one in meters
        ],
    )


def _place(one: PlanSettings) -> PlanSettingsOut:
    return PlanSettingsOut(
        id=one.id,
        usage_point_id=one.owner.usage_point_id,
        model=one.owner.model,
        settings=dict(one.settings or {}),
        changed_by=one.changed_by,
        changed_at=one.changed_at,
    )

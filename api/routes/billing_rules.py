"""The utility's rules of billing: everybody's, and those of service centres laid over them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.schemas import LineText, Timestamp
from api.services import ServicesNeeded
from metering.billing_rules import SETTINGS, BillingRule, settings_of
from metering.errors import ConfigurationError
from metering.written_settings import LONGEST_TEXT
from storage.billing_rules import RuleSettings
from storage.keys import ApiKey

router = APIRouter(tags=["billing rules"])
ChangingKey = Annotated[ApiKey, Depends(allowed(Scope.RULES_WRITE))]

_EXAMPLE: Final = {"tolerance": "1d12h", "acts_required": "yes"}
_NAMES: Final = f"By name: {', '.join(SETTINGS)}."
SettingIn = StrictInt | Annotated[str, StringConstraints(strict=True, max_length=LONGEST_TEXT)]
Centre = Annotated[LineText, Query(description="Name of a service centre; empty: everybody's.")]


class RuleIn(BaseModel):
    """Settings that are to stand; what is not named is everybody's, or the usual."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, SettingIn] = Field(max_length=len(SETTINGS), examples=[_EXAMPLE], description=_NAMES)


class RuleOut(BaseModel):
    """Settings of a service centre or everybody, and the whole rule that they make."""

    service_centre: str = Field(examples=["East"], description="Empty: everybody's.")
    settings: dict[str, int | str] = Field(examples=[_EXAMPLE], description="Empty: it has none of its own.")
    rule: dict[str, int | str] = Field(examples=[dict(settings_of(BillingRule()))], description=_NAMES)
    changed_by: str | None = Field(examples=["A. Serikova"])
    changed_at: Timestamp | None


@router.get("/billing-rules", dependencies=[Depends(allowed(Scope.BILLING_READ))])
async def get_billing_rule(services: ServicesNeeded, service_centre: Centre = "") -> RuleOut:
    """By which rule points of a service centre are billed, or those of centres without settings."""
    return await _rule(services, service_centre)


@router.put("/billing-rules")
async def put_billing_rule(
    services: ServicesNeeded, key: ChangingKey, rule: RuleIn, service_centre: Centre = ""
) -> RuleOut:
    """From now on these settings and no others stand there; bills that are frozen stay as they are."""
    try:
        await services.billing_rules.put(service_centre, rule.settings, key.name, services.now())
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    return await _rule(services, service_centre)


async def _rule(services: ServicesNeeded, service_centre: str) -> RuleOut:
    stands = {one.service_centre: one for one in await services.billing_rules.all()}
    own: RuleSettings | None = stands.get(service_centre)
    in_force = await services.billing_rules.in_force()
    return RuleOut(
        service_centre=service_centre,
        settings=dict(own.settings) if own else {},
        rule=dict(settings_of(in_force(service_centre))),
        changed_by=own.changed_by if own else None,
        changed_at=own.changed_at if own else None,
    )

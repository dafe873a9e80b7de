"""The caller's key: its scopes, and the places that it sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.access import Caller
from api.errors import InvalidRequest, MissingScope, NoKey, NotFound, OutOfSight
from api.services import Services, ServicesNeeded
from metering.areas import Area
from storage.keys import ApiKey, Place
from storage.pool import acting


class Scope(StrEnum):
    """What an API key allows; a key allows nothing that it does not name."""

    REGISTRY_READ = "registry:read"
    REGISTRY_WRITE = "registry:write"
    READINGS_READ = "readings:read"
    READINGS_WRITE = "readings:write"
    BILLING_READ = "billing:read"
    BILLING_RUN = "billing:run"
    WEBHOOKS_WRITE = "webhooks:write"
    RULES_WRITE = "rules:write"
    POLLS_READ = "polls:read"
    POLLS_WRITE = "polls:write"
    POLLS_DECIDE = "polls:decide"
    PLANS_WRITE = "plans:write"
    MODEMS_READ = "modems:read"
    MODEMS_WRITE = "modems:write"
    SURVEYS_WRITE = "surveys:write"
    ACTS_READ = "acts:read"
    ACTS_WRITE = "acts:write"
    AUDIT_READ = "audit:read"
    REPORTS_READ = "reports:read"


_bearer = HTTPBearer(auto_error=False, scheme_name="API key", description="`Authorization: Bearer <key>`")


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerNeeded = Annotated[Caller, Depends(_caller)]


async def _key(
    request: Request,
    services: ServicesNeeded,
    caller: CallerNeeded,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> ApiKey:
    if credentials is None:
        raise NoKey("This needs an API key, and the request carries none.")
    key = await services.keys.find(credentials.credentials)
    if key is None:
        raise NoKey("This API key is not known or was revoked.")
    caller.key = key
    request.app.state.rates.count(key)
    acting(key.name)
    if not key.area.is_everything:
        await _within_sight(services, key, request)
    return key


PLACES: Final[Mapping[str, Place]] = {
    "usage_point_id": Place.USAGE_POINT,
    "meter_id": Place.METER,
    "line_id": Place.LINE,
    "poll_id": Place.POLL,
    "request_id": Place.POLL_REQUEST,
    "act_id": Place.ACT,
    "reading_id": Place.REPORTED_READING,
    "event_id": Place.REGISTER_EVENT,
    "number": Place.BILLING_RUN,
}
"""By the name of a path's parameter, what a key with service centres or districts must see."""
_UUIDS: Final = (Place.POLL, Place.POLL_REQUEST)


async def _within_sight(services: Services, key: ApiKey, request: Request) -> None:
    """What lies elsewhere is not there; what is neither in a place nor narrowed to the area is refused."""
    named = {name: place for name, place in PLACES.items() if name in request.path_params}
    if not named and not narrows(request.scope["route"].dependant):
        raise OutOfSight(
            f"The key {key.name!r} sees {key.area} alone; this operation answers for the whole utility."
        )
    for name, place in named.items():
        text = request.path_params[name]
        identifier = _identifier(place, text)
        if identifier is None or not await services.keys.lies_in(key.area, place, identifier):
            raise _unseen(place, text)


def _identifier(place: Place, text: str) -> int | UUID | None:
    if place not in _UUIDS:
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
    try:
        return UUID(text)
    except ValueError:
        return None


async def seen(services: Services, area: Area, place: Place, identifier: int) -> None:
    """InvalidRequest when that lies elsewhere: for what is named in a body or a query."""
    if not await services.keys.lies_in(area, place, identifier):
        raise InvalidRequest(str(_unseen(place, str(identifier))))


def _unseen(place: Place, text: str) -> NotFound:
    return NotFound(f"There is no {place.replace('_', ' ')} {text}.")


def _area(key: Annotated[ApiKey, Depends(_key)]) -> Area:
    return key.area


AreaSeen = Annotated[Area, Depends(_area)]
"""Where everything is that the key sees. An operation that asks for it answers of nothing else: without it,
or a place in its path, it is refused to keys that do not see everything."""


def narrows(dependant: Dependant) -> bool:
    """Whether an operation asks for the key's area."""
    return any(one.call is _area or narrows(one) for one in dependant.dependencies)


BILLING: Final = (Scope.BILLING_READ,)
"""What is read with these is recorded."""


def allowed(scope: Scope) -> Callable[..., Awaitable[ApiKey]]:
    """A dependency that gives the caller's key, when it has this scope."""

    async def key_with_scope(key: Annotated[ApiKey, Depends(_key)], caller: CallerNeeded) -> ApiKey:
        caller.is_billing = scope in BILLING
        if scope not in key.scopes:
            raise MissingScope(f"This needs the scope {scope}; the key {key.name!r} does not have it.")
        return key

    return key_with_scope


BillingKey = Annotated[ApiKey, Depends(allowed(Scope.BILLING_READ))]


def _billing_caller(key: BillingKey, caller: CallerNeeded) -> Caller:
    return caller


BillingCaller = Annotated[Caller, Depends(_billing_caller)]
"""Who reads of billing, to be told what was answered."""

"""What the routes work with: the repositories, the clock, and the caller's key with its scopes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import StringConstraints

from api.access import Caller
from api.errors import InvalidRequest, MissingScope, NoKey, NotFound, OutOfSight
from api.limits import LONGEST_PERIOD
from api.schemas import Instant
from billing.acts import ActDesk
from billing.answers import Answers
from metering.areas import Area
from metering.calendar import BillingPeriod
from metering.plans import PollPlan
from metering.surveys import SurveyRule
from storage.access_log import AccessLog
from storage.acts import Acts
from storage.billing_periods import BillingPeriods
from storage.billing_rules import BillingRules
from storage.billing_runs import BillingRuns
from storage.books import Books
from storage.calls import Calls
from storage.completeness import Completeness
from storage.components import Components
from storage.conditions import Conditions
from storage.decisions import Decisions
from storage.held import Held
from storage.jobs import Jobs
from storage.journal import Journal
from storage.keys import ApiKey, ApiKeys, Place
from storage.line_states import LineStates
from storage.modem_reports import ModemReports
from storage.modems import Modems
from storage.outcome_counts import OutcomeCounts
from storage.outdoor_temperatures import OutdoorTemperatures
from storage.plans import Plans
from storage.poll_requests import PollRequests
from storage.polls import Polls
from storage.pool import Database, acting
from storage.quarantine import Quarantine
from storage.readings import Readings
from storage.register_events import RegisterEvents
from storage.registers import Registers
from storage.replacements import Replacements
from storage.reported_imports import ReportedImports
from storage.reported_readings import ReportedReadings
from storage.service_centres import ServiceCentres
from storage.signals import Signals
from storage.surveys import Surveys
from storage.usage_points import Registry
from storage.webhooks import Webhooks

Clock = Callable[[], datetime]
"""The present instant, aware UTC."""


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


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the routes need.

    `survey_rule` judges every signal survey that does not bring its own; `base_plan` is what settings of
    poll plans are laid over.
    """

    database: Database
    now: Clock
    survey_rule: SurveyRule
    base_plan: PollPlan

    @property
    def acts(self) -> Acts:
        return Acts(self.database)

    @property
    def act_desk(self) -> ActDesk:
        return ActDesk(self.database, self.survey_rule)

    @property
    def service_centres(self) -> ServiceCentres:
        return ServiceCentres(self.database)

    @property
    def components(self) -> Components:
        return Components(self.database)

    @property
    def replacements(self) -> Replacements:
        return Replacements(self.database)

    @property
    def journal(self) -> Journal:
        return Journal(self.database)

    @property
    def registry(self) -> Registry:
        return Registry(self.database)

    @property
    def polls(self) -> Polls:
        return Polls(self.database)

    @property
    def plans(self) -> Plans:
        return Plans(self.database)

    @property
    def poll_requests(self) -> PollRequests:
        return PollRequests(self.database)

    @property
    def readings(self) -> Readings:
        return Readings(self.database)

    @property
    def registers(self) -> Registers:
        return Registers(self.database)

    @property
    def register_events(self) -> RegisterEvents:
        return RegisterEvents(self.database)

    @property
    def reported_readings(self) -> ReportedReadings:
        return ReportedReadings(self.database)

    @property
    def reported_imports(self) -> ReportedImports:
        return ReportedImports(self.database)

    @property
    def outdoor_temperatures(self) -> OutdoorTemperatures:
        return OutdoorTemperatures(self.database)

    @property
    def conditions(self) -> Conditions:
        return Conditions(self.database)

    @property
    def billing_runs(self) -> BillingRuns:
        return BillingRuns(self.database)

    @property
    def webhooks(self) -> Webhooks:
        return Webhooks(self.database)

    @property
    def answers(self) -> Answers:
        return Answers(self.database, self.now, self.base_plan)

    @property
    def billing_rules(self) -> BillingRules:
        return BillingRules(self.database)

    @property
    def billing_periods(self) -> BillingPeriods:
        return BillingPeriods(self.database)

    @property
    def keys(self) -> ApiKeys:
        return ApiKeys(self.database)

    @property
    def access_log(self) -> AccessLog:
        return AccessLog(self.database)

    @property
    def jobs(self) -> Jobs:
        return Jobs(self.database)

    @property
    def modems(self) -> Modems:
        return Modems(self.database)

    @property
    def signals(self) -> Signals:
        return Signals(self.database)

    @property
    def calls(self) -> Calls:
        return Calls(self.database)

    @property
    def quarantine(self) -> Quarantine:
        return Quarantine(self.database)

    @property
    def held(self) -> Held:
        return Held(self.database)

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.database)

    @property
    def surveys(self) -> Surveys:
        return Surveys(self.database)

    @property
    def books(self) -> Books:
        return Books(self.database)

    @property
    def line_states(self) -> LineStates:
        return LineStates(self.database)

    @property
    def completeness(self) -> Completeness:
        return Completeness(self.database, self.base_plan)

    @property
    def outcome_counts(self) -> OutcomeCounts:
        return OutcomeCounts(self.database)

    @property
    def modem_reports(self) -> ModemReports:
        return ModemReports(self.database)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesNeeded = Annotated[Services, Depends(_services)]

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
    """NotFound when that lies elsewhere: for what is named in a body or a query."""
    if not await services.keys.lies_in(area, place, identifier):
        raise _unseen(place, str(identifier))


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


_MONTH: Final = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])")
MonthText = Annotated[str, StringConstraints(max_length=7)]


def month_of(text: str) -> date:
    """The first day of a month written like 2026-01; InvalidRequest for anything else."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise InvalidRequest(f"{text!r} is no month; write it like 2026-01.")
    return date(int(found[1]), int(found[2]), 1)


def _start(described: str = "Start of the period, included.") -> Any:
    return Query(alias="from", description=described, examples=["2026-01-01T00:00:00Z"])


def _end(described: str = "End of the period, not included.") -> Any:
    return Query(alias="to", description=described, examples=["2026-02-01T00:00:00Z"])


def _period(start: Annotated[Instant, _start()], end: Annotated[Instant, _end()]) -> BillingPeriod:
    if end <= start:
        raise InvalidRequest(f"`to` must be later than `from`: {start.isoformat()} .. {end.isoformat()}.")
    if end - start > LONGEST_PERIOD:
        raise InvalidRequest(f"A period may have at most {LONGEST_PERIOD.days} days; ask for several.")
    return BillingPeriod(start, end)


def _billed(
    start: Annotated[Instant | None, _start("Start of one period for all points, included.")] = None,
    end: Annotated[Instant | None, _end("End of that period, not included.")] = None,
    month: Annotated[
        MonthText | None,
        Query(
            description="Instead of `from` and `to`: the bill of this month, by each point's own calendar.",
            examples=["2026-01"],
        ),
    ] = None,
) -> date | BillingPeriod:
    if month is None and start is not None and end is not None:
        return _period(start, end)
    if month is not None and start is None and end is None:
        return month_of(month)
    raise InvalidRequest("query: write `from` and `to`, or `month`; a period has both ends, a month neither.")


Period = Annotated[BillingPeriod, Depends(_period)]
"""The half-open period [from, to) of the query."""
Billed = Annotated[date | BillingPeriod, Depends(_billed)]
"""What is to be billed: the period [from, to) of the query, or the first day of its month."""

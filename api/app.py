"""The application: routes, errors and documentation put together."""

from __future__ import annotations

from asyncio import Lock
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api import documentation, errors, openapi
from api.audit import AccessBook, Audit
from api.languages import Translators, source_texts
from api.limits import BodyLimit
from api.links import PREFIX
from api.metrics import Metrics
from api.outlooks import Foretell, untold
from api.rates import Rates
from api.registry_imports import UNJUDGED
from api.routes import (
    access_log,
    act_drafts,
    acts,
    allocations,
    billing_files,
    billing_periods,
    billing_rules,
    billing_runs,
    completeness,
    components,
    conditions,
    consumption,
    consumption_csv,
    gaps,
    health,
    held,
    hours,
    lines,
    meter_replacements,
    metrics,
    modem_history,
    modem_reports,
    modems,
    outcomes,
    outdoor_temperatures,
    plans,
    poll_requests,
    polls,
    problems,
    provenance,
    readings,
    register_events,
    registry,
    registry_changes,
    registry_import,
    reported_readings,
    reports,
    signal_surveys,
    strangers,
    usage_point_changes,
    webhooks,
)
from api.services import Clock, Services
from api.watchers import Watchers
from billing.registry_table.checking import Judge
from metering.plans import PollPlan
from metering.surveys import SurveyRule
from storage.pool import Database

_RULE: Final = SurveyRule()
_PLAN: Final = PollPlan()
_ROUTES: Final = (
    access_log,
    registry,
    usage_point_changes,
    components,
    meter_replacements,
    registry_import,
    registry_changes,
    readings,
    hours,
    conditions,
    gaps,
    polls,
    poll_requests,
    plans,
    held,
    outcomes,
    completeness,
    problems,
    lines,
    consumption,
    consumption_csv,
    billing_rules,
    billing_periods,
    billing_files,
    billing_runs,
    provenance,
    webhooks,
    modems,
    modem_history,
    strangers,
    modem_reports,
    signal_surveys,
    reported_readings,
    outdoor_temperatures,
    register_events,
    act_drafts,
    acts,
    allocations,
    reports,
)

_DESCRIPTION: Final = """Readings of heat meters, what was consumed in a billing period, and how well the
meters' modems are reached.

Every number is an exact decimal as text beside its unit; every time is RFC 3339 in UTC; what is absent is
null with the reason. Errors are problem documents (RFC 9457)."""


def create_app(
    database: Database,
    *,
    now: Clock,
    survey_rule: SurveyRule = _RULE,
    base_plan: PollPlan = _PLAN,
    translators: Translators = source_texts,
    foretell: Foretell = untold,
    judge: Judge = UNJUDGED,
) -> FastAPI:
    """The API on an open database.

    `survey_rule` is the utility's; `base_plan` the collectors', over which settings of poll plans are laid;
    `translators` give the texts for people in other languages than English; `foretell` tells what lies ahead
    of a line; `judge` knows what lines and meters can be.
    """
    services = Services(database, now, survey_rule, base_plan)
    return served(routed(), services, translators, foretell, judge)


def routed() -> FastAPI:
    """Every route, and nothing yet to answer from."""
    app = FastAPI(
        title="Teplo",
        generate_unique_id_function=_operation_id,
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(Audit)
    errors.install(app)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(documentation.router)
    app.include_router(_version_1())
    openapi.install(app)
    return app


def served(
    app: FastAPI,
    services: Services,
    translators: Translators = source_texts,
    foretell: Foretell = untold,
    judge: Judge = UNJUDGED,
) -> FastAPI:
    """The same routes; from now on they answer from these services."""
    app.state.services = services
    app.state.metrics = Metrics(services)
    app.state.rates = Rates()
    app.state.watchers = Watchers()
    app.state.importing = Lock()
    app.state.access_book = AccessBook(services.access_log)
    app.state.translators = translators
    app.state.foretell = foretell
    app.state.judge = judge
    return app


def _version_1() -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    for routes in _ROUTES:
        router.include_router(routes.router)
    return router


def _operation_id(route: APIRoute) -> str:
    return route.name

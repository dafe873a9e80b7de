"""What the routes work with: the repositories over one database, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from billing.acts import ActDesk
from billing.answers import Answers
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
from storage.keys import ApiKeys
from storage.line_states import LineStates
from storage.modem_reports import ModemReports
from storage.modems import Modems
from storage.outcome_counts import OutcomeCounts
from storage.outdoor_temperatures import OutdoorTemperatures
from storage.plans import Plans
from storage.poll_requests import PollRequests
from storage.polls import Polls
from storage.pool import Database
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

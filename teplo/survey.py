"""Taking a signal survey: with a modem at hand, or over a line that a collector serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from collector.line_settings import LineSettings
from collector.links import Link
from collector.links.url import LineUrl
from collector.session import Session
from collector.survey import SurveyPlan, take_samples
from metering.errors import ConfigurationError, LineError
from metering.modems import ModemIdentity
from metering.readings import Record
from metering.signals import SignalReport
from metering.surveys import Sample, SurveyRule, judge
from protocols import at_commands
from protocols.at_commands import ModemSettings
from storage.surveys import Survey, SurveyRequest, Surveys
from storage.usage_points import Registry
from teplo.composition import clock
from teplo.settings import Settings
from teplo.survey_report import LONGEST_TEXT, Place, TakenSurvey

AT_TIMES: Final = LineSettings(timeout=5.0, gap=0.3, attempts=1, quiet=0.0)
"""The conversations keep the pauses that a modem needs."""

Told = Callable[[Sample], None]


def rule_of(settings: Settings) -> SurveyRule:
    """The utility's rule; ConfigurationError when its figures contradict each other."""
    try:
        return SurveyRule(
            adequate=settings.survey_adequate,
            marginal=settings.survey_marginal,
            steady=settings.survey_steady,
            losses=settings.survey_losses,
            marginal_losses=settings.survey_marginal_losses,
            fewest=settings.survey_fewest,
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"The TEPLO_SURVEY_ settings contradict each other. {error}") from error


async def survey_modem(
    link: Link, pin: str, plan: SurveyPlan, place: Place, rule: SurveyRule, told: Told
) -> TakenSurvey:
    """Ask the modem on this port, not yet open; what nobody said of operator and SIM, the modem says."""
    await link.open()
    try:
        session = Session(link, settings=AT_TIMES, now=clock)
        await session.run(at_commands.probe(), _nothing)
        identity = await session.run(at_commands.initialise(ModemSettings(pin, bearer="")), _nothing)

        async def ask() -> SignalReport:
            return await session.run(at_commands.signal(), _nothing)

        started_at = clock()
        samples = tuple(await take_samples(ask, plan, clock, told))
    finally:
        await link.close()
    known = _known(place, identity, samples)
    return TakenSurvey(link.description, known, started_at, clock(), samples, judge(samples, rule))


async def keep(survey: TakenSurvey, surveys: Surveys, *, line_id: int | None = None) -> UUID:
    """Store a survey that was taken with a modem at hand."""
    plan = SurveyPlan(len(survey.samples))
    identifier = await surveys.request(
        _request(survey.url, line_id, plan, survey.place, survey.findings.rule, survey.started_at)
    )
    await surveys.start(identifier, survey.started_at)
    await surveys.finish(identifier, survey.finished_at, survey.findings, survey.samples)
    return identifier


async def request(
    url: LineUrl, plan: SurveyPlan, place: Place, rule: SurveyRule, registry: Registry, surveys: Surveys
) -> tuple[UUID, int]:
    """Ask for a survey over a registered line: its id and the line's."""
    line = await registry.line_at(url.endpoint)
    if line is None:
        raise ConfigurationError(
            f"No line {url.text} is registered. Register it first (`teplo register`), or survey with a modem "
            "at hand: teplo signal survey serial:/dev/ttyUSB0"
        )
    if url.scheme == "csd":
        raise ConfigurationError(
            f"{line.url} is called: only our own modem could be asked for its signal, which says nothing of "
            "the far end. Take the survey on site: teplo signal survey serial:/dev/ttyUSB0"
        )
    wanted = _request(line.url, line.id, plan, place, rule, clock())
    return await surveys.request(wanted), line.id


async def taken(survey: Survey, surveys: Surveys) -> TakenSurvey:
    """A stored survey as it is shown; LineError with the reason when it failed."""
    if survey.findings is None or survey.started_at is None or survey.finished_at is None:
        raise LineError(survey.message)
    asked = survey.request
    place = Place(asked.site, asked.operator, asked.sim, asked.engineer, asked.note)
    samples = await surveys.samples(survey.id)
    return TakenSurvey(asked.url, place, survey.started_at, survey.finished_at, samples, survey.findings)


def _known(place: Place, identity: ModemIdentity, samples: tuple[Sample, ...]) -> Place:
    operators = [sample.report.operator for sample in samples if sample.report and sample.report.operator]
    return replace(
        place,
        operator=place.operator or ", ".join(dict.fromkeys(operators))[:LONGEST_TEXT],
        sim=place.sim or identity.iccid or identity.imsi,
    )


def _request(
    url: str, line_id: int | None, plan: SurveyPlan, place: Place, rule: SurveyRule, at: datetime
) -> SurveyRequest:
    return SurveyRequest(
        url=url,
        line_id=line_id,
        samples_wanted=plan.samples,
        every=timedelta(seconds=plan.every),
        rule=rule,
        requested_at=at,
        site=place.site,
        operator=place.operator,
        sim=place.sim,
        engineer=place.engineer,
        note=place.note,
    )


def _nothing(records: tuple[Record, ...], frame: int) -> None:
    """A modem delivers no records."""

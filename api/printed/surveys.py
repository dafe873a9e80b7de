"""Signal surveys as sheets."""

from __future__ import annotations

from uuid import UUID

from api.errors import Conflict, NotFound
from api.printed.report import Desk
from reports.sheet import Sheet
from reports.sheets.signal_survey import Surveyed, signal_survey
from storage.surveys import Survey


def survey_asked(survey_id: UUID) -> UUID:
    """A survey."""
    return survey_id


async def survey(desk: Desk, survey_id: UUID) -> Sheet:
    """NotFound when there is no such survey; Conflict while it has found nothing."""
    found = await desk.services.surveys.get(survey_id)
    if found is None:
        raise NotFound(f"There is no signal survey {survey_id}.")
    if found.findings is None or found.started_at is None or found.finished_at is None:
        why = found.message or "it is not finished"
        raise Conflict(f"Signal survey {survey_id} cannot be printed: {why}.")
    asked = found.request
    place = Surveyed(
        site=asked.site,
        operator=asked.operator,
        sim=asked.sim,
        engineer=asked.engineer,
        note=asked.note,
        modem=await _modem(desk, found),
        started_at=found.started_at,
        finished_at=found.finished_at,
    )
    samples = await desk.services.surveys.samples(survey_id)
    return signal_survey(place, samples, found.findings, desk.language, desk.now, desk.translate)


async def _modem(desk: Desk, survey: Survey) -> str:
    modem = await desk.services.modems.modem(survey.modem_id) if survey.modem_id else None
    if modem is None:
        return survey.request.url
    return modem.imei or modem.identity

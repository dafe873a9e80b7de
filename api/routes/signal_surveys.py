"""Signal surveys: asked for here, made by the collector that serves the line, kept for good."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from api.cursors import CursorText, after_id, decode_uuid
from api.errors import Conflict, InvalidRequest, NotFound
from api.keys import Scope, allowed
from api.limits import PageSize
from api.links import survey_link
from api.schemas import Identifier, Page, Timestamp
from api.services import Services, ServicesNeeded
from api.surveys import SurveyDetail, SurveyIn, SurveyOut, sample_out, survey_fields
from storage.jobs import OPERATORS_PRIORITY
from storage.registered import Line
from storage.surveys import SurveyRequest

router = APIRouter(tags=["signal surveys"])
_reading = [Depends(allowed(Scope.MODEMS_READ))]
_writing = [Depends(allowed(Scope.SURVEYS_WRITE))]


class SurveyRequested(BaseModel):
    """The survey waits for its line; what becomes of it is found under the link."""

    id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    line_id: int = Field(examples=[5])
    status: Literal["queued"] = Field(examples=["queued"])
    requested_at: Timestamp
    link: str = Field(examples=["/api/v1/signal-surveys/01890a5d-ac96-774b-bcce-b302099a8057"])


@router.post("/signal-surveys", status_code=202, dependencies=_writing)
async def request_survey(services: ServicesNeeded, asked: SurveyIn, response: Response) -> SurveyRequested:
    """Asks for the signal of the line's modem to be surveyed, before every routine poll of the line.

    409 while another survey of this line waits or runs.
    """
    line = await _free_line(services, asked.line_id)
    request = _request(services, asked)
    survey_id = await services.surveys.request(request)
    await services.jobs.request_line(line.id, line.queue, OPERATORS_PRIORITY)
    link = survey_link(survey_id)
    response.headers["Location"] = link
    return SurveyRequested(
        id=survey_id, line_id=line.id, status="queued", requested_at=request.requested_at, link=link
    )


@router.get("/signal-surveys", dependencies=_reading)
async def list_surveys(
    services: ServicesNeeded,
    line_id: Annotated[Identifier | None, Query(description="Of this line alone.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[SurveyOut]:
    """Surveys, newest first."""
    surveys = await services.surveys.list(decode_uuid(cursor), limit, line_id)
    items = [SurveyOut(**survey_fields(survey)) for survey in surveys]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.get("/signal-surveys/{survey_id}", dependencies=_reading)
async def get_survey(services: ServicesNeeded, survey_id: UUID) -> SurveyDetail:
    """One survey with its samples."""
    survey = await services.surveys.get(survey_id)
    if survey is None:
        raise NotFound(f"There is no signal survey {survey_id}.")
    samples = await services.surveys.samples(survey_id)
    return SurveyDetail(**survey_fields(survey), samples=[sample_out(sample) for sample in samples])


async def _free_line(services: Services, line_id: int) -> Line:
    line = await services.registry.line(line_id)
    if line is None:
        raise InvalidRequest(f"body.line_id: there is no line {line_id}.")
    waiting = await services.surveys.waiting(line_id)
    if waiting:
        raise Conflict(f"Line {line_id} is being surveyed: see {survey_link(waiting[0].id)}.")
    return line


def _request(services: Services, asked: SurveyIn) -> SurveyRequest:
    return SurveyRequest(
        requested_at=services.now(),
        samples_wanted=asked.samples,
        every=asked.interval,
        rule=asked.rule.over(services.survey_rule),
        line_id=asked.line_id,
        site=asked.site,
        sim=asked.sim,
        operator=asked.operator,
        engineer=asked.engineer,
        note=asked.note,
    )

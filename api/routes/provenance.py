"""Provenance: where a line comes from, down to the bytes, for programs, on a page and on paper."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from api.billing_lines import told
from api.explanations import Explain, explain_of
from api.file_answers import file_answer, text_answer
from api.keys import Scope, allowed
from api.languages import Language, Translated
from api.pages import sheet_page
from api.periods import Period
from api.provenance import ProvenanceOut, provenance_out
from api.provenance_sheet import provenance_sheet
from api.routes.billing_runs import LineNumber, existing_line
from api.routes.registry import existing_usage_point
from api.schemas import Identifier
from api.services import Services, ServicesNeeded
from billing.provenance import Provenances
from metering.billing_content import plain
from metering.billing_scope import BillingScope
from metering.outcomes import Translate
from reports.pdf import pdf
from reports.sheet import Sheet

PDF: Final = "application/pdf"

router = APIRouter(tags=["provenance"], dependencies=[Depends(allowed(Scope.BILLING_READ))])
_Explained = Annotated[Explain, Depends(explain_of)]


@router.get("/billing-runs/{number}/lines/{line}/provenance")
async def get_provenance(
    services: ServicesNeeded, explain: _Explained, number: Identifier, line: LineNumber
) -> ProvenanceOut:
    """Registers, records and reported readings of the line; the polls with their explained frames; acts and
    decisions."""
    return await _of_line(services, explain, number, line)


@router.get(
    "/billing-runs/{number}/lines/{line}/provenance.html",
    response_class=HTMLResponse,
    responses=text_answer("text/html", "<!doctype html>"),
)
async def show_provenance(
    services: ServicesNeeded,
    explain: _Explained,
    number: Identifier,
    line: LineNumber,
    translate: Translated,
    language: Language = Language.ENGLISH,
) -> HTMLResponse:
    """The same as a page for people."""
    found = await _of_line(services, explain, number, line)
    return HTMLResponse(sheet_page(_sheet(services, found, f"{number}/{line}", language, translate)))


@router.get(
    "/billing-runs/{number}/lines/{line}/provenance.pdf",
    response_class=Response,
    responses=file_answer(PDF),
)
async def print_provenance(
    services: ServicesNeeded,
    explain: _Explained,
    number: Identifier,
    line: LineNumber,
    translate: Translated,
    language: Language = Language.ENGLISH,
) -> Response:
    """The same on paper, for disputes."""
    found = await _of_line(services, explain, number, line)
    sheet = _sheet(services, found, f"{number}/{line}", language, translate)
    return Response(await asyncio.to_thread(pdf, sheet), media_type=PDF)


@router.get("/usage-points/{usage_point_id}/provenance")
async def get_provenance_of_point(
    services: ServicesNeeded, explain: _Explained, usage_point_id: Identifier, period: Period
) -> list[ProvenanceOut]:
    """Of what would be answered now for a point and a period: one for each of its lines."""
    await existing_usage_point(services, usage_point_id)
    scope = BillingScope(usage_points=(usage_point_id,))
    lines = await services.answers.lines(scope, period, 0, 1)
    provenances = Provenances(services.database)
    return [provenance_out(await provenances.of(plain(one)), explain) for one in lines]


async def _of_line(services: Services, explain: Explain, number: int, line: int) -> ProvenanceOut:
    stored = await existing_line(services, number, line)
    return provenance_out(await Provenances(services.database).of(told(stored)), explain)


def _sheet(
    services: Services, found: ProvenanceOut, line: str, language: Language, translate: Translate
) -> Sheet:
    title = translate("Provenance of billing line {line}").format(line=line)
    return provenance_sheet(found, title, services.now(), language.value, translate)

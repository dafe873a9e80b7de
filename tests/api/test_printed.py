"""Printed reports: the workbook holds what is stored, and the PDF is one, in every language."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from uuid import UUID, uuid4

import openpyxl
import pytest
from httpx import AsyncClient, Response

from api.keys import Scope
from api.languages import Language
from api.printed.table import REPORTS
from metering.acts import ActKind, Contents, Totals
from metering.components import Component, ComponentKind
from metering.signals import SignalReport
from metering.surveys import Sample, SurveyRule, judge
from storage.acts import Acts, NewAct
from storage.pool import Database
from storage.surveys import SurveyRequest, Surveys
from tests.api.conftest import Caller
from tests.api.network import NOW, Network

QUESTIONS = {
    "readings-entry": {"month": "2026-01"},
    "route-sheet": {"engineer": "А. Серікова", "request": "#eval $x$ [1] \\ <b>"},
    "verification-due": {"until": "2027-01-01"},
    "operation-sheet": {"admitted_at": "2026-01-31T19:00:00Z"},
    "act": {},
    "signal-survey": {},
    "archive-sheet": {"kind": "hour", "from": "2026-01-15T00:00:00Z", "to": "2026-01-18T00:00:00Z"},
}


@pytest.fixture
async def printer(caller: Caller) -> AsyncClient:
    return await caller(Scope.REPORTS_READ)


@pytest.fixture(autouse=True)
async def signed(network: Network, database: Database) -> None:
    """An act is there to be printed, with text that is markup elsewhere."""
    component = Component(ComponentKind.CALCULATOR, "СПТ", "1", verification_due=date(2027, 1, 1))
    totals = Totals(energy_heating=Decimal("96.594231"))
    contents = Contents("1", components=(component,), totals=totals, conclusion="#panic() Әділ қорытынды $")
    act = NewAct(ActKind.ADMISSION, network.school, network.new_meter, NOW, contents, "Test", NOW)
    await Acts(database).register(act)


@pytest.fixture(autouse=True)
async def survey(database: Database) -> UUID:
    """A place was surveyed; one sample of six was lost."""
    surveys, rule = Surveys(database), SurveyRule()
    asked = SurveyRequest(
        NOW, 6, timedelta(seconds=3), rule, url="serial:/dev/ttyUSB0", site="Абая 12, $подвал$"
    )
    survey_id = await surveys.request(asked)
    await surveys.start(survey_id, NOW)
    heard = [Sample(NOW, SignalReport("CSQ 14,99", Decimal(level))) for level in (-85, -80, -79, -78, -77)]
    taken = [*heard, Sample(NOW, None)]
    await surveys.finish(survey_id, NOW, judge(taken, rule), taken)
    return survey_id


async def ask(
    printer: AsyncClient, network: Network, survey: UUID, name: str, ending: str, **more: str
) -> Response:
    ids = {"meter_id": network.new_meter, "usage_point_id": network.school, "act_id": 1, "survey_id": survey}
    path = REPORTS[name].path.format(**ids)
    return await printer.get(f"/api/v1{path}.{ending}", params=QUESTIONS[name] | more)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", REPORTS)
async def test_a_pdf_in_every_language(
    printer: AsyncClient, network: Network, survey: UUID, name: str, language: Language
) -> None:
    answer = await ask(printer, network, survey, name, "pdf", language=language.value)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF-") and answer.content.rstrip().endswith(b"%%EOF")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.pdf"'
    again = await ask(printer, network, survey, name, "pdf", language=language.value)
    assert again.content == answer.content, "the same sheet is the same file"


@pytest.mark.parametrize("name", REPORTS)
async def test_a_workbook_without_formulas(
    printer: AsyncClient, network: Network, survey: UUID, name: str
) -> None:
    answer = await ask(printer, network, survey, name, "xlsx", language="ru")
    assert answer.status_code == 200, answer.text
    cells = [cell for row in openpyxl.load_workbook(BytesIO(answer.content)).active.rows for cell in row]
    assert any(cell.value for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)


async def test_an_archive_has_the_stored_numbers_and_its_gaps(printer: AsyncClient, network: Network) -> None:
    stored = await printer.get(
        f"/api/v1/meters/{network.new_meter}/archive-sheet.xlsx", params=QUESTIONS["archive-sheet"]
    )
    sheet = openpyxl.load_workbook(BytesIO(stored.content)).active
    hours = [row for row in sheet.iter_rows(values_only=True) if row and hasattr(row[0], "hour")]
    assert len(hours) == 72, "every hour that there should be"


async def test_a_sheet_has_bounds(printer: AsyncClient, network: Network) -> None:
    path = f"/api/v1/meters/{network.new_meter}/archive-sheet.pdf"
    span = {"from": "2025-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    answer = await printer.get(path, params=span)
    assert answer.status_code == 422 and "62 days" in answer.text
    assert (await printer.get(path, params=span | {"kind": "day"})).status_code == 200


async def test_a_form_has_what_the_act_says(printer: AsyncClient, network: Network, survey: UUID) -> None:
    answer = await ask(printer, network, survey, "act", "xlsx", language="ru")
    cells = [
        str(cell.value) for row in openpyxl.load_workbook(BytesIO(answer.content)).active.rows for cell in row
    ]
    assert "#panic() Әділ қорытынды $" in cells
    assert any("96.594231" in cell for cell in cells), "no digit of a register is lost"


async def test_a_survey_on_paper_says_what_was_heard(printer: AsyncClient, survey: UUID) -> None:
    stored = await printer.get(f"/api/v1/signal-surveys/{survey}/sheet.xlsx")
    rows = list(openpyxl.load_workbook(BytesIO(stored.content)).active.iter_rows(values_only=True))
    told = {label: value for row in rows for label, value in pairwise(row)}
    assert (told["Median, dBm"], told["Lower decile, dBm"], told["Spread, dB"]) == (-79, -85, 8)
    assert (told["Samples taken"], told["Of them lost"]) == (6, 1)
    assert sum("no answer" in row for row in rows) == 1


async def test_a_survey_that_is_not_there_or_found_nothing_is_not_printed(
    printer: AsyncClient, database: Database
) -> None:
    asked = SurveyRequest(NOW, 6, timedelta(seconds=3), SurveyRule(), url="serial:/dev/ttyUSB0")
    waiting = await Surveys(database).request(asked)
    for survey_id, status, why in ((uuid4(), 404, "no signal survey"), (waiting, 409, "not finished")):
        answer = await printer.get(f"/api/v1/signal-surveys/{survey_id}/sheet.pdf")
        assert (answer.status_code, why in answer.text) == (status, True)

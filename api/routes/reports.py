"""Printed reports: each as PDF and as a workbook, an operation of its own for either."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.file_answers import file_answer
from api.keys import Scope, allowed
from api.languages import Language, Translated
from api.printed.report import Desk, Rendering, Report, printed
from api.printed.table import REPORTS
from api.services import ServicesNeeded

MEDIA_TYPES: Final = {
    Rendering.PDF: "application/pdf",
    Rendering.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

router = APIRouter(tags=["reports"], dependencies=[Depends(allowed(Scope.REPORTS_READ))])


def _operation(name: str, report: Report, rendering: Rendering) -> Callable[..., Awaitable[Response]]:
    async def operation(
        services: ServicesNeeded,
        translate: Translated,
        language: Language = Language.ENGLISH,
        question: Any = Depends(report.question),
    ) -> Response:
        desk = Desk(services, language.value, translate)
        file = await printed(report, desk, question, rendering)
        named = {"Content-Disposition": f'attachment; filename="{name}.{rendering}"'}
        return Response(file, media_type=MEDIA_TYPES[rendering], headers=named)

    return operation


def _add(name: str, report: Report, rendering: Rendering) -> None:
    router.add_api_route(
        f"{report.path}.{rendering}",
        _operation(name, report, rendering),
        name=f"print_{name.replace('-', '_')}_{rendering}",
        description=report.summary,
        response_class=Response,
        responses=file_answer(MEDIA_TYPES[rendering]),
    )


for _name, _report in REPORTS.items():
    for _rendering in Rendering:
        _add(_name, _report, _rendering)

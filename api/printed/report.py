"""What a printed report is: where it stands, what it is asked with, and how its sheet is drawn up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from api.services import Services
from metering.outcomes import Translate
from reports.pdf import pdf
from reports.sheet import Sheet
from reports.xlsx import xlsx


class Rendering(StrEnum):
    """What a sheet becomes; also the ending of its file."""

    PDF = "pdf"
    XLSX = "xlsx"


RENDERERS: Final[dict[Rendering, Callable[[Sheet], bytes]]] = {Rendering.PDF: pdf, Rendering.XLSX: xlsx}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a sheet is drawn up: from what, when, and in which language."""

    services: Services
    language: str
    translate: Translate

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return self.services.now()


@dataclass(frozen=True, slots=True)
class Report:
    """`path` below the API's prefix, without an ending. `question`: takes what is asked, as a route does, by
    annotated parameters, and gives what `sheet` is drawn up from; both raise Refusals for what is not there.
    """

    path: str
    summary: str
    question: Callable[..., Any]
    sheet: Callable[[Desk, Any], Awaitable[Sheet]]


async def printed(report: Report, desk: Desk, question: object, rendering: Rendering) -> bytes:
    """The report as a file; typesetting has a thread of its own."""
    sheet = await report.sheet(desk, question)
    return await asyncio.to_thread(RENDERERS[rendering], sheet)

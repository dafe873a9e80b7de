"""The provenance of a line on paper: one sheet, of which the page and the PDF are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from api.billing_lines import reason_text
from api.provenance import ProvenanceOut
from api.provenance_sheet_decisions import decisions
from api.provenance_sheet_polls import polls
from api.provenance_sheet_tables import bounded, stored, text
from metering.billing_lines import Status
from metering.explanations import RECORDS, REGISTER_SOURCES, REPORT_SOURCES, STATUSES, STEPS
from metering.levels import Step
from metering.outcomes import Translate
from reports.sheet import Cell, Column, Field, Format, Row, Section, Sheet

LINE: Final = {
    "usage_point_code": "Usage point",
    "usage_point_name": "Name",
    "contract": "Contract",
    "account": "Account",
    "quantity": "Quantity",
    "status": "Status",
    "value": "Consumption",
    "measured": "Of it measured",
    "estimated": "Of it estimated",
    "uncertainty": "Uncertainty of the estimate",
    "unit": "Unit",
    "factor_set": "Factor set",
}
"""What stands at the head of the sheet, with its label."""
SIDES: Final = {"opening": "Opening register", "closing": "Closing register"}
READINGS: Final = {
    "at": "Time (UTC)",
    "value": "Value",
    "raw_value": "Raw value",
    "raw_unit": "Raw unit",
    "factor": "Factor",
    "source": "Source",
    "origin": "Poll and frame",
}
"""`origin`: as the polls are numbered further down."""
SOURCES: Final[Mapping[str, str]] = {
    **{word.value: text for word, text in REGISTER_SOURCES.items()},
    **{word.value: text for word, text in REPORT_SOURCES.items()},
    **{word.value: text for word, text in RECORDS.items()},
}
"""By the word of a register's kind, of a report's way, or of a record's archive."""
_WIDTHS: Final = (20, 18, 15, 9, 18, 11, 10)
"""A moment, a published factor and a source fit into one line each."""
PollNumbers = Mapping[str, int]
"""By the poll's id, its number on the sheet."""


def provenance_sheet(
    found: ProvenanceOut, title: str, made_at: datetime, language: str, translate: Translate
) -> Sheet:
    """The sheet in this language."""
    period = found.line["period"]
    return Sheet(
        title=title,
        language=language,
        made_at=made_at,
        subtitle=f"{period['start']} – {period['end']}",
        fields=tuple(_field(name, found.line.get(name), translate) for name in LINE),
        sections=(
            *_reasons(found, translate),
            *decisions(found, translate),
            *_boundaries(found, translate),
            *polls(found, translate),
        ),
    )


def _field(name: str, value: object, translate: Translate) -> Field:
    word = translate(STATUSES[Status(str(value))]) if name == "status" else None
    label = translate(LINE[name])
    return stored(label, value) if word is None else Field(label, Cell(word))


def _reasons(found: ProvenanceOut, translate: Translate) -> Iterator[Section]:
    if found.line["reasons"]:
        texts = tuple(reason_text(one, translate) for one in found.line["reasons"])
        yield Section(translate("Reasons"), texts)


def _boundaries(found: ProvenanceOut, translate: Translate) -> Iterator[Section]:
    columns = [
        Column(translate(label), format=Format.CODE, width=width)
        for label, width in zip(READINGS.values(), _WIDTHS, strict=True)
    ]
    numbers = {str(poll.poll_id): number for number, poll in enumerate(found.polls, start=1)}
    for boundary in found.boundaries:
        level = boundary.level
        fields = (
            stored(translate("Level"), level["value"]),
            stored(translate("At"), level["at"]),
            Field(translate("Known by"), Cell(translate(STEPS[Step(level["step"])]))),
        )
        rows = [_row(one, numbers, translate) for one in boundary.sources]
        heading = f"{translate(SIDES[boundary.side])}, {boundary.meter_id}"
        yield bounded(heading, columns, rows, translate, fields)


def _row(source: Mapping[str, Any], numbers: PollNumbers, translate: Translate) -> Row:
    slot, number = source.get("slot", {}), numbers.get(str(source.get("poll_id")))
    origin = None if number is None else f"{number} / {source['frame']}"
    word = SOURCES.get(source.get("source") or source.get("kind", ""))
    told = {"at": slot.get("start"), **source, "source": word and translate(word), "origin": origin}
    return Row(tuple(Cell(text(told.get(name))) for name in READINGS))

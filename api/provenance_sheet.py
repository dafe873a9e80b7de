"""The provenance of a line on paper: one sheet, of which the page and the PDF are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from api.billing_lines import reason_text
from api.provenance import DecisionOut, ExplainedFrame, PollOriginOut, ProvenanceOut
from metering.outcomes import Translate
from reports.sheet import Cell, Column, Field, Format, Group, Row, Section, Sheet, Table

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
}
ACT: Final = ("Number", "Kind", "At", "Entered by")
BYTES: Final = ("Offset", "Bytes", "Meaning")
_MOST_SOURCES: Final = 60
"""Rows of readings under one boundary: two and a half days of hour records."""
DIRECTIONS: Final = {"sent": "sent", "received": "received"}


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
        fields=tuple(_field(translate(label), found.line.get(name)) for name, label in LINE.items()),
        sections=(
            *_reasons(found, translate),
            *_boundaries(found, translate),
            *(section for poll in found.polls for section in _poll(poll, translate)),
            *_acts(found, translate),
        ),
    )


def _reasons(found: ProvenanceOut, translate: Translate) -> Iterator[Section]:
    if found.line["reasons"]:
        texts = tuple(reason_text(one, translate) for one in found.line["reasons"])
        yield Section(translate("Reasons"), texts)


def _boundaries(found: ProvenanceOut, translate: Translate) -> Iterator[Section]:
    columns = tuple(Column(translate(label), format=Format.CODE, width=16) for label in READINGS.values())
    for boundary in found.boundaries:
        level = boundary.level
        fields = [
            _field(translate("Level"), level["value"]),
            _field(translate("At"), level["at"]),
            _field(translate("Known by"), level["step"]),
        ]
        rows = tuple(_row(one) for one in boundary.sources[:_MOST_SOURCES])
        heading = f"{translate(SIDES[boundary.side])}, {boundary.meter_id}"
        yield Section(heading, fields=tuple(fields), table=Table(columns, (Group(rows),)))


def _row(source: Mapping[str, Any]) -> Row:
    slot = source.get("slot", {})
    told = {"at": slot.get("start"), "source": source.get("kind"), **source}
    return Row(tuple(Cell(_text(told.get(name))) for name in READINGS))


def _poll(poll: PollOriginOut, translate: Translate) -> Iterator[Section]:
    fields = (
        _field(translate("Poll"), str(poll.poll_id)),
        _field(translate("Meter"), f"{poll.serial} ({poll.model})"),
        _field(translate("Version"), poll.version),
        _field(translate("Collector"), poll.collector),
    )
    held = (_decision(poll.held, translate),) if poll.held else ()
    yield Section(f"{translate('Poll')} {poll.started_at:%Y-%m-%d %H:%M:%S}", held, fields)
    for frame in poll.frames:
        yield _frame(frame, translate)


def _decision(held: DecisionOut, translate: Translate) -> str:
    text = translate("Held ({reason}), {state} by {by}: {note}")
    return text.format(reason=held.reason, state=held.state, by=held.decided_by or "", note=held.note)


def _frame(frame: ExplainedFrame, translate: Translate) -> Section:
    heading = translate("Frame {number}, {direction}").format(
        number=frame.number, direction=translate(DIRECTIONS[frame.direction])
    )
    if not frame.parts:
        return Section(heading, (frame.hex,))
    widths = zip(BYTES, (8, 30, 50), strict=True)
    columns = tuple(Column(translate(label), format=Format.CODE, width=width) for label, width in widths)
    rows = tuple(Row((Cell(str(one.offset)), Cell(one.hex), Cell(one.meaning))) for one in frame.parts)
    return Section(heading, table=Table(columns, (Group(rows),)))


def _acts(found: ProvenanceOut, translate: Translate) -> Iterator[Section]:
    if found.acts:
        columns = tuple(Column(translate(label), width=20) for label in ACT)
        rows = tuple(
            Row(
                (
                    Cell(one.number),
                    Cell(one.kind.value),
                    Cell(f"{one.at:%Y-%m-%d %H:%M}"),
                    Cell(one.entered_by),
                )
            )
            for one in found.acts
        )
        yield Section(translate("Acts"), table=Table(columns, (Group(rows),)))


def _field(label: str, value: object) -> Field:
    return Field(label, Cell(_text(value)), format=Format.CODE)


def _text(value: object) -> str | None:
    return None if value is None else str(value)

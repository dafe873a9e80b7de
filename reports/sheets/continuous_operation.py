"""The continuous-operation sheet before an admission: a verdict on each requirement, then hour after hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from metering.archives import ArchivedSlot
from metering.calendar import MeterZone
from metering.continuous_operation import OperationHour, OperationSheet, RequirementVerdict
from metering.outcomes import Translate
from reports.act_words import REQUIREMENTS
from reports.formats import shown
from reports.sheet import (
    Cell,
    Column,
    Field,
    Format,
    Group,
    Mark,
    Orientation,
    Row,
    Section,
    Sheet,
    Signature,
    Table,
)
from reports.sheets.archive_columns import ArchiveColumn, columns_of
from reports.sheets.fault_legend import FaultLegend
from reports.unit_names import unit_name


def continuous_operation(
    sheet: OperationSheet,
    place: str,
    serial: str,
    zone: MeterZone,
    made_at: datetime,
    language: str,
    translate: Translate,
) -> Sheet:
    """`place`: the usage point. Hours are those of the zone; an hour without a record is a gap."""
    legend = FaultLegend(row.conditions for row in sheet.rows)
    start, end = zone.to_meter_time(sheet.span.start), zone.to_meter_time(sheet.span.end)
    return Sheet(
        title=translate("Continuous-operation sheet"),
        language=language,
        made_at=made_at,
        subtitle=f"{shown(start, language)} – {shown(end, language)}",
        fields=(
            Field(translate("Usage point"), Cell(place)),
            Field(translate("Serial number"), Cell(serial)),
        ),
        sections=(_verdicts(sheet.verdicts, translate), _hours(sheet, zone, legend, language, translate)),
        notes=legend.notes(translate("Fault"), translate),
        signatures=(Signature(translate("Drawn up by")),),
        orientation=Orientation.LANDSCAPE,
        page=translate("Page {page} of {pages}"),
        made=translate("Drawn up on {at} UTC"),
    )


def _verdicts(verdicts: Iterable[RequirementVerdict], translate: Translate) -> Section:
    columns = (
        Column(translate("Requirement"), width=34),
        Column(translate("Verdict"), width=12),
        Column(translate("Reasons"), width=60),
    )
    rows = tuple(_verdict(one, translate) for one in verdicts)
    return Section(translate("Verdicts"), table=Table(columns, (Group(rows),)))


def _verdict(verdict: RequirementVerdict, translate: Translate) -> Row:
    word = translate("met") if verdict.met else translate("not met")
    reasons = " ".join(one.text(translate) for one in verdict.reasons)
    mark = Mark.FULFILLED if verdict.met else Mark.FAILED
    return Row((Cell(translate(REQUIREMENTS[verdict.requirement])), Cell(word, mark), Cell(reasons or None)))


def _hours(
    sheet: OperationSheet, zone: MeterZone, legend: FaultLegend, language: str, translate: Translate
) -> Section:
    slots = [_slot(row, zone) for row in sheet.rows]
    columns = columns_of(slots)
    headings = (
        Column(translate("Begins"), format=Format.MOMENT, width=14),
        *(_column(one, language, translate) for one in columns),
        Column(translate("Fault"), width=7),
    )
    rows = tuple(_row(one, columns, legend) for one in slots)
    return Section(translate("Hour archive"), table=Table(headings, (Group(rows),)))


def _column(column: ArchiveColumn, language: str, translate: Translate) -> Column:
    heading = column.heading or translate("Run")
    return Column(heading, unit_name(column.unit, language), Format.NUMBER, column.places, column.width)


def _slot(row: OperationHour, zone: MeterZone) -> ArchivedSlot:
    return ArchivedSlot(zone.to_meter_time(row.slot.start), row.values, conditions=row.conditions)


def _row(slot: ArchivedSlot, columns: Iterable[ArchiveColumn], legend: FaultLegend) -> Row:
    values = [column.value(slot) for column in columns]
    cells = (Cell(value, Mark.GAP if value is None else Mark.PLAIN) for value in values)
    return Row((Cell(slot.start), *cells, Cell(legend.of(slot.conditions))))

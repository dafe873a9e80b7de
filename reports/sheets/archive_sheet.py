"""The archive of a meter on paper: hours, days or months, a section for each circuit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.archives import ArchivedSlot, CircuitArchive, MeterArchive
from metering.calendar import ArchiveKind
from metering.outcomes import Translate
from reports.formats import shown
from reports.sheet import Cell, Column, Field, Format, Group, Mark, Orientation, Row, Section, Sheet, Table
from reports.sheets.archive_columns import OVER_ALL, ArchiveColumn, Comes, columns_of
from reports.sheets.fault_legend import FaultLegend
from reports.unit_names import unit_name

TITLES: Final = {
    ArchiveKind.HOUR: "Hour archive",
    ArchiveKind.DAY: "Day archive",
    ArchiveKind.MONTH: "Month archive",
}
"""An archive of totals holds levels and not amounts: it has no sheet."""
OVER_ALL_LABELS: Final = {Comes.TOTAL: "Total", Comes.AVERAGE: "Average"}
_GAP: Final = Cell(None, Mark.GAP)


def archive_sheet(archive: MeterArchive, made_at: datetime, language: str, translate: Translate) -> Sheet:
    """Gaps are shown as gaps; what is doubtful is marked, and counts only where nothing disqualifies it."""
    legend = FaultLegend(slot.conditions for circuit in archive.circuits for slot in circuit.slots)
    return Sheet(
        title=translate(TITLES[archive.kind]),
        language=language,
        made_at=made_at,
        subtitle=f"{archive.model} № {archive.serial}, {_span(archive, language)}",
        fields=_fields(archive, translate),
        sections=tuple(_section(one, archive, legend, language, translate) for one in archive.circuits),
        notes=(*_notes(archive, translate), *legend.notes(translate("Fault"), translate)),
        orientation=Orientation.LANDSCAPE,
        page=translate("Page {page} of {pages}"),
        made=translate("Drawn up on {at} UTC"),
    )


def _span(archive: MeterArchive, language: str) -> str:
    form = Format.MOMENT if archive.kind is ArchiveKind.HOUR else Format.DATE
    return f"{shown(archive.start, language, form)} – {shown(archive.end, language, form)}"


def _fields(archive: MeterArchive, translate: Translate) -> tuple[Field, ...]:
    return (
        Field(translate("Meter"), Cell(archive.model)),
        Field(translate("Serial number"), Cell(archive.serial)),
        Field(translate("Meter time"), Cell(archive.zone)),
        Field(translate("Recorded"), Cell(_recorded(slot for one in archive.circuits for slot in one.slots))),
    )


def _recorded(slots: Iterable[ArchivedSlot]) -> str:
    known = [bool(slot.values) for slot in slots]
    return f"{sum(known)} / {len(known)}"


def _section(
    circuit: CircuitArchive, archive: MeterArchive, legend: FaultLegend, language: str, translate: Translate
) -> Section:
    columns = columns_of(circuit.slots)
    heading = translate("Circuit {number}").format(number=circuit.circuit)
    return Section(
        f"{heading}: {circuit.measures}" if circuit.measures else heading,
        fields=(
            Field(translate("Address"), Cell(circuit.address or None)),
            Field(translate("Contract"), Cell(circuit.contract or None)),
        ),
        table=Table(
            (_start(archive.kind, translate), *_printed(columns, language, translate), _faults(translate)),
            (Group(tuple(_row(slot, columns, legend) for slot in circuit.slots)),),
            tuple(_over_all(comes, circuit.slots, columns, translate) for comes in Comes),
        ),
    )


def _start(kind: ArchiveKind, translate: Translate) -> Column:
    hourly = kind is ArchiveKind.HOUR
    return Column(translate("Begins"), format=Format.MOMENT if hourly else Format.DATE, width=14)


def _printed(columns: Sequence[ArchiveColumn], language: str, translate: Translate) -> Iterable[Column]:
    for one in columns:
        heading = one.heading or translate("Run")
        yield Column(heading, unit_name(one.unit, language), Format.NUMBER, one.places, one.width)


def _faults(translate: Translate) -> Column:
    return Column(translate("Fault"), width=7)


def _row(slot: ArchivedSlot, columns: Sequence[ArchiveColumn], legend: FaultLegend) -> Row:
    values = (_cell(column.value(slot), column.doubtful(slot)) for column in columns)
    return Row((Cell(slot.start), *values, Cell(legend.of(slot.conditions))))


def _cell(value: Decimal | None, doubtful: bool) -> Cell:
    if value is None:
        return _GAP
    return Cell(value, Mark.DOUBTFUL if doubtful else Mark.PLAIN)


def _over_all(
    comes: Comes, slots: Sequence[ArchivedSlot], columns: Sequence[ArchiveColumn], translate: Translate
) -> Row:
    """Amounts have a total and an average, the others an average alone."""
    apt = [comes is Comes.AVERAGE or one.comes is comes for one in columns]
    values = [
        Cell(OVER_ALL[comes](column.counting(slots)) if fits else None)
        for column, fits in zip(columns, apt, strict=True)
    ]
    return Row((Cell(translate(OVER_ALL_LABELS[comes])), *values, Cell(None)))


def _notes(archive: MeterArchive, translate: Translate) -> tuple[str, ...]:
    slots = [slot for circuit in archive.circuits for slot in circuit.slots]
    told = {name for slot in slots for name in slot.values}
    notes = {
        translate("—: the meter's record is missing, or does not tell this; absent is not 0."): any(
            not slot.values for slot in slots
        ),
        translate("*: doubtful. Values known to be wrong count neither in total nor in average."): any(
            slot.doubtful for slot in slots
        ),
        translate("Q1: heating. Q2: hot water."): bool(told & {"energy_heating", "energy_hot_water"}),
        translate("Totals and averages are of the recorded values alone."): True,
    }
    return tuple(note for note, applies in notes.items() if applies)

"""What people decided of a line's point and registers, on paper: acts, register events, revised values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from api.provenance import ActOrigin, ProvenanceOut, RegisterEventOrigin, RevisionOrigin
from api.provenance_sheet_tables import bounded, moment, text
from metering.calendar import ArchiveKind
from metering.evidence import EventKind
from metering.outcomes import Translate
from reports.act_words import KINDS
from reports.sheet import Cell, Column, Mark, Row, Section
from reports.sheets.archive_sheet import TITLES
from storage.values import Cause

ACT: Final = {"Number": 14, "Kind": 12, "At": 15, "Entered by": 18, "Standing": 30}
EVENT: Final = {
    "Time (UTC)": 14,
    "Meter": 8,
    "Kind": 10,
    "Level before": 13,
    "Level after": 13,
    "Capacity": 12,
    "Decided by": 16,
    "Note": 20,
}
REVISION: Final = {
    "Time (UTC)": 14,
    "Meter": 8,
    "Archive": 14,
    "Value that stands no more": 14,
    "Poll": 20,
    "Replaced by poll": 20,
    "Cause": 14,
}
"""Labels of columns, with their widths."""
ARCHIVES: Final = {**TITLES, ArchiveKind.TOTAL: "Archive of totals"}
EVENTS: Final = {EventKind.ROLLOVER: "ran over", EventKind.RESET: "was reset"}
CAUSES: Final = {
    Cause.READ: "read anew",
    Cause.REDECODED: "decoded anew",
    Cause.ACCEPTED: "taken out of quarantine",
}


def decisions(found: ProvenanceOut, translate: Translate) -> Iterator[Section]:
    """A section for each kind of which there is any."""
    known = found.decisions
    tables = (
        (translate("Acts"), ACT, [_act(one, translate) for one in found.acts], 0),
        (
            translate("Registers that ran over or were reset"),
            EVENT,
            [_event(one, translate) for one in known.register_events],
            known.register_events_left_out,
        ),
        (
            translate("Revised values"),
            REVISION,
            [_revision(one, translate) for one in known.revisions],
            known.revisions_left_out,
        ),
    )
    for heading, labels, rows, older in tables:
        columns = [Column(translate(label), width=width) for label, width in labels.items()]
        if rows:
            yield bounded(heading, columns, rows, translate, older=older)


def _act(act: ActOrigin, translate: Translate) -> Row:
    cells = (act.number, translate(KINDS[act.kind]), moment(act.at), act.entered_by)
    return Row((*map(Cell, cells), _standing(act, translate)))


def _standing(act: ActOrigin, translate: Translate) -> Cell:
    if act.annulled_because is None:
        return Cell(translate("in force"))
    return Cell(translate("annulled: {because}").format(because=act.annulled_because), Mark.FAILED)


def _event(event: RegisterEventOrigin, translate: Translate) -> Row:
    cells = (
        moment(event.at),
        str(event.meter_id),
        translate(EVENTS[event.kind]),
        event.level_before,
        event.level_after,
        event.capacity,
        event.decided_by,
        event.note,
    )
    return Row(tuple(map(Cell, cells)))


def _revision(revision: RevisionOrigin, translate: Translate) -> Row:
    cells = (
        moment(revision.slot_start),
        str(revision.meter_id),
        translate(ARCHIVES[revision.kind]),
        translate("no value") if revision.value is None else revision.value,
        text(revision.poll_id),
        text(revision.replaced_by),
        translate(CAUSES[revision.cause]),
    )
    return Row(tuple(map(Cell, cells)))

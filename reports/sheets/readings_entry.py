"""The report on entered readings: how many buildings of each district have come how far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby

from metering.outcomes import Translate
from metering.report_rows import DistrictEntries
from reports.sheet import Cell, Column, Format, Group, Row, Section, Sheet, Signature, Table


def readings_entry(
    entries: Sequence[DistrictEntries], month: date, language: str, made_at: datetime, _: Translate
) -> Sheet:
    """Grouped by service centre; `entries` are in the order of their centres."""
    groups = [_group(centre, list(rows), _) for centre, rows in groupby(entries, _centre)]
    return Sheet(
        title=_("Report on entered readings"),
        subtitle=_("Month of the bill: {month}").format(month=f"{month:%m.%Y}"),
        language=language,
        made_at=made_at,
        made=_("Drawn up on {at} UTC"),
        page=_("Page {page} of {pages}"),
        sections=(Section(table=Table(_columns(_), tuple(groups), (_row(_("In all"), entries),))),),
        notes=(
            _("Entered: a register near the closing of the bill is stored, or a reading was reported."),
            _("Not entered are withdrawn meters and readings still to be entered."),
        ),
        signatures=(Signature(_("Drawn up by")), Signature(_("Checked by"))),
    )


def _centre(entry: DistrictEntries) -> str:
    return entry.service_centre


def _columns(_: Translate) -> tuple[Column, ...]:
    counted = (
        _("Buildings in all"),
        _("Readings entered"),
        _("Readings not entered"),
        _("Meters withdrawn"),
        _("Still to be entered"),
    )
    return (
        Column(_("District"), width=30),
        *(Column(heading, format=Format.NUMBER, width=13) for heading in counted),
    )


def _group(centre: str, entries: Sequence[DistrictEntries], _: Translate) -> Group:
    rows = tuple(_row(one.district or _("without a district"), [one]) for one in entries)
    return Group(rows, centre or _("without a service centre"), (_row(_("Of the service centre"), entries),))


def _row(label: str, entries: Iterable[DistrictEntries]) -> Row:
    counts = [(one.entered, one.withdrawn, one.waiting) for one in entries]
    entered, withdrawn, waiting = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    numbers = (entered + withdrawn + waiting, entered, withdrawn + waiting, withdrawn, waiting)
    return Row((Cell(label), *map(Cell, numbers)))

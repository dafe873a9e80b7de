"""Components whose verification ends until a day, by place: what has to go to the laboratory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

from metering.outcomes import Translate
from metering.report_rows import DueComponent
from reports.component_names import COMPONENT_NAMES
from reports.sheet import (
    Cell,
    Column,
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


def verification_due(
    components: Sequence[DueComponent],
    until: date,
    today: date,
    language: str,
    made_at: datetime,
    _: Translate,
) -> Sheet:
    """Grouped by service centre and district, in which order they come; what is overdue today is marked."""
    overdue = sum(one.verification_due < today for one in components)
    groups = tuple(
        Group(tuple(_row(one, today, _) for one in rows), " · ".join(filter(None, place)))
        for place, rows in groupby(components, _place)
    )
    return Sheet(
        title=_("Verification dates due"),
        subtitle=_("Until {day}").format(day=f"{until:%d.%m.%Y}"),
        language=language,
        made_at=made_at,
        made=_("Drawn up on {at} UTC"),
        page=_("Page {page} of {pages}"),
        orientation=Orientation.LANDSCAPE,
        sections=(Section(table=Table(_columns(_), groups)),),
        notes=(
            _("Components: {count}, of them overdue: {overdue}.").format(
                count=len(components), overdue=overdue
            ),
        ),
        signatures=(Signature(_("Drawn up by")),),
    )


def _place(component: DueComponent) -> tuple[str, str]:
    return component.service_centre, component.district


def _columns(_: Translate) -> tuple[Column, ...]:
    return (
        Column(_("Contract"), width=12),
        Column(_("Name"), width=25),
        Column(_("Address"), width=26),
        Column(_("Meter"), format=Format.CODE, width=13),
        Column(_("Component"), width=19),
        Column(_("Type"), width=13),
        Column(_("Serial number"), format=Format.CODE, width=13),
        Column(_("Verified on"), format=Format.DATE, width=11),
        Column(_("Valid through"), format=Format.DATE, width=11),
    )


def _row(component: DueComponent, today: date, _: Translate) -> Row:
    overdue = component.verification_due < today
    return Row(
        (
            Cell(component.contract),
            Cell(component.name),
            Cell(component.address),
            Cell(component.meter_serial),
            Cell(_(COMPONENT_NAMES[component.kind])),
            Cell(component.type),
            Cell(component.serial),
            Cell(component.verified_on),
            Cell(component.verification_due, Mark.FAILED if overdue else Mark.PLAIN),
        )
    )

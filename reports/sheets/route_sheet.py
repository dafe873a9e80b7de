"""The route sheet: whom an engineer visits on a day, with the meters there and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from metering.outcomes import Translate
from metering.problems import ProblemKind
from metering.report_rows import Visit, street_and_house
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

REQUESTS: Final[Mapping[ProblemKind, str]] = {
    ProblemKind.SLOTS_FALL_OUT: "read the archive",
    ProblemKind.NO_CLOSING: "take the reading for the bill",
    ProblemKind.HELD_READINGS: "check the meter against the registry",
    ProblemKind.NOT_READ: "restore the connection with the meter",
    ProblemKind.LINE_DOWN: "restore the line",
    ProblemKind.MODEM_DOWN: "check the modem",
    ProblemKind.GATEWAY_WEDGED: "restart the gateway",
    ProblemKind.COLLECTOR_AWAY: "check the collector",
    ProblemKind.CLOCK_DRIFTS: "check the clock of the meter",
    ProblemKind.SPOOL_FILLS: "check the collector",
    ProblemKind.STRANGERS: "find out which device this is",
    ProblemKind.NOT_POLLED: "put the meter on polling",
}
"""What an engineer is sent for, by what is the matter."""


@dataclass(frozen=True, slots=True)
class Route:
    """`engineer` "" and `day` None are lines to write on; `request`: asked for at every one of the visits."""

    visits: Sequence[Visit]
    engineer: str = ""
    day: date | None = None
    request: str = ""


def route_sheet(route: Route, language: str, made_at: datetime, _: Translate) -> Sheet:
    """A row for each meter, in the order of the visits."""
    rows = tuple(_row(number, visit, route, _) for number, visit in enumerate(route.visits, 1))
    return Sheet(
        title=_("Route sheet"),
        language=language,
        made_at=made_at,
        made=_("Drawn up on {at} UTC"),
        page=_("Page {page} of {pages}"),
        orientation=Orientation.LANDSCAPE,
        fields=(
            Field(_("Engineer"), Cell(route.engineer or None)),
            Field(_("Date"), Cell(route.day), format=Format.DATE),
        ),
        sections=(Section(table=Table(_columns(_), (Group(rows),))),),
        signatures=(Signature(_("Drawn up by")), Signature(_("Safety briefing by"))),
    )


def _columns(_: Translate) -> tuple[Column, ...]:
    return (
        Column("№", format=Format.NUMBER, width=4),
        Column(_("Contract"), width=12),
        Column(_("Name"), width=26),
        Column(_("Street"), width=22),
        Column(_("House"), width=8),
        Column(_("Meter type"), width=17),
        Column(_("Serial number"), format=Format.CODE, width=13),
        Column(_("Next verification"), format=Format.DATE, width=12),
        Column(_("Kind of request"), width=24),
        Column(_("Note"), width=14),
    )


def _row(number: int, visit: Visit, route: Route, _: Translate) -> Row:
    due = visit.verification_due
    overdue = due is not None and route.day is not None and due < route.day
    return Row(
        (
            Cell(number),
            Cell(visit.contract),
            Cell(visit.name),
            *map(Cell, street_and_house(visit.address)),
            Cell(visit.meter_type),
            Cell(visit.serial),
            Cell(due, Mark.FAILED if overdue else Mark.PLAIN),
            Cell(_requests(visit, route.request, _)),
            Cell(None),
        )
    )


def _requests(visit: Visit, request: str, _: Translate) -> str:
    asked = [request] if request else []
    return "; ".join(dict.fromkeys([*asked, *(_(REQUESTS[one]) for one in visit.reasons)]))

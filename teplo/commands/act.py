"""`teplo act`: acts of metering points, filled from a live poll, registered, listed, annulled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID, uuid4

import typer

from billing.acts import ActDesk, Draft
from metering.acts import ActKind
from metering.calendar import MeterZone
from metering.continuous_operation import OperationLimits, OperationSheet
from metering.errors import ConfigurationError
from metering.requests import PollRequest, RequestKind
from storage.acts import Acts, Annulment, NewAct, StoredAct
from storage.live_polls import MeteredPoint
from storage.pool import Database
from storage.usage_points import Registry
from teplo import act_file
from teplo.act_file import ActFile
from teplo.act_report import print_acts, print_contents, print_reasons, print_sheet
from teplo.command_group import command_group
from teplo.commands.ask import awaited
from teplo.composition import clock, texts
from teplo.moments import moment_in
from teplo.operators import named
from teplo.registered import registered_point
from teplo.settings import read_settings
from teplo.survey import rule_of
from teplo.with_database import with_database

LONGEST_REASON: Final = 2000
MOST: Final = 1000
NOT_MET: Final = 1
"""The exit code of a sheet that does not allow an admission, and of a form that nothing filled."""

Point = Annotated[str, typer.Argument(help="Code of the usage point.")]
By = Annotated[
    str, typer.Option("--by", help="Who does it; it stands in the act and in the journal.", callback=named)
]

act = command_group("act", "Acts: admission to commercial use, withdrawal, inspection.")


@act.command()
def draft(
    point: Point,
    kind: Annotated[ActKind, typer.Argument(help="Which form.")],
    file: Annotated[Path | None, typer.Option(help="Write the form there, to be completed by hand.")] = None,
    ask: Annotated[bool, typer.Option(help="Read the meter now; else its last poll fills the form.")] = True,
    operator: Annotated[str, typer.Option(help="Who asks.", callback=named)] = "command line",
) -> None:
    """Fill a form from one live poll, and name everything that does not fit together."""
    _ = texts()
    found = with_database(lambda one: _draft(one, point, kind, operator if ask else None), operator)
    print_contents(found.contents, _)
    print_reasons(found.mismatches, _)
    if file is not None:
        act_file.write(file, ActFile(point, kind, found.poll_id, found.contents))


@act.command()
def register(
    file: Annotated[Path, typer.Argument(help="The form that `teplo act draft` wrote, completed.")],
    at: Annotated[str, typer.Option(help="From when on it counts, by the point's zone: 2026-01-31T15:00.")],
    by: By,
    number: Annotated[str, typer.Option(help="Left out: the next one of its series.")] = "",
    in_spite_of: Annotated[
        str, typer.Option(help="Why an admission is signed though something hinders it.")
    ] = "",
) -> None:
    """Register an act. It is never changed, only annulled."""
    form = act_file.read(file)
    reason = _reason(in_spite_of) if in_spite_of else ""

    async def store(database: Database) -> StoredAct:
        desk, since = _desk(database), await _at(database, form.point, at)
        point = await _point(database, form.point, since)
        return await desk.register(
            NewAct(
                kind=form.kind,
                usage_point_id=point.usage_point_id,
                meter_id=point.meter_id,
                at=since,
                contents=replace(form.contents, in_spite_of=reason),
                entered_by=by,
                entered_at=clock(),
                number=number.strip(),
                poll_id=form.poll,
            )
        )

    stored = with_database(store, by)
    print_acts([stored], texts())


@act.command(name="list")
def list_acts(
    point: Annotated[str, typer.Option(help="Of this usage point alone.")] = "",
    kind: Annotated[ActKind | None, typer.Option(help="Of this kind alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST)] = 100,
) -> None:
    """The acts that were registered last, annulled ones too."""

    async def found(database: Database) -> list[StoredAct]:
        point_id = (await registered_point(database, point)).id if point else None
        return list(await Acts(database).list(point_id, kind, limit=limit))

    print_acts(with_database(found), texts())


@act.command()
def annul(
    number: Annotated[str, typer.Argument(help="Number of the act.")],
    because: Annotated[str, typer.Option(help="Why it does not count.")],
    by: By,
) -> None:
    """Take an act back: it counts no more, and stays in the list with the reason."""
    annulment = Annulment(clock(), by, _reason(because))

    async def take_back(database: Database) -> StoredAct | None:
        acts = Acts(database)
        known = await acts.of_number(number)
        return await acts.annul(known.id, annulment) if known else None

    annulled = with_database(take_back, by)
    if annulled is None:
        raise ConfigurationError(f"There is no act {number}; `teplo act list` shows those there are.")
    print_acts([annulled], texts())


@act.command(name="operation-sheet")
def show_operation_sheet(
    point: Point,
    at: Annotated[str, typer.Option(help="The admission, by the point's zone: 2026-01-31T15:00.")],
    smallest_flow: Annotated[str, typer.Option(help="Qmin of the passport, m³/h.")] = "",
    largest_flow: Annotated[str, typer.Option(help="Qmax of the passport, m³/h.")] = "",
) -> None:
    """The hours before an admission, 72 or with hot water 168, and a verdict on each requirement."""
    limits = OperationLimits(_flow(smallest_flow), _flow(largest_flow))

    async def judged(database: Database) -> OperationSheet:
        admitted_at = await _at(database, point, at)
        return await _desk(database).sheet(await _point(database, point, admitted_at), admitted_at, limits)

    sheet = with_database(judged)
    print_sheet(sheet, texts())
    if not sheet.met:
        raise typer.Exit(NOT_MET)


def _desk(database: Database) -> ActDesk:
    return ActDesk(database, rule_of(read_settings()))


async def _draft(database: Database, code: str, kind: ActKind, operator: str | None) -> Draft:
    """`operator` asks for the meter to be read now; None: its last poll fills the form."""
    desk, point = _desk(database), await _point(database, code, clock())
    if operator is None:
        poll_id, told = await desk.newest_poll(point), ""
    else:
        poll_id, told = await _live(database, point, operator)
    found = await desk.draft(kind, point, poll_id)
    if found is None:
        raise ConfigurationError(
            f"Meter {point.registered.serial} said nothing. {told} `--no-ask` takes what it said last."
        )
    return found


async def _live(database: Database, point: MeteredPoint, operator: str) -> tuple[UUID, str]:
    """The poll that asked the meter just now, and what was told of it."""
    meter = await Registry(database).meter(point.meter_id)
    if meter is None:
        raise ConfigurationError(f"Meter {point.registered.serial} is gone from the registry.")
    request = PollRequest(uuid4(), meter.id, RequestKind.NOW, operator, clock())
    ended = await awaited(request, meter, database)
    if ended.poll_id is None:
        raise ConfigurationError(f"Nobody asked meter {meter.serial}. {ended.message}".rstrip())
    return ended.poll_id, ended.message


async def _point(database: Database, code: str, at: datetime) -> MeteredPoint:
    return await _desk(database).point((await registered_point(database, code)).id, at)


async def _at(database: Database, code: str, written: str) -> datetime:
    return moment_in(MeterZone((await registered_point(database, code)).zone), written)


def _flow(written: str) -> Decimal | None:
    try:
        flow = Decimal(written) if written else None
    except InvalidOperation as error:
        raise ConfigurationError(f"{written!r} is no flow; write it like 0.6.") from error
    if flow is not None and not (flow.is_finite() and 0 <= flow <= 100_000):
        raise ConfigurationError(f"A flow is from 0 to 100000 m³/h, not {written}.")
    return flow


def _reason(written: str) -> str:
    if not 0 < len(written.strip()) <= LONGEST_REASON:
        raise ConfigurationError(f"A reason has 1 to {LONGEST_REASON} characters.")
    return written.strip()

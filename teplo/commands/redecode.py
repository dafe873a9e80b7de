"""`teplo redecode`: decode the past again after a driver was mended; see what changes, then write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from metering.differences import Decoded, Difference
from protocols import catalogue
from storage.pool import Database
from storage.redecoding import KeptPoll, Redecoding, Wanted
from teplo.composition import clock, texts
from teplo.progress import counting
from teplo.redecoding import Again, End, Findings, compare, write
from teplo.texts import Translate, mark
from teplo.with_database import with_database

ENDS: Final[Mapping[End, str]] = {
    End.DONE: mark("decoded again"),
    End.CUT: mark("decoded again as far as they went then"),
    End.UNASKED: mark("cannot be decoded again from these bytes: the driver asks what was not asked then"),
    End.NOT_UNDERSTOOD: mark("not understood"),
}


def redecode(
    model: Annotated[str, typer.Option("--model", "-m", help="Whose driver was mended; see `teplo models`.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, UTC.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, UTC; today.")
    ] = None,
    meter: Annotated[str, typer.Option(help="Serial number of one meter; all of the model.")] = "",
    write: Annotated[bool, typer.Option("--write", help="Write what changes, after showing it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Decode the polls of a model's meters again from the frames that were kept, and show what changes.

    Nothing is written without --write; with it, old values are kept as revisions.
    """
    catalogue.driver(model)
    last = until.date() if until else clock().date()
    wanted = Wanted(model, _midnight(since.date()), _midnight(last + timedelta(days=1)), meter)
    with_database(lambda database: _redecode(database, wanted, write=write, as_json=as_json))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def _redecode(database: Database, wanted: Wanted, *, write: bool, as_json: bool) -> None:
    findings = await _compare(database, wanted)
    print(json.dumps(_as_json(findings), ensure_ascii=False)) if as_json else _print(findings, texts())
    if write and findings.changed:
        written = await _write(database, wanted, findings)
        _ = texts()
        Console(stderr=True, highlight=False).print(_("{count} values written").format(count=written))


async def _compare(database: Database, wanted: Wanted) -> Findings:
    (polls, _held), _ = await Redecoding(database).count(wanted), texts()
    with counting() as progress:
        task = progress.add_task(_("polls decoded again"), total=polls)
        return await compare(database, wanted, lambda done: progress.advance(task, done))


async def _write(database: Database, wanted: Wanted, findings: Findings) -> int:
    _ = texts()
    with counting() as progress:
        task = progress.add_task(_("polls written"), total=len(findings.changed))
        return await write(database, wanted, findings.changed, lambda done: progress.advance(task, done))


def _print(findings: Findings, _: Translate) -> None:
    console = Console(highlight=False)
    if not findings.ends and not findings.held:
        console.print(_("No frames of such polls are kept: nothing to decode."))
        return
    if findings.shown:
        console.print(_differences(findings, _))
    if findings.values > len(findings.shown):
        rest = findings.values - len(findings.shown)
        console.print(_("and {count} more values").format(count=rest), markup=False)
    console.print(_totals(findings, _))
    for one in findings.named:
        which = f"{one.poll.serial} {one.poll.started_at:%Y-%m-%d %H:%M} {one.poll.id}"
        console.print(f"{which}: {_(ENDS[one.end])}. {one.message}", markup=False)


def _differences(findings: Findings, _: Translate) -> Table:
    headings = (_("serial"), _("kind"), _("slot, UTC"), _("circuit"), _("quantity"), _("stored"), _("now"))
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for poll, one in findings.shown:
        key = one.key
        kind = key.kind.value if key.kind else _("current")
        where = poll.serial, kind, f"{key.at:%Y-%m-%d %H:%M}", str(key.circuit), key.quantity
        table.add_row(*where, _text(one.old), _text(one.new))
    return table


def _totals(findings: Findings, _: Translate) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_header=False, padding=(0, 1, 0, 0))
    for end, count in findings.ends.items():
        table.add_row(_("polls"), _(ENDS[end]), str(count))
    if findings.held:
        table.add_row(_("polls"), _("left alone: in quarantine"), str(findings.held))
    for quantity, count in sorted(findings.quantities.items()):
        table.add_row(_("changed values"), quantity, str(count))
    table.add_row(_("changed values"), _("in all"), str(findings.values))
    return table


def _text(decoded: Decoded | None) -> str:
    if decoded is None:
        return "-"
    return format(decoded.value, "f") if decoded.value is not None else str(decoded.absence)


def _as_json(findings: Findings) -> dict[str, Any]:
    return {
        "polls": {end.value: findings.ends[end] for end in End},
        "held": findings.held,
        "values": findings.values,
        "quantities": dict(sorted(findings.quantities.items())),
        "differences": [_difference(poll, one) for poll, one in findings.shown],
        "named": [_named(one) for one in findings.named],
    }


def _difference(poll: KeptPoll, one: Difference) -> dict[str, Any]:
    key = one.key
    return {
        "serial": poll.serial,
        "poll": str(poll.id),
        "kind": key.kind.value if key.kind else "current",
        "at": key.at.isoformat(),
        "circuit": key.circuit,
        "quantity": key.quantity,
        "old": None if one.old is None else _text(one.old),
        "new": None if one.new is None else _text(one.new),
    }


def _named(one: Again) -> dict[str, Any]:
    return {
        "serial": one.poll.serial,
        "poll": str(one.poll.id),
        "started_at": one.poll.started_at.isoformat(),
        "end": one.end.value,
        "message": one.message,
    }

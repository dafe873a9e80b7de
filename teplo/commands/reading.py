"""`teplo reading`: registers that people report, entered one by one or from a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from metering.reported import Report, ReportedReading, ReportSource
from metering.reported_rows import BadRow, register_of, reported_rows
from storage.pool import Database
from storage.reported_imports import ReportedImports
from storage.reported_readings import ReportedReadings
from teplo.bounded_file import text_of
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.moments import moment_in
from teplo.operators import named
from teplo.registered import registered_point
from teplo.texts import Translate
from teplo.with_database import with_database

LARGEST_FILE: Final = 2_000_000
LATELY: Final = timedelta(days=400)
MOST_SHOWN: Final = 1000

Point = Annotated[str, typer.Argument(help="Code of the usage point.")]
Operator = Annotated[str, typer.Option(help="Who enters it; it stands with the reading.", callback=named)]

reading = command_group("reading", "Readings that people report: enter, take over, withdraw, list.")


@reading.command()
def enter(
    point: Point,
    at: Annotated[str, typer.Argument(help="When it was read; without a zone, the usage point's time.")],
    value: Annotated[str, typer.Argument(help="The register, like 123.4.")],
    source: Annotated[ReportSource, typer.Option(help="By which way it came.")],
    operator: Operator,
    unit: Annotated[str, typer.Option(help="Left out: the canonical one, Gcal.")] = "",
    quantity: Annotated[str, typer.Option(help="Left out: what the point is billed by.")] = "",
    note: Annotated[str, typer.Option(help="Anything to know of it.")] = "",
) -> None:
    """Store a register that somebody told."""
    register = _number(value)

    async def store(database: Database) -> ReportedReading:
        found = await registered_point(database, point)
        when = moment_in(MeterZone(found.zone), at)
        told = Report(when, register, source, unit or None, quantity or None, note=note)
        return await ReportedReadings(database).enter(found.id, told, operator, clock())

    _print([with_database(store, operator)], texts())


@reading.command(name="import")
def take_over(
    table: Annotated[Path, typer.Argument(help="CSV in UTF-8; see docs/how-to/enter-reported-readings.md.")],
    operator: Operator,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would become of it.")] = False,
) -> None:
    """Take over a table: all of it or, when a row is bad, nothing."""
    rows, bad = reported_rows(text_of(table, LARGEST_FILE))

    async def store(database: Database) -> list[BadRow]:
        imports = ReportedImports(database)
        return await imports.take_over(rows, operator, clock(), dry_run=dry_run or bool(bad))

    bad += with_database(store, operator)
    _ = texts()
    for one in sorted(bad, key=lambda one: one.number):
        print(_("row {number}: {why}").format(number=one.number, why=one.why))
    if bad:
        raise ConfigurationError(f"{len(bad)} rows are bad; nothing was stored.")
    print((_("{count} rows are good.") if dry_run else _("{count} rows stored.")).format(count=len(rows)))


@reading.command()
def withdraw(
    number: Annotated[int, typer.Argument(help="Of the reading, see `teplo reading list`.")],
    because: Annotated[str, typer.Option(help="Why it does not count.")],
    operator: Operator,
) -> None:
    """From now on it does not count; it stays on record."""

    async def take_back(database: Database) -> ReportedReading | None:
        return await ReportedReadings(database).withdraw(number, because, operator, clock())

    found = with_database(take_back, operator)
    if found is None:
        raise ConfigurationError(f"There is no reported reading {number}.")
    _print([found], texts())


@reading.command(name="list")
def list_readings(point: Point) -> None:
    """What was reported of a usage point lately, withdrawn ones included."""

    async def lately(database: Database) -> list[ReportedReading]:
        found, now = await registered_point(database, point), clock()
        return await ReportedReadings(database).page(found.id, now - LATELY, now, limit=MOST_SHOWN)

    _print(with_database(lately), texts())


def _number(text: str) -> Decimal:
    try:
        return register_of(text)
    except ValueError as error:
        raise ConfigurationError(f"{error}.") from error


def _print(readings: Sequence[ReportedReading], _: Translate) -> None:
    headings = (_("number"), _("read at, UTC"), _("level"), _("source"), _("entered by"), _("withdrawn"))
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for one in readings:
        table.add_row(
            str(one.id),
            f"{one.at:%Y-%m-%d %H:%M}",
            f"{one.raw_value:f} {one.raw_unit}",
            one.source.value,
            one.entered_by,
            one.withdrawn.because if one.withdrawn else "",
        )
    Console(highlight=False).print(table)

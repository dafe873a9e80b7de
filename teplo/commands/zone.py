"""`teplo zone`: changes of the zones in which meters' clocks are set, by law or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from storage.pool import Database
from storage.registered import Meter
from storage.zones import Change, EnteredChange, Zones
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.registered import registered_meter
from teplo.texts import Translate
from teplo.with_database import with_database

MOST_NAMED: Final = 5
LONGEST_BY: Final = 200

zone = command_group(
    "zone", "Zones of meters' clocks: a change by law, one meter's clock set over, the history."
)

Serial = Annotated[str, typer.Argument(help="Serial number of the meter.")]
Model = Annotated[str, typer.Option(help="Where two makes have a meter of this number.")]
To = Annotated[str, typer.Option("--to", help="The zone from then on: +05:00 or Asia/Almaty.")]
Since = Annotated[str, typer.Option(help="From when on, with an offset: 2024-03-01T00:00+06:00.")]
By = Annotated[str, typer.Option(help="The law, or who set the clock over; it is kept.")]


@zone.command()
def change(
    before: Annotated[str, typer.Option("--from", help="The zone until then, as it is registered.")],
    to: To,
    since: Since,
    by: By,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
) -> None:
    """Enter a law: every meter whose clock is set in the one zone is set in the other from then on.

    Before it comes into force, so that no record read after it is put into the wrong hour.
    """
    law = _change(since, to, by)
    if MeterZone(before).name == to:
        raise ConfigurationError(f"--from and --to are both {to}: nothing would change.")
    meters, points = with_database(lambda one: _decree(Zones(one), before, law, dry_run))
    _print_law(meters, law, points, dry_run, texts())


@zone.command(name="set")
def set_zone(serial: Serial, to: To, since: Since, by: By, model: Model = "") -> None:
    """Write down that one meter's clock was set over to another zone. Nothing is written to the meter."""
    changed = _change(since, to, by)
    meter, entered = with_database(lambda one: _set(one, serial, model, changed))
    _print_history(meter, entered, texts())


@zone.command()
def show(serial: Serial, model: Model = "") -> None:
    """The zone in which a meter's clock is set, with all its changes."""
    _print_history(*with_database(lambda one: _history(one, serial, model)), texts())


def _change(since: str, to: str, by: str) -> Change:
    if not 0 < len(by.strip()) <= LONGEST_BY:
        raise ConfigurationError(f"--by has 1 to {LONGEST_BY} characters: the law, or who set the clock.")
    try:
        at = datetime.fromisoformat(since)
    except ValueError as error:
        raise ConfigurationError(
            f"--since {since} is no moment; write it with an offset, like 2024-03-01T00:00+06:00."
        ) from error
    return Change(at, to, by.strip())


async def _decree(zones: Zones, before: str, law: Change, dry_run: bool) -> tuple[int, list[str]]:
    """How many meters change, and the usage points that the law leaves as they are."""
    if dry_run:
        meters = await zones.meters_in(before, law.since)
    else:
        meters = await zones.change_by_law(before, law, clock())
    return len(meters), await zones.usage_points_in(before)


async def _set(
    database: Database, serial: str, model: str, changed: Change
) -> tuple[Meter, Sequence[EnteredChange]]:
    meter = await registered_meter(database, serial, model)
    await Zones(database).change([meter.id], changed, clock())
    return await _history(database, serial, model)


async def _history(database: Database, serial: str, model: str) -> tuple[Meter, Sequence[EnteredChange]]:
    meter = await registered_meter(database, serial, model)
    return meter, await Zones(database).of_meter(meter.id)


def _print_law(meters: int, law: Change, points: Sequence[str], dry_run: bool, _: Translate) -> None:
    said = _("Meters that would change: {count}") if dry_run else _("Meters changed: {count}")
    console = Console(highlight=False)
    console.print(said.format(count=meters))
    if points:
        named = ", ".join(points[:MOST_NAMED]) + (", ..." if len(points) > MOST_NAMED else "")
        told = _(
            "Usage points that keep this zone until the registry file gives them another: {count} ({codes})"
        )
        console.print(told.format(count=len(points), codes=named), markup=False)


def _print_history(meter: Meter, entered: Sequence[EnteredChange], _: Translate) -> None:
    console = Console(highlight=False)
    console.print(f"{meter.model} {meter.serial}: {meter.zone}", markup=False)
    table = Table(_("since, UTC"), _("zone"), _("by"), _("entered at, UTC"), box=box.SIMPLE_HEAD)
    for one in entered:
        since, at = one.change.since.astimezone(UTC), one.entered_at
        table.add_row(f"{since:%Y-%m-%d %H:%M:%S}", one.change.zone, one.change.by, f"{at:%Y-%m-%d %H:%M}")
    if entered:
        console.print(table)

"""`teplo clock`: set the clock of one meter by name, and the journal of all that were set."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from collector.supervisor import wait
from metering.errors import ConfigurationError
from protocols import catalogue
from storage.clock_settings import ClockSetting, ClockSettings, ClockState
from storage.jobs import OPERATORS_PRIORITY, Jobs
from storage.pool import Database
from storage.usage_points import Registry
from teplo.command_group import command_group
from teplo.composition import clock as now
from teplo.composition import texts
from teplo.operators import named
from teplo.registered import polled_meter
from teplo.texts import Translate, mark
from teplo.with_database import with_database

SOON: Final = timedelta(seconds=20)
"""A collector that is alive and free takes a request up before that."""
MOST_SHOWN: Final = 100
NOT_SET: Final = 1
"""The exit code of a request that ended in any other way than with the clock set."""
STATES: Final[Mapping[ClockState, str]] = {
    ClockState.QUEUED: mark("waiting"),
    ClockState.RUNNING: mark("under way"),
    ClockState.SET: mark("set"),
    ClockState.REFUSED: mark("nothing was written"),
    ClockState.FAILED: mark("failed"),
}

clock = command_group("clock", "Clocks of meters: set one by name, and the journal.")


@clock.command(name="set")
def set_clock(
    serial: Annotated[str, typer.Argument(help="Serial number of the one meter whose clock is to be set.")],
    operator: Annotated[str, typer.Option(help="Who asks for it; it stands in the journal.", callback=named)],
    model: Annotated[str, typer.Option(help="Where two makes have a meter of this number.")] = "",
    across_hour: Annotated[
        bool, typer.Option("--across-hour", help="Also over a full hour, at the cost of an archive record.")
    ] = False,
) -> None:
    """Set the clock of one registered meter to the time of its zone, by the collector of its line.

    The only write to a meter that there is: off unless the collector runs with TEPLO_SET_CLOCKS=true.
    """
    done = with_database(lambda one: _set(one, serial, model, operator, across_hour), operator)
    _print([done], texts())
    if done.result.state is not ClockState.SET:
        raise typer.Exit(NOT_SET)


@clock.command()
def journal(
    serial: Annotated[str, typer.Argument(help="Of this meter alone.")] = "",
) -> None:
    """Every clock that was to be set, newest first: who asked, when, and what came of it."""
    _print(with_database(lambda database: _journal(database, serial)), texts())


async def _set(database: Database, serial: str, model: str, operator: str, across_hour: bool) -> ClockSetting:
    meter, clocks = await polled_meter(database, serial, model), ClockSettings(database)
    if not catalogue.driver(meter.model).info.sets_clock:
        raise ConfigurationError(f"No document of the maker says how the clock of a {meter.model} is set.")
    identifier = await clocks.request(meter.id, operator, now(), across_hour=across_hour)
    line = await Registry(database).line(meter.line_id)
    await Jobs(database).request_line(meter.line_id, line.queue if line else None, OPERATORS_PRIORITY)
    return await _finished(identifier, clocks)


async def _finished(identifier: UUID, clocks: ClockSettings) -> ClockSetting:
    _, asked_at = texts(), now()
    with Console(stderr=True).status(_("waiting for the line")) as status:
        while True:
            setting = await clocks.get(identifier)
            if setting is None:
                raise ConfigurationError(f"The request {identifier} is gone from the database.")
            if setting.finished_at is not None:
                return setting
            if now() - asked_at > SOON:
                status.update(_("waiting for the line; is its collector running?"))
            await wait(asyncio.Event(), 0.5)


async def _journal(database: Database, serial: str) -> list[ClockSetting]:
    entries = ClockSettings(database)
    if not serial:
        return await entries.journal(limit=MOST_SHOWN)
    meters = await Registry(database).meters_of_serial(serial)
    return [one for meter in meters for one in await entries.journal(meter.id, MOST_SHOWN)]


def _print(settings: Sequence[ClockSetting], _: Translate) -> None:
    headings = (_("asked at, UTC"), _("by"), _("serial"), _("result"), _("before"), _("after"), _("message"))
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for one in settings:
        table.add_row(
            f"{one.requested_at:%Y-%m-%d %H:%M}",
            one.operator,
            one.serial,
            _(STATES[one.result.state]),
            _moment(one.result.before),
            _moment(one.result.after),
            one.result.message,
        )
    Console(highlight=False).print(table)


def _moment(meter_time: datetime | None) -> str:
    return "-" if meter_time is None else f"{meter_time:%Y-%m-%d %H:%M:%S}"

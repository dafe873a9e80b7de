"""`teplo replace`: a meter is replaced by another one, with the registers of both at that moment."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from getpass import getuser
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from collector.links.url import LineUrl
from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from metering.quantities import QUANTITIES, REGISTERS
from metering.readings import MeterValue
from storage.boundary_registers import BoundaryRegister, Side
from storage.pool import Database, acting
from storage.replacements import NewMeter, Replaced, Replacement, Replacements
from storage.usage_points import Meter, Registry
from teplo.addresses import check_address
from teplo.composition import clock, texts
from teplo.settings import settings_with_database
from teplo.texts import Translate, mark

LONGEST_NAME: Final = 80
LONGEST_NOTE: Final = 2000
REGISTER: Final = re.compile(
    r"(?P<name>[a-z_]{1,40})=(?P<level>\d{1,18}(\.\d{1,12})?)(?P<unit>[^\d:=][^:=]{0,19})?(:(?P<circuit>[1-9]\d?))?",
    re.ASCII,
)
SIDES: Final = {Side.CLOSING: mark("closing"), Side.OPENING: mark("opening")}

Registers = list[str] | None


def replace(
    old: Annotated[str, typer.Argument(help="Serial number of the meter that goes.")],
    new: Annotated[str, typer.Argument(help="Serial number of the meter that comes.")],
    at: Annotated[
        str, typer.Option(help="When, with an offset: 2026-01-16T12:00+05:00; now if left out.")
    ] = "",
    closing: Annotated[
        Registers, typer.Option(help="energy_heating=120.5Gcal, :2 behind it: circuit 2.")
    ] = None,
    opening: Annotated[Registers, typer.Option(help="The same of the meter that comes.")] = None,
    model: Annotated[str, typer.Option(help="Model of the new meter, if it is another one.")] = "",
    old_model: Annotated[str, typer.Option(help="Where two makes have a meter of the old number.")] = "",
    address: Annotated[str, typer.Option(help="Its address on the line, if it is another one.")] = "",
    line: Annotated[str, typer.Option(help="URL of its line, if it is another one.")] = "",
    zone: Annotated[str, typer.Option(help="Zone of its clock, if it is another one.")] = "",
    by: Annotated[str, typer.Option(help="Who says so; it stands in the journal.")] = "",
    note: Annotated[str, typer.Option(help="E.g. the number of the act.")] = "",
) -> None:
    """Replace a meter in one act. Registers that are not told are taken from a live poll near that moment."""
    who = _name(by or getuser())
    if len(note) > LONGEST_NOTE:
        raise ConfigurationError(f"--note has {LONGEST_NOTE} characters at most.")
    moment = _moment(at) if at else clock()
    last, first = (tuple(_register(one) for one in side or ()) for side in (closing, opening))
    wanted = NewMeter(new, model, address, zone=MeterZone(zone).name if zone else "")

    async def act() -> Replaced:
        acting(who)
        async with Database(settings_with_database().database_url) as database:
            meter = await _meter(database, old, old_model)
            check_address(model or meter.model, address or meter.address)
            coming = await _on_line(database, wanted, line)
            replacement = Replacement(meter.id, coming, moment, who, clock(), last, first, note)
            return await Replacements(database).replace(replacement)

    _print(asyncio.run(act()), texts())


async def _meter(database: Database, serial: str, model: str) -> Meter:
    meters = await Registry(database).meters_of_serial(serial)
    found = [one for one in meters if model in ("", one.model)]
    if len(found) != 1:
        many = f"{len(found)} meters have" if found else "No registered meter has"
        raise ConfigurationError(
            f"{many} the serial number {serial}; compare the registry, or name --old-model."
        )
    return found[0]


async def _on_line(database: Database, new: NewMeter, url: str) -> NewMeter:
    if not url:
        return new
    line = await Registry(database).line_at(LineUrl.parse(url).endpoint)
    if line is None:
        raise ConfigurationError(f"The line {url} is not registered; register it before its meters.")
    return NewMeter(new.serial, new.model, new.address, line.id, new.zone)


def _moment(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError as error:
        raise ConfigurationError(f"--at {written} is no moment; write 2026-01-16T12:00+05:00.") from error
    if at.tzinfo is None:
        raise ConfigurationError(f"--at {written} needs an offset; write 2026-01-16T12:00+05:00.")
    return at


def _register(written: str) -> MeterValue:
    """Like energy_heating=120.5Gcal or energy_heating=120.5Gcal:2."""
    found = REGISTER.fullmatch(written)
    if found is None or found["name"] not in REGISTERS:
        raise ConfigurationError(
            f"{written[:LONGEST_NAME]!r} is no register; write it like energy_heating=120.5Gcal. Names: "
            f"{', '.join(REGISTERS)}."
        )
    quantity = QUANTITIES[found["name"]]
    unit, circuit = found["unit"] or quantity.canonical_unit, int(found["circuit"] or 1)
    return MeterValue(quantity, unit, Decimal(found["level"]), circuit=circuit)


def _name(by: str) -> str:
    if not 0 < len(by.strip()) <= LONGEST_NAME:
        raise ConfigurationError(f"--by is a name of 1 to {LONGEST_NAME} characters.")
    return by.strip()


def _print(done: Replaced, _: Translate) -> None:
    table = Table(*_headings(_), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for one in done.registers:
        table.add_row(*_row(one, _))
    Console(highlight=False).print(table)
    print(_("The meter is replaced."))


def _headings(_: Translate) -> Sequence[str]:
    return _("side"), _("circuit"), _("quantity"), _("value"), _("unit"), _("poll")


def _row(one: BoundaryRegister, _: Translate) -> Sequence[str]:
    unit = QUANTITIES[one.quantity].canonical_unit
    poll = str(one.poll_id) if one.poll_id else _("by hand")
    return _(SIDES[one.side]), str(one.circuit), one.quantity, f"{one.value:f}", unit, poll

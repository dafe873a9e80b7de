"""`teplo replace`: a meter is replaced by another one, with the registers of both at that moment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
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
from storage.pool import Database
from storage.replacements import NewMeter, Replaced, Replacement, Replacements
from storage.usage_points import Registry
from teplo.addresses import check_address
from teplo.composition import clock, texts
from teplo.operators import named_or_user
from teplo.registered import registered_meter
from teplo.texts import Translate, mark
from teplo.with_database import with_database

LONGEST_NOTE: Final = 2000
LONGEST_SHOWN: Final = 80
REGISTER: Final = re.compile(
    r"(?P<name>[a-z_]{1,40})=(?P<level>\d{1,18}(\.\d{1,12})?)(?P<unit>[^\d:=][^:=]{0,19})?(:(?P<circuit>[1-9]\d?))?",
    re.ASCII,
)
SIDES: Final = {Side.CLOSING: mark("closing"), Side.OPENING: mark("opening")}

Registers = list[str] | None
By = Annotated[str, typer.Option(help="Who says so; it stands in the journal.", callback=named_or_user)]


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
    by: By = "",
    note: Annotated[str, typer.Option(help="E.g. the number of the act.")] = "",
) -> None:
    """Replace a meter in one act. Registers that are not told are taken from a live poll near that moment."""
    if len(note) > LONGEST_NOTE:
        raise ConfigurationError(f"--note has {LONGEST_NOTE} characters at most.")
    moment = _moment(at) if at else clock()
    last, first = (tuple(_register(one) for one in side or ()) for side in (closing, opening))
    wanted = NewMeter(new, model, address, zone=MeterZone(zone).name if zone else "")

    async def act(database: Database) -> Replaced:
        meter = await registered_meter(database, old, old_model, option="--old-model")
        check_address(model or meter.model, address or meter.address)
        coming = await _on_line(database, wanted, line)
        replacement = Replacement(meter.id, coming, moment, by, clock(), last, first, note)
        return await Replacements(database).replace(replacement)

    _print(with_database(act, by), texts())


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
            f"{written[:LONGEST_SHOWN]!r} is no register; write it like energy_heating=120.5Gcal. Names: "
            f"{', '.join(REGISTERS)}."
        )
    quantity = QUANTITIES[found["name"]]
    unit, circuit = found["unit"] or quantity.canonical_unit, int(found["circuit"] or 1)
    return MeterValue(quantity, unit, Decimal(found["level"]), circuit=circuit)


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

"""`teplo modem`: modems that are known, strangers that connected, and registering one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from collector.links.url import LineUrl
from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from storage.modem_rows import Modem, ModemState
from storage.modems import Modems
from storage.pool import Database
from storage.quarantine import Quarantine, Stranger
from storage.usage_points import Registry
from teplo.addresses import check_address
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.modem_file import read_allowance
from teplo.texts import Translate, mark
from teplo.with_database import with_database

MOST_SHOWN: Final = 1000
SHOWN_HELLO: Final = 24
STATES: Final[Mapping[ModemState, str]] = {
    ModemState.FREE: mark("free"),
    ModemState.IN_CALL: mark("in a call"),
    ModemState.RESTING: mark("resting"),
    ModemState.CONNECTED: mark("connected"),
    ModemState.AWAY: mark("away"),
    ModemState.ON_DEMAND: mark("on demand"),
}

modem = command_group("modem", "Modems: ours, those on site, and strangers.")


@modem.command(name="list")
def list_modems(
    search: Annotated[str, typer.Argument(help="Part of an identity, number, site or note.")] = "",
) -> None:
    """Every modem that is known, with its state and last contact."""
    modems = with_database(lambda one: Modems(one).list(limit=MOST_SHOWN, search=search))
    _ = texts()
    _print_modems(modems, clock(), _)


@modem.command()
def strangers() -> None:
    """Modems that connected to us and are not registered."""
    seen = with_database(lambda one: Quarantine(one).list(limit=MOST_SHOWN))
    _ = texts()
    for one in seen:
        print(_sentence(one, _))
    if any(one.kind for one in seen):
        print(_("Register one of them: teplo modem register IDENTITY --meter 'MODEL SERIAL ADDRESS'"))
    if not all(one.kind for one in seen):
        print(_("Registration texts are recognised on an address with hello=registration or a pattern."))
    if not seen:
        print(_("Nobody unknown has connected."))


@modem.command()
def register(
    identity: Annotated[str, typer.Argument(help="What it says: IMEI, ICCID or its registration text.")],
    meter: Annotated[
        list[str] | None, typer.Option(help="A meter behind it: 'MODEL SERIAL ADDRESS'; may be repeated.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Zone of the meters' clocks.")] = "Asia/Almaty",
    options: Annotated[str, typer.Option(help="Options of the line's URL: silence=300&timeout=10")] = "",
    site: Annotated[str, typer.Option(help="Where it is.")] = "",
    phone: Annotated[str, typer.Option(help="Number of its SIM card.")] = "",
    sim: Annotated[str, typer.Option(help="ICCID of its SIM card.")] = "",
    allowance: Annotated[str, typer.Option(help="Traffic of the SIM's month: 50 MB")] = "",
) -> None:
    """Register a modem that connects to us, with its meters; its waiting connection is taken up at once."""
    url = LineUrl.parse(f"inbound:{quote(identity)}" + (f"?{options}" if options else ""))
    meters = [_meter(text) for text in meter or ()]
    MeterZone(zone)
    plan = _allowance(allowance)

    async def store(database: Database) -> int:
        line_id = await Registry(database).add_line(url.text, url.endpoint)
        await Modems(database).describe(line_id, site=site, phone=phone, iccid=sim, allowance=plan)
        for model, serial, address in meters:
            await Registry(database).add_meter(serial, model, address, line_id, zone)
        await Quarantine(database).forget(identity)
        return line_id

    line_id = with_database(store)
    _ = texts()
    done = _("registered: line {line}, {url}, meters: {meters}")
    print(done.format(line=line_id, url=url.text, meters=len(meters)))


def _meter(text: str) -> tuple[str, str, str]:
    parts = text.split()
    if len(parts) != 3:
        raise ConfigurationError(
            f"--meter {text!r} is not a model, a serial number and an address with blanks between them, like "
            "'kamstrup-multical-601 06855817 1'."
        )
    model, serial, address = parts
    check_address(model, address)
    return model, serial, address


def _allowance(written: str) -> int | None:
    try:
        return read_allowance(written) if written else None
    except ValueError as error:
        raise ConfigurationError(f"--allowance: {error}.") from error


def _sentence(one: Stranger, _: Translate) -> str:
    if one.kind:
        text = _(
            "{identity}: seen {times} times since {first} UTC, last {last} UTC from {address}, says {kind}"
        )
    else:
        text = _(
            "{identity}: seen {times} times since {first} UTC, last {last} UTC, says nothing we know: {hello}"
        )
    return text.format(
        identity=one.identity,
        times=one.times,
        first=f"{one.first_at:%Y-%m-%d %H:%M}",
        last=f"{one.last_at:%Y-%m-%d %H:%M}",
        address=one.address,
        kind=one.kind.upper(),
        hello=_shown(one.hello[:SHOWN_HELLO]),
    )


def _shown(hello: bytes) -> str:
    """The bytes, and what they say where they are text; "-" for none."""
    text = hello.decode("ascii", "replace")
    said = f' "{text}"' if text.isprintable() and text.isascii() else ""
    return f"{hello.hex(' ').upper()}{said}" if hello else "-"


def _print_modems(modems: Sequence[Modem], now: datetime, _: Translate) -> None:
    headings = (_("state"), _("site"), _("phone"), _("operator"), _("last contact"), _("fault"))
    rows = [(one.identity, *_particulars(one, now, _)) for one in modems]
    told = [number for number, heading in enumerate(headings, 1) if any(row[number] for row in rows)]
    # An identity is copied from here into other commands: it is kept in one piece.
    identity = Column(_("modem"), no_wrap=True, min_width=max((len(row[0]) for row in rows), default=0))
    rest = (Column(headings[number - 1], overflow="fold") for number in told)
    table = Table(identity, *rest, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        table.add_row(row[0], *(row[number] or "-" for number in told))
    if rows:
        Console().print(table)
    print(_("{count} found.").format(count=len(modems)))


def _particulars(one: Modem, now: datetime, _: Translate) -> tuple[str, ...]:
    contact = "" if one.last_contact_at is None else _ago((now - one.last_contact_at).total_seconds(), _)
    return _(STATES[one.state]), one.site, one.phone, one.operator, contact, one.fault


def _ago(seconds: float, _: Translate) -> str:
    if seconds < 3600:
        return _("{minutes:.0f} min ago").format(minutes=seconds / 60)
    return _("{hours:.0f} h ago").format(hours=seconds / 3600)

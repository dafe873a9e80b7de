"""`teplo check`: configuration, database and lines, with what is wrong and what to do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from collector.links.opening import link_for
from collector.links.url import LineUrl
from metering.errors import ModemAway, TeploError
from protocols import catalogue
from storage.modem_rows import Modem, ModemKind, ModemState, PoolSize
from storage.modems import Modems
from storage.pool import Database
from storage.registered import Line
from storage.usage_points import Registry
from teplo.composition import texts
from teplo.migrate import newest_revision
from teplo.settings import read_settings
from teplo.texts import Translate
from teplo.with_database import with_database

PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `problem` is empty when it is well."""

    subject: str
    problem: str = ""


def check(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Say what is wrong with the configuration, the database and the lines, and what to do."""
    findings = _all()
    if as_json:
        print(json.dumps([asdict(one) for one in findings], ensure_ascii=False))
    else:
        _print(findings, texts())
    if any(one.problem for one in findings):
        raise typer.Exit(1)


def _print(findings: list[Finding], _: Translate) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for one in findings:
        mark = Text(_("wrong"), "red") if one.problem else Text(_("well"), "green")
        console.print(mark, Text(": ".join(part for part in (one.subject, one.problem) if part)))


def _all() -> list[Finding]:
    findings = [_models()]
    try:
        url = read_settings().database_url
    except TeploError as error:
        return [*findings, Finding("settings", str(error))]
    if not url:
        problem = "TEPLO_DATABASE_URL is not set: name the database, or try `teplo demo` with its own."
        return [*findings, Finding("settings", problem)]
    return findings + with_database(_in_database)


async def _in_database(database: Database) -> list[Finding]:
    return [one async for one in _stored(database)]


def _models() -> Finding:
    try:
        return Finding(f"{len(catalogue.models())} models")
    except TeploError as error:
        return Finding("models", str(error))


async def _stored(database: Database) -> AsyncIterator[Finding]:
    state = await database.check()
    if not state.reachable:
        yield Finding("database", state.problem)
        return
    newest = newest_revision()
    problem = (
        ""
        if state.revision == newest
        else (f"its schema is at {state.revision or 'nothing'}, not at {newest}: run `teplo migrate`.")
    )
    yield Finding(f"database, {state.version}, TimescaleDB {state.timescale or 'none'}", problem)
    if problem:
        return
    modems = Modems(database)
    for pool in await modems.pools():
        yield await _pool(pool, modems)
    remote = {modem.line_id: modem async for modem in _remote(modems)}
    for line in await Registry(database).lines():
        yield await _line(line, remote.get(line.id))


async def _remote(modems: Modems) -> AsyncIterator[Modem]:
    last = 0
    while page := await modems.list(last, PAGE, ModemKind.REMOTE):
        for modem in page:
            yield modem
        last = page[-1].id


async def _pool(pool: PoolSize, modems: Modems) -> Finding:
    """A pool is well as long as one of its modems may dial."""
    subject = f"pool {pool.name}, {pool.modems} modems"
    if not pool.modems:
        return Finding(subject, "it has no modem: register one with [[pool.modem]].")
    resting = await modems.resting(pool.name)
    if len(resting) < pool.modems:
        return Finding(subject)
    faults = "; ".join(f"{one.url} until {one.rest_until:%H:%M:%S} UTC: {one.fault}" for one in resting)
    return Finding(subject, f"all its modems rest after failures: {faults}")


async def _line(line: Line, modem: Modem | None) -> Finding:
    subject = f"line {line.id}, {line.url}"
    try:
        url = LineUrl.parse(line.url)
        await KNOWN_BY.get(url.scheme, _opened)(url, modem)
    except TeploError as error:
        return Finding(subject, str(error))
    return Finding(subject)


async def _opened(url: LineUrl, modem: Modem | None) -> None:
    link = link_for(url)
    await link.open()
    await link.close()


async def _connected(url: LineUrl, modem: Modem | None) -> None:
    """A modem that calls a collector is well while it is connected."""
    if modem is None or modem.state is not ModemState.CONNECTED:
        heard = f"{modem.last_contact_at:%Y-%m-%d %H:%M} UTC" if modem and modem.last_contact_at else "never"
        raise ModemAway(
            f"its modem is not connected to any collector; last heard: {heard}. Check its power, its signal "
            "level, its SIM card's traffic and the address that it calls."
        )


async def _pushing(url: LineUrl, modem: Modem | None) -> None:
    """Nothing is opened: the broker is looked at by whoever reads from it."""


async def _called(url: LineUrl, modem: Modem | None) -> None:
    """A call costs money: its pool is looked at instead."""


KNOWN_BY: Final[Mapping[str, Callable[[LineUrl, Modem | None], Awaitable[None]]]] = {
    "inbound": _connected,
    "csd": _called,
    "mqtt": _pushing,
}
"""How a line is checked that cannot be opened from here."""

"""`teplo check`: configuration, database and lines, with what is wrong and what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from collector.links.opening import link_for
from collector.links.url import LineUrl
from metering.errors import TeploError
from protocols import catalogue
from storage.pool import Database
from storage.usage_points import Line, Registry
from teplo.composition import texts
from teplo.migrate import newest_revision
from teplo.settings import read_settings
from teplo.texts import Translate


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `problem` is empty when it is well."""

    subject: str
    problem: str = ""


def check(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Say what is wrong with the configuration, the database and the lines, and what to do."""
    findings = asyncio.run(_all())
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


async def _all() -> list[Finding]:
    findings = [_models()]
    try:
        url = read_settings().database_url
    except TeploError as error:
        return [*findings, Finding("settings", str(error))]
    if not url:
        problem = "TEPLO_DATABASE_URL is not set: name the database, or try `teplo demo` with its own."
        return [*findings, Finding("settings", problem)]
    async with Database(url) as database:
        return findings + [one async for one in _stored(database)]


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
    for line in await Registry(database).lines():
        yield await _line(line)


async def _line(line: Line) -> Finding:
    try:
        link = link_for(LineUrl.parse(line.url))
        await link.open()
        await link.close()
    except TeploError as error:
        return Finding(f"line {line.id}, {line.url}", str(error))
    return Finding(f"line {line.id}, {line.url}")

"""`teplo scan URL`: who answers on an M-Bus line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from collector.line_settings import LineSettings
from collector.links.opening import link_for
from collector.links.url import LineUrl
from collector.session import Session
from metering.readings import Record
from protocols import catalogue
from protocols.conversation import Conversation
from protocols.driver import LineDefaults
from protocols.mbus.driver import identity
from protocols.mbus.search import (
    ALL_PRIMARY,
    DECIMAL,
    HEXADECIMAL,
    Found,
    scan_primary,
    search_secondary,
)
from protocols.mbus.search import Progress as Watch
from teplo.composition import clock, texts
from teplo.progress import searching
from teplo.texts import Translate

PROBE = LineDefaults(timeout=0.5)
"""A search meets silence most of the time; a slower line says so by `?timeout=` in its URL."""


def scan(
    url: Annotated[str, typer.Argument(help="The line: tcp://10.0.0.5:4001, serial:/dev/ttyUSB0 ...")],
    primary: Annotated[bool, typer.Option(help="Ask every primary address, 0 to 250.")] = False,
    letters: Annotated[bool, typer.Option(help="Also identifications that hold letters.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Search an M-Bus line for meters, by secondary address or with --primary by every primary one."""
    found = asyncio.run(_search(LineUrl.parse(url), primary, letters))
    rows = [_row(one) for one in found]
    print(json.dumps(rows, ensure_ascii=False)) if as_json else _print(rows, texts())


async def _search(url: LineUrl, primary: bool, letters: bool) -> tuple[Found, ...]:
    link = link_for(url, PROBE)
    await link.open()
    try:
        session = Session(link, settings=LineSettings.of(url, PROBE), now=clock)
        with searching() as progress:
            task = progress.add_task("searching", total=None, found=0)

            def watch(done: int, total: int, found: int) -> None:
                progress.update(task, completed=done, total=total, found=found)

            return await session.run(_conversation(primary, letters, watch), _nothing_delivered)
    finally:
        await link.close()


def _conversation(primary: bool, letters: bool, watch: Watch) -> Conversation[tuple[Found, ...]]:
    if primary:
        return scan_primary(ALL_PRIMARY, watch)
    return search_secondary(HEXADECIMAL if letters else DECIMAL, watch)


def _nothing_delivered(records: tuple[Record, ...], frame: int) -> None:
    """A search reads no records."""


def _row(found: Found) -> dict[str, object]:
    if found.header is None:
        reason = "several meters answer at once" if found.collision else "the answer was not understood"
        return {"address": str(found.address), "serial": None, "why": reason}
    who = identity(found.header)
    return {
        "address": str(found.address),
        "serial": who.serial,
        "maker": who.maker,
        "version": who.version,
        "medium": who.medium,
        "model": catalogue.detect(who),
    }


def _print(rows: Sequence[dict[str, object]], _: Translate) -> None:
    headings = (_("address"), _("serial"), _("maker"), _("version"), _("medium"), _("model that fits"))
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        fits = row.get("model") or row.get("why") or "none is known"
        cells = (str(row.get(name) or "-") for name in ("address", "serial", "maker", "version", "medium"))
        table.add_row(*cells, str(fits))
    Console().print(table)
    print(_("{count} found.").format(count=len(rows)))

"""`teplo detect URL`: what hangs on an unknown line, and which model fits."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from collector.detection import Answer, Detected, Detection, Heard
from collector.links.opening import link_for
from collector.links.url import LineUrl
from metering.errors import ConfigurationError
from protocols import catalogue
from protocols.family import Family
from protocols.searching import Trial, trials
from teplo.composition import clock, texts
from teplo.progress import searching
from teplo.texts import Translate, mark

TUNABLE: Final = ("serial", "rfc2217")
SHOWN: Final = 24
"""Bytes of what was not understood, in the table."""


def detect(
    url: Annotated[str, typer.Argument(help="The line: tcp://10.0.0.5:4001, serial:/dev/ttyUSB0 ...")],
    protocol: Annotated[
        list[str] | None, typer.Option(help="Try this protocol only; may be repeated.")
    ] = None,
    address: Annotated[list[str] | None, typer.Option(help="Try this address; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Find out what hangs on a line: protocols, speeds, parities and addresses, gently. Nothing is changed.

    Where the URL names a baud rate, no other is tried.
    """
    line = LineUrl.parse(url)
    retunes = line.scheme in TUNABLE and line.baud is None and line.parity is None
    wanted = trials(_families(protocol or []), retunes=retunes, addresses=tuple(address or ()))
    detected = asyncio.run(_search(line, wanted))
    print(_as_json(detected)) if as_json else _print(detected, texts())


def _families(names: list[str]) -> list[Family]:
    known = catalogue.families()
    if unknown := sorted(set(names) - known.keys()):
        raise ConfigurationError(f"There is no protocol {', '.join(unknown)}; known are: {', '.join(known)}.")
    return [known[name] for name in names] or list(known.values())


async def _search(line: LineUrl, wanted: tuple[Trial, ...]) -> Detected:
    link = link_for(line)
    await link.open()
    try:
        with searching() as progress:
            task = progress.add_task("searching", total=len(wanted), found=0)

            def watch(done: int, trial: Trial, detected: Detected) -> None:
                setting = f" {trial.setting}" if trial.setting else ""
                told = f"{trial.family.protocol}{setting}, address {trial.address}"
                progress.update(task, completed=done, description=told, found=len(detected.answers))

            detected = await Detection(link, line, clock).run(wanted, watch)
            progress.update(task, completed=len(wanted), description="", found=len(detected.answers))
            return detected
    finally:
        await link.close()


def _answer(answer: Answer) -> dict[str, Any]:
    who = answer.found.identity
    return {
        "protocol": answer.trial.family.protocol,
        "setting": str(answer.trial.setting) if answer.trial.setting else None,
        "address": answer.trial.address,
        "model": answer.found.model or None,
        "models": [answer.found.model] if answer.found.model else list(answer.trial.family.models),
        "serial": who.serial or None,
        "said": " ".join(filter(None, (who.maker, who.model, who.firmware))),
    }


def _heard(heard: Heard) -> dict[str, Any]:
    return {
        "asked": heard.trial.family.protocol,
        "setting": str(heard.trial.setting) if heard.trial.setting else None,
        "address": heard.trial.address,
        "hex": heard.data.hex(" ").upper(),
        "may_be": list(heard.guesses),
        "why": heard.error,
    }


def _as_json(detected: Detected) -> str:
    found = {
        "answers": [_answer(one) for one in detected.answers],
        "heard": [_heard(one) for one in detected.heard],
    }
    return json.dumps(found, ensure_ascii=False)


def _print(detected: Detected, _: Translate) -> None:
    headings = (_("protocol"), _("setting"), _("address"), _("serial"), _("model that fits"), _("it says"))
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in map(_answer, detected.answers):
        fits = row["model"] or _("one of: {models}").format(models=", ".join(row["models"]))
        told = [str(row[name] or "-") for name in ("protocol", "setting", "address", "serial")]
        table.add_row(*told, fits, row["said"])
    console = Console(highlight=False)
    if detected.answers:
        console.print(table)
    for one in detected.heard:
        _print_heard(console, one, _)
    print(_("{count} found.").format(count=len(detected.answers)))
    if not detected.answers:
        print(_(NOTHING_HEARD) if not detected.heard else _(NOT_UNDERSTOOD))


def _print_heard(console: Console, heard: Heard, _: Translate) -> None:
    told = heard.data[:SHOWN].hex(" ").upper() + (" ..." if len(heard.data) > SHOWN else "")
    asked = f"{heard.trial.family.protocol}, {heard.trial.setting or '-'}, {heard.trial.address}"
    console.print(_("heard to {asked}: {bytes}").format(asked=asked, bytes=told))
    if heard.guesses:
        console.print(_("  it may be a frame of: {names}").format(names=", ".join(heard.guesses)))


NOTHING_HEARD: Final = mark(
    "Nobody answered. Check power and wiring first; then address and baud rate on the meter's display, and "
    "give them: ?baud=9600&parity=N in the URL, --address 17."
)
NOT_UNDERSTOOD: Final = mark(
    "Bytes were heard, but no answer. Likely several meters spoke at once, the baud rate or parity is "
    "another, or the protocol is unknown to us: name one meter by --address (M-Bus: `teplo scan`), then "
    "compare the settings with its display."
)

"""`teplo push ...`: readings that come by themselves: their sources, and messages that nobody understood."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from collector.mqtt.connection import connected
from protocols.push.sources import SOURCES
from simulators.push import SENDERS, messages
from storage.push import DeadLetter, DeadLetters
from teplo.command_group import command_group
from teplo.composition import clock, random_source, texts
from teplo.regional_running import broker_of
from teplo.settings import read_settings
from teplo.with_database import with_database

MOST_SHOWN: Final = 1000
SHOWN: Final = 60
"""Bytes of a payload on the terminal."""

push = command_group("push", "Readings that meters and gateways publish over MQTT.")


@push.command()
def sources() -> None:
    """List the kinds of senders that are understood, with their usual topics."""
    _ = texts()
    table = Table(_("line"), _("sender"), _("usual topics"))
    for name, source in SOURCES.items():
        table.add_row(f"mqtt:{name}", source.title, source.topics)
    Console(highlight=False).print(table)


@push.command()
def letters(
    limit: Annotated[int, typer.Option(min=1, max=MOST_SHOWN, help="How many, the latest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, with whole payloads.")] = False,
) -> None:
    """Show messages that nobody understood, each with the reason."""
    found = with_database(lambda database: DeadLetters(database).list(limit))
    if as_json:
        print(json.dumps([_whole(one) for one in found], ensure_ascii=False))
        return
    _ = texts()
    if not found:
        print(_("Every message was understood."))
        return
    table = Table(_("last"), _("times"), _("topic"), _("reason"), _("payload"))
    for one in found:
        table.add_row(f"{one.last_at:%Y-%m-%d %H:%M}", str(one.times), one.topic, one.reason, _start(one))
    Console(highlight=False, markup=False).print(table)


@push.command()
def forget(
    older_than: Annotated[int, typer.Option(min=0, help="Days since they last came; 0: all.")] = 0,
) -> None:
    """Forget messages that nobody understood."""
    _ = texts()
    before = clock() - timedelta(days=older_than)
    gone = with_database(lambda database: DeadLetters(database).forget(before))
    print(_("{count} messages forgotten").format(count=gone))


@push.command()
def simulate(
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="Hours of readings.")] = 1,
    seed: Annotated[int | None, typer.Option(help="The same messages every time.")] = None,
) -> None:
    """Publish what simulated gateways would, to the broker of TEPLO_BROKER."""
    sent = asyncio.run(_simulate(rounds, seed))
    _ = texts()
    print(_("{count} messages of {senders} senders published").format(count=sent, senders=len(SENDERS)))


async def _simulate(rounds: int, seed: int | None) -> int:
    sent, start = 0, clock() - timedelta(hours=rounds)
    async with connected(broker_of(read_settings()), "teplo-simulated-gateways", lasting=False) as connection:
        for message in messages(start, rounds, random_source(seed)):
            await connection.publish(message.topic, message.payload, retained=message.retained)
            sent += 1
    return sent


def _whole(letter: DeadLetter) -> dict[str, Any]:
    return {
        **asdict(letter),
        "payload": letter.payload.hex(),
        "first_at": letter.first_at.isoformat(),
        "last_at": letter.last_at.isoformat(),
    }


def _start(letter: DeadLetter) -> str:
    """Text as it came, with what cannot be shown escaped."""
    return letter.payload[:SHOWN].decode("utf-8", "backslashreplace").replace("\n", " ")

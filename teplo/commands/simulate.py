"""`teplo simulate FLEET.toml`: simulated meters on real ports and ptys until stopped."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from simulators.fleet import running_fleet
from teplo.composition import clock, random_source, texts


def simulate(
    fleet: Annotated[Path, typer.Argument(help="The fleet file; see docs/reference/fleets.md.")],
    faults: Annotated[str, typer.Option(help="Fault mix of every line: none, field, hostile.")] = "",
    seed: Annotated[int | None, typer.Option(help="Makes the faults repeatable.")] = None,
) -> None:
    """Run a fleet of simulated meters and print where they answer."""
    asyncio.run(_simulate(fleet, faults, seed))


async def _simulate(path: Path, faults: str, seed: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_fleet(path, now=clock, random=random_source(seed), faults=faults or None) as fleet:
        for line in fleet.lines:
            for meter in line.meters:
                print(f"{line.url}  --model {meter.model} --address {meter.address}  serial {meter.serial}")
        _ = texts()
        print(_("Ctrl-C stops."), flush=True)
        await stop.wait()

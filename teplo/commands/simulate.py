"""`teplo simulate FLEET.toml`: simulated meters on real ports, ptys and connections until stopped."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from metering.errors import ConfigurationError
from simulators.fleet import RunningFleet, running_fleet
from simulators.gateways.connecting import Listener
from teplo.composition import clock, random_source, texts


def simulate(
    fleet: Annotated[Path, typer.Argument(help="The fleet file; see docs/reference/fleets.md.")],
    faults: Annotated[str, typer.Option(help="Fault mix of every line: none, field, hostile.")] = "",
    seed: Annotated[int | None, typer.Option(help="Makes the faults repeatable.")] = None,
    connect: Annotated[str, typer.Option(help="HOST:PORT that inbound gateways connect to.")] = "",
) -> None:
    """Run a fleet of simulated meters and print where they answer."""
    asyncio.run(_simulate(fleet, faults, seed, _listener(connect) if connect else None))


async def _simulate(path: Path, faults: str, seed: int | None, listener: Listener | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_fleet(
        path, now=clock, random=random_source(seed), faults=faults or None, listener=listener
    ) as fleet:
        _print(fleet, connected=listener is not None)
        await stop.wait()


def _print(fleet: RunningFleet, *, connected: bool) -> None:
    for name, urls in fleet.pools.items():
        for url in urls:
            print(f"pool {name}  {url}")
    for line in fleet.lines:
        for meter in line.meters:
            address = quote(meter.address)
            print(f"{quote(line.url)}  --model {meter.model} --address {address}  serial {meter.serial}")
    _ = texts()
    if not connected and any(line.url.startswith("inbound:") for line in fleet.lines):
        print(_("The inbound gateways connect nowhere: say where a collector listens, --connect HOST:PORT."))
    print(_("Ctrl-C stops."), flush=True)


def _listener(connect: str) -> Listener:
    """The head-end of this address; a gateway with a port of its own finds it there on the same host."""
    host, colon, port = connect.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        raise ConfigurationError(f"--connect {connect!r} is no address; write it like 127.0.0.1:11003.")
    return lambda gateway: (host.strip("[]"), gateway.port or int(port))

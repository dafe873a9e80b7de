"""Modems at ports of this computer: a pool of them, or the single one of a signal survey."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Final, Literal

from simulators.fronts import HOST, tcp_front
from simulators.gsm.cell import Cell
from simulators.gsm.makes import MAKES, SIMCOM, Make
from simulators.gsm.modem import SimulatedModem
from simulators.gsm.network import Network
from simulators.gsm.serial_port import serial_port
from simulators.lines import FarEnd

Front = Literal["pty", "tcp"]
Served = Callable[[FarEnd], AbstractAsyncContextManager[int | str]]

FRONTS: Final[Mapping[Front, tuple[Served, str]]] = {
    "pty": (serial_port, "serial:{place}?baud=115200&parity=N"),
    "tcp": (tcp_front, f"tcp://{HOST}:{{place}}"),
}


@asynccontextmanager
async def running_pool(
    network: Network,
    count: int,
    *,
    first: int = 1,
    make: Make | None = None,
    front: Front = "pty",
    cell: Cell | None = None,
    pin: str = "",
    holds_dtr: bool = False,
) -> AsyncIterator[list[SimulatedModem]]:
    """So many registered modems, numbered from `first`: two pools of one network need different numbers.

    Without a `make` the makes take turns; `cell` fades for each modem alone.
    """
    makes = list(MAKES.values()) if make is None else [make]
    around = cell or Cell()
    async with AsyncExitStack() as stack:
        modems = [
            SimulatedModem(
                number,
                network,
                make=makes[(number - first) % len(makes)],
                cell=replace(around, seed=around.seed + number),
                pin=pin,
                holds_dtr=holds_dtr,
            )
            for number in range(first, first + count)
        ]
        for modem in modems:
            await stack.enter_async_context(plugged(modem, front))
        yield modems


@asynccontextmanager
async def running_modem(
    cell: Cell, *, make: Make = SIMCOM, front: Front = "pty"
) -> AsyncIterator[SimulatedModem]:
    """The modem of a survey: it hears this cell and has nobody to call."""
    modem = SimulatedModem(0, Network(Random(cell.seed)), make=make, cell=cell)
    async with plugged(modem, front):
        yield modem


@asynccontextmanager
async def plugged(modem: SimulatedModem, front: Front) -> AsyncIterator[None]:
    """Serves one modem; its `place` and `url` are set."""
    served, url = FRONTS[front]
    try:
        async with served(modem) as place:
            modem.place, modem.url = place, url.format(place=place)
            yield
    finally:
        await modem.close()

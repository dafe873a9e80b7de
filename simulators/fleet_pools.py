"""The modems of a fleet that dial, and the mobile network behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from simulators.fleet_plan import NetworkPlan, PoolPlan
from simulators.gsm.cell import Cell
from simulators.gsm.makes import MAKES
from simulators.gsm.mishaps import mix
from simulators.gsm.modem import SimulatedModem
from simulators.gsm.network import Network
from simulators.gsm.pool import running_pool

Modems = Mapping[str, tuple[SimulatedModem, ...]]
"""By the name of their pool."""


def network_of(plan: NetworkPlan, random: Random, faults: str | None) -> Network:
    """The network that all calls of a fleet go through. ConfigurationError: an unknown mix."""
    return Network(Random(random.getrandbits(64)), mix=mix(faults or plan.faults), scale=plan.scale)


@asynccontextmanager
async def running_pools(plans: tuple[PoolPlan, ...], network: Network) -> AsyncIterator[Modems]:
    """Every pool with its modems plugged in, until the block ends."""
    modems: dict[str, tuple[SimulatedModem, ...]] = {}
    async with AsyncExitStack() as stack:
        for plan in plans:
            first = 1 + sum(len(pool) for pool in modems.values())
            modems[plan.name] = tuple(await stack.enter_async_context(_running_pool(plan, network, first)))
        yield modems


@asynccontextmanager
async def _running_pool(plan: PoolPlan, network: Network, first: int) -> AsyncIterator[list[SimulatedModem]]:
    make = MAKES[plan.make] if plan.make else None
    cell = Cell(seed=first, mean=plan.level)
    async with running_pool(
        network, plan.modems, first=first, make=make, front=plan.front.value, cell=cell
    ) as modems:
        yield modems

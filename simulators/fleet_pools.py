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
    async with AsyncExitStack() as stack:
        modems = {
            plan.name: tuple(await stack.enter_async_context(_running_pool(plan, network, number)))
            for number, plan in enumerate(plans)
        }
        yield modems


@asynccontextmanager
async def _running_pool(plan: PoolPlan, network: Network, number: int) -> AsyncIterator[list[SimulatedModem]]:
    cell = Cell(seed=1000 * number, mean=plan.level)
    make = MAKES[plan.make] if plan.make else None
    async with running_pool(network, plan.modems, make=make, front=plan.front.value, cell=cell) as modems:
        yield modems

"""Opens the way to a line as its plan says: a front, a number, or a gateway that connects to us."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import quote

from simulators.fleet_plan import MODBUS_TCP, FrontKind, LinePlan
from simulators.fronts import HOST, pty_front, rfc2217_front, tcp_front
from simulators.gateways.connecting import ConnectingGateway, Listener, inbound_front
from simulators.gateways.families import csq_at
from simulators.gateways.gateway import Gateway
from simulators.gateways.mishaps import Fate, conditions
from simulators.gateways.wedge import Wedge, WedgingFarEnd
from simulators.gsm.network import Network
from simulators.lines import FarEnd
from simulators.memory import Clock
from simulators.uplink import Uplink


@dataclass(frozen=True, slots=True)
class Outside:
    """What lies before all lines of a fleet. `faults` overrides the mix of each line."""

    now: Clock
    listener: Listener
    network: Network
    faults: str | None = None
    uplink: Uplink | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How a running line is reached."""

    url: str
    endpoint: str
    gateway: ConnectingGateway | None = None
    wedging: WedgingFarEnd | None = None


@asynccontextmanager
async def way_to(plan: LinePlan, far_end: FarEnd, random: Random, outside: Outside) -> AsyncIterator[Way]:
    """Keeps the line reachable until the block ends."""
    if plan.gateway is not None:
        async with _connecting(plan, plan.gateway, far_end, random, outside) as way:
            yield way
    elif plan.call is not None:
        outside.network.subscribe(plan.call.number, far_end)
        place = f"csd:{plan.call.number}"
        yield Way(_url(place, plan, f"pool={plan.call.pool}"), plan.call.number)
    else:
        async with _called(plan, far_end, outside.uplink) as way:
            yield way


@asynccontextmanager
async def _called(plan: LinePlan, far_end: FarEnd, uplink: Uplink | None) -> AsyncIterator[Way]:
    wedging = WedgingFarEnd(far_end, plan.wedge, plan.wedge_after) if plan.wedge is not Wedge.NEVER else None
    reached = wedging or far_end
    async with FRONTS[plan.front](uplink.before(reached) if uplink else reached) as place:
        endpoint = place if isinstance(place, str) else f"{HOST}:{place}"
        modbus_tcp = plan.protocol == MODBUS_TCP
        scheme = "modbus-tcp://" if modbus_tcp else SCHEMES[plan.front]
        yield Way(_url(scheme + endpoint, plan), endpoint, wedging=wedging)


@asynccontextmanager
async def _connecting(
    plan: LinePlan, gateway: Gateway, far_end: FarEnd, random: Random, outside: Outside
) -> AsyncIterator[Way]:
    fate = Fate(conditions(outside.faults or plan.faults), gateway.latency, random)

    def csq() -> int:
        return csq_at(gateway, outside.now())

    async with inbound_front(far_end, gateway, outside.listener, fate=fate, csq=csq) as connecting:
        place = f"inbound:{quote(gateway.identity, safe=':')}"
        yield Way(_url(place, plan, *_heard_by_head_end(gateway)), gateway.identity, connecting)


def _heard_by_head_end(gateway: Gateway) -> tuple[str, ...]:
    """What the head-end must be told of the gateway's stream."""
    octets = {
        "heartbeat": gateway.heartbeat,
        "answer": gateway.answer,
        "prefix": gateway.registration if gateway.with_data else b"",
    }
    return tuple(f"{name}={value.hex()}" for name, value in octets.items() if value)


def _url(place: str, plan: LinePlan, *options: str) -> str:
    framing = "framing=ascii" if plan.protocol == "modbus-ascii" else ""
    given = "&".join(part for part in (*options, framing, plan.options) if part)
    return f"{place}?{given}" if given else place


FRONTS: Final[Mapping[FrontKind, Callable[[FarEnd], AbstractAsyncContextManager[int | str]]]] = {
    FrontKind.TCP: tcp_front,
    FrontKind.PTY: pty_front,
    FrontKind.RFC2217: rfc2217_front,
}
SCHEMES: Final[Mapping[FrontKind, str]] = {
    FrontKind.TCP: "tcp://",
    FrontKind.PTY: "serial:",
    FrontKind.RFC2217: "rfc2217://",
}

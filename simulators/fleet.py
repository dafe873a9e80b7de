"""Brings a fleet to life: every line with its front, its faults and its meters, all of it gone at the end."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final, Protocol

from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from protocols.mbus.addressing import Secondary
from protocols.vectors import Vector
from simulators import fleet_file, mbus
from simulators.families import DevicePlan, SimulatedMeter, simulated_families
from simulators.faults import Fault, FaultyFarEnd, mix
from simulators.fleet_fronts import Outside, way_to
from simulators.fleet_plan import M_BUS, MODBUS, Fleet, LinePlan, MeterPlan
from simulators.fleet_pools import Modems, network_of, running_pools
from simulators.fronts import HOST
from simulators.gateways.connecting import ConnectingGateway, Listener
from simulators.gateways.gateway import Gateway
from simulators.gateways.wedge import WedgingFarEnd
from simulators.gsm.network import Network
from simulators.lines import Bus, Device, FarEnd, ServerBehind, Split
from simulators.mbus import MbusMeter
from simulators.mbus_models import layout
from simulators.memory import Clock, MeterMemory
from simulators.modbus import ModbusMeter, serve_modbus
from simulators.plant import Plant
from simulators.replacement import Replaced
from simulators.replay import ReplayMeter, known_requests
from simulators.truth import Truths
from simulators.uplink import Uplink

DEMO: Final = Path(__file__).parent / "fleets" / "demo.toml"


class Oracle(Protocol):
    """A simulated meter that knows what it should have said."""

    @property
    def model(self) -> str: ...

    @property
    def serial(self) -> str: ...

    def truth_snapshot(self, meter_time: datetime) -> Truths: ...

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None: ...


Simulated = MbusMeter | ModbusMeter | ReplayMeter | SimulatedMeter


@dataclass(frozen=True, slots=True)
class FleetMeter:
    """One meter as an operator would register it. `installed` is naive meter time; None: a captured one.

    `successor` hangs at its address from the instant `replaced_at` on.
    """

    model: str
    serial: str
    address: str
    zone: str
    installed: datetime | None
    device: Oracle
    successor: FleetMeter | None = None
    replaced_at: datetime | None = None

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What a read-out at this time of its clock must have said."""
        return self.device.truth_snapshot(meter_time)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of the slot that starts here must say; None when the meter rightly has none."""
        return self.device.truth_archive(kind, start)


@dataclass(frozen=True, slots=True)
class FleetLine:
    """One running line; `url` is what an operator registers, `faults` counts what befell its meters' side.

    `gateway` is there where a gateway connects to the head-end, `wedging` where we connect to one that can
    wedge, `pool` where the line is dialled.
    """

    url: str
    endpoint: str
    protocol: str
    meters: tuple[FleetMeter, ...]
    faults: Counter[Fault]
    gateway: ConnectingGateway | None = None
    wedging: WedgingFarEnd | None = None
    pool: str | None = None


@dataclass(frozen=True, slots=True)
class RunningFleet:
    """All lines of a fleet in the order of its file; modems by pool; the network with its book of calls."""

    lines: tuple[FleetLine, ...]
    modems: Modems
    network: Network

    @property
    def pools(self) -> Mapping[str, tuple[str, ...]]:
        """The URLs of each pool's modems."""
        return {name: tuple(modem.url for modem in modems) for name, modems in self.modems.items()}

    @property
    def meters(self) -> tuple[FleetMeter, ...]:
        """Every meter of every line."""
        return tuple(meter for line in self.lines for meter in line.meters)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What all meters of a fleet share."""

    now: Clock
    begun_at: datetime
    started_at: datetime
    zone: MeterZone
    installed: datetime


@dataclass(frozen=True, slots=True)
class _Place:
    """What hangs at one address; `heir` from the instant `replaced_at` on."""

    plan: MeterPlan | Vector
    device: Simulated
    heir: Simulated | None = None
    replaced_at: datetime | None = None
    now: Clock | None = None

    def on_bus(self) -> Device:
        """Whatever answers there."""
        device = self.device
        assert not isinstance(device, ModbusMeter)
        if self.heir is None or self.replaced_at is None or self.now is None:
            return device
        assert not isinstance(self.heir, ModbusMeter)
        return Replaced(device, self.heir, self.replaced_at, self.now)


@asynccontextmanager
async def running_fleet(
    source: Path | Fleet,
    *,
    now: Clock,
    random: Random,
    faults: str | None = None,
    listener: Listener | None = None,
    uplink: Uplink | None = None,
) -> AsyncIterator[RunningFleet]:
    """Serves a fleet until the block ends. `faults` overrides the mix that each line names for itself.

    `listener` says where the gateways that connect to a head-end find it; without one they go nowhere.
    `uplink` is the network through which all other lines are reached.
    Raises ConfigurationError or ProfileError before any line is opened, when the fleet is wrong.
    """
    fleet = source if isinstance(source, Fleet) else fleet_file.load(source)
    surroundings = _surroundings(fleet, now)
    places = [[_place(meter, line, surroundings) for meter in line.meters] for line in fleet.lines]
    network = network_of(fleet.network, random, faults)
    outside = Outside(now, listener or _nowhere, network, faults, uplink)
    async with AsyncExitStack() as stack:
        modems = await stack.enter_async_context(running_pools(fleet.pools, network))
        lines = [
            await stack.enter_async_context(_running_line(plan, meters, random, outside, fleet.zone))
            for plan, meters in zip(fleet.lines, places, strict=True)
        ]
        yield RunningFleet(tuple(lines), modems, network)


def _nowhere(gateway: Gateway) -> None:
    return None


def _surroundings(fleet: Fleet, now: Clock) -> _Surroundings:
    begun_at = now()
    started_at = fleet.zone.to_meter_time(begun_at)
    midnight = started_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return _Surroundings(
        now, begun_at, started_at, fleet.zone, midnight - timedelta(days=fleet.installed_days_ago)
    )


def _place(plan: MeterPlan | Vector, line: LinePlan, surroundings: _Surroundings) -> _Place:
    device = _device(plan, line, surroundings)
    if isinstance(plan, Vector) or not plan.replaced_by:
        return _Place(plan, device)
    at = surroundings.begun_at + plan.replaced_after
    later = replace(surroundings, installed=surroundings.zone.to_meter_time(at))
    return _Place(
        plan, device, _device(replace(plan, serial=plan.replaced_by), line, later), at, surroundings.now
    )


def _device(plan: MeterPlan | Vector, line: LinePlan, surroundings: _Surroundings) -> Simulated:
    if isinstance(plan, Vector):
        return ReplayMeter(plan)
    memory = _memory(plan, surroundings)
    if line.protocol == M_BUS:
        return MbusMeter(layout(plan.model), int(plan.address), plan.serial, memory)
    if line.protocol in MODBUS:
        return ModbusMeter(plan.model, plan.address, plan.serial, memory, choices=line.choices)
    family = simulated_families()[line.protocol]
    return family.build(
        DevicePlan(plan.model, plan.address, plan.serial, memory, time.monotonic, line.choices)
    )


def _memory(plan: MeterPlan, surroundings: _Surroundings) -> MeterMemory:
    started_at = surroundings.started_at
    return MeterMemory(
        Plant(zlib.crc32(plan.serial.encode()), plan.size),
        now=surroundings.now,
        zone=surroundings.zone,
        installed=surroundings.installed,
        drift=plan.drift,
        gain=plan.gain,
        power_failures=[
            MeterSlot(started_at - failure.start, started_at - failure.end) for failure in plan.power_failures
        ],
        circuits=plan.circuits,
    )


@asynccontextmanager
async def _running_line(
    plan: LinePlan, places: list[_Place], random: Random, outside: Outside, zone: MeterZone
) -> AsyncIterator[FleetLine]:
    chance = Random(random.getrandbits(64))
    async with _far_end(plan, places, chance) as inner:
        far_end = FaultyFarEnd(inner, mix(outside.faults or plan.faults), chance, plan.protocol)
        async with way_to(plan, far_end, chance, outside) as way:
            meters = tuple(_registered(place, zone) for place in places)
            yield FleetLine(
                way.url,
                way.endpoint,
                plan.protocol,
                meters,
                far_end.counts,
                way.gateway,
                way.wedging,
                plan.call.pool if plan.call else None,
            )


@asynccontextmanager
async def _far_end(plan: LinePlan, places: list[_Place], random: Random) -> AsyncIterator[FarEnd]:
    modbus = [place.device for place in places if isinstance(place.device, ModbusMeter)]
    if plan.protocol in MODBUS and modbus:
        async with serve_modbus(modbus, MODBUS[plan.protocol], HOST) as port:
            yield ServerBehind(HOST, port)
    else:
        captured = [place.device for place in places if isinstance(place.device, ReplayMeter)]
        yield Bus([place.on_bus() for place in places], _split(plan, captured), random, plan.delay)


def _split(plan: LinePlan, captured: list[ReplayMeter]) -> Split:
    if plan.protocol == M_BUS:
        return mbus.split
    return _asked_of(captured, plan.protocol) if captured else simulated_families()[plan.protocol].split


def _asked_of(captured: list[ReplayMeter], protocol: str) -> Split:
    """Requests that the transcripts know; where questions are numbered, any whole request."""
    known, families = known_requests(captured), simulated_families()
    if protocol not in families:
        return known
    return lambda buffer: known(buffer) or families[protocol].split(buffer)


def _registered(place: _Place, zone: MeterZone) -> FleetMeter:
    device, address = place.device, _address(place.plan, place.device)
    installed = None if isinstance(device, ReplayMeter) else device.memory.installed
    meter = FleetMeter(device.model, device.serial, address, zone.name, installed, device)
    heir = place.heir
    if heir is None or isinstance(heir, ReplayMeter):
        return meter
    successor = FleetMeter(heir.model, heir.serial, address, zone.name, heir.memory.installed, heir)
    return replace(meter, successor=successor, replaced_at=place.replaced_at)


def _address(plan: MeterPlan | Vector, device: Simulated) -> str:
    if isinstance(device, MbusMeter) and isinstance(plan, MeterPlan) and plan.secondary:
        kind = device.layout
        return str(Secondary(device.serial, kind.manufacturer, kind.version, kind.medium))
    return str(device.address)

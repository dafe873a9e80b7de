"""What a fleet consists of, as its file says it (fleet_file.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from metering.calendar import MeterZone
from protocols.vectors import Vector
from simulators.gateways.gateway import Gateway
from simulators.gateways.wedge import Wedge


class FrontKind(StrEnum):
    """How a line is reached."""

    TCP = "tcp"
    PTY = "pty"
    RFC2217 = "rfc2217"
    INBOUND = "inbound"
    CSD = "csd"


class PortKind(StrEnum):
    """How the modems of a pool are reached."""

    PTY = "pty"
    TCP = "tcp"


class LineProtocol(StrEnum):
    """What is spoken on a line."""

    M_BUS = "m-bus"
    MODBUS_RTU = "modbus-rtu"
    MODBUS_ASCII = "modbus-ascii"
    MODBUS_TCP = "modbus-tcp"


@dataclass(frozen=True, slots=True)
class Failure:
    """A power failure, from and to so long before the start of the simulation."""

    start: timedelta
    end: timedelta


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """One simulated meter."""

    model: str
    serial: str
    address: int
    secondary: bool
    size: str
    circuits: int
    drift: timedelta
    power_failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """How a dialled line is reached."""

    number: str
    pool: str


@dataclass(frozen=True, slots=True)
class LinePlan:
    """One line; a Vector stands for a captured meter that answers from its transcript.

    `gateway` is there exactly when the front is inbound, `call` when it is csd.
    """

    front: FrontKind
    protocol: LineProtocol
    faults: str
    delay: float
    options: str
    meters: tuple[MeterPlan | Vector, ...]
    gateway: Gateway | None = None
    call: Call | None = None
    wedge: Wedge = Wedge.NEVER
    wedge_after: int = 0


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """Modems of ours that dial; `level` in dBm. `make` "": all makes in turn."""

    name: str
    modems: int
    make: str
    front: PortKind
    level: float


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """What calls go through; `scale` times what the network's waits really take."""

    faults: str = "none"
    scale: float = 0.02


@dataclass(frozen=True, slots=True)
class Fleet:
    """A whole fleet file."""

    zone: MeterZone
    installed_days_ago: int
    lines: tuple[LinePlan, ...]
    pools: tuple[PoolPlan, ...] = ()
    network: NetworkPlan = NetworkPlan()

"""What a fleet consists of, as its file says it (fleet_file.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from metering.calendar import MeterZone
from protocols.modbus.messages import Framing
from protocols.vectors import Vector
from simulators.families import simulated_families
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


M_BUS: Final = "m-bus"
MODBUS_TCP: Final = "modbus-tcp"
MODBUS: Final[Mapping[str, Framing]] = {
    "modbus-rtu": Framing.RTU,
    "modbus-ascii": Framing.ASCII,
    MODBUS_TCP: Framing.TCP,
}


def line_protocols() -> tuple[str, ...]:
    """What may be spoken on a line."""
    return (M_BUS, *MODBUS, *simulated_families())


@dataclass(frozen=True, slots=True)
class Failure:
    """A power failure, from and to so long before the start of the simulation."""

    start: timedelta
    end: timedelta


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """One simulated meter.

    `gain` is what its clock gains in a day; it is replaced by a like one of another serial so long after the
    start of the simulation.
    """

    model: str
    serial: str
    address: str
    secondary: bool
    size: str
    circuits: int
    drift: timedelta
    power_failures: tuple[Failure, ...]
    gain: timedelta = timedelta(0)
    replaced_by: str = ""
    replaced_after: timedelta = timedelta(0)


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
    protocol: str
    faults: str
    delay: float
    options: str
    meters: tuple[MeterPlan | Vector, ...]
    gateway: Gateway | None = None
    call: Call | None = None
    wedge: Wedge = Wedge.NEVER
    wedge_after: int = 0

    @property
    def choices(self) -> Mapping[str, str]:
        """The line settings of its protocol that its options name, without the protocol's name."""
        pairs = (option.partition("=") for option in self.options.split("&"))
        own = "modbus." if self.protocol in MODBUS else f"{self.protocol}."
        return {name.removeprefix(own): word for name, _, word in pairs if name.startswith(own)}


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

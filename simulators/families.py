"""What a simulated family of meters offers to a fleet: who hears a line's bytes, and how they are cut.

M-Bus and Modbus have their own ways (fleet.py); the makers' protocols are the modules of simulators/vendor,
each with a SIMULATED. Adding a module is adding a protocol to fleet files, no other line changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from metering.calendar import ArchiveKind
from simulators import vendor
from simulators.lines import Device, Split
from simulators.marks import Marks
from simulators.memory import MeterMemory
from simulators.truth import Truths


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One meter to be built. `elapsed` counts seconds steadily, for habits such as falling asleep.

    `choices` are the words of the line's URL for this protocol, by name without the protocol's: the device
    sends what a meter would send of which they are true.
    """

    model: str
    address: str
    serial: str
    memory: MeterMemory
    elapsed: Callable[[], float]
    choices: Mapping[str, str] = field(default_factory=dict)


class SimulatedMeter(Device, Protocol):
    """A device that knows what it should have said.

    Current values stand still within a minute of the meter's clock: `truth_snapshot(meter_time)` is what
    they must say in that minute. `truth_archive` is None when the meter rightly has no such record.
    """

    @property
    def model(self) -> str: ...

    @property
    def serial(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def memory(self) -> MeterMemory: ...

    def truth_snapshot(self, meter_time: datetime) -> Truths: ...

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None: ...


@dataclass(frozen=True, slots=True)
class SimulatedFamily:
    """`build` raises ConfigurationError when a plan's address or serial is none of this protocol.

    `split` finds the first whole request in what was heard on the line, wake-up bytes included.
    """

    protocol: str
    models: tuple[str, ...]
    build: Callable[[DevicePlan], SimulatedMeter]
    split: Split
    marks: Marks


@cache
def simulated_families() -> Mapping[str, SimulatedFamily]:
    """Every maker's protocol that can be simulated, by its name."""
    names = sorted(module.name for module in iter_modules(vendor.__path__))
    found = (import_module(f"{vendor.__name__}.{name}").SIMULATED for name in names)
    return {family.protocol: family for family in found}

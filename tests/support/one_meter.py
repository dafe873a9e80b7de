"""A fleet of one meter on one line, as the text of its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from protocols import catalogue
from protocols.vectors import Vector, load
from simulators.families import simulated_families
from simulators.fleet_file import read
from simulators.fleet_plan import Fleet
from simulators.mbus_models import LAYOUTS

VECTORS = Path(__file__).parents[1] / "vectors"
QUICK = "timeout=0.15&gap=0.06&quiet=0"


@dataclass(frozen=True, slots=True)
class Case:
    """One model on one line of a fleet; `choices` are those of its vector."""

    protocol: str
    model: str
    front: str = "tcp"
    faults: str = "none"

    def __str__(self) -> str:
        return f"{self.protocol}/{self.model}/{self.front}/{self.faults}"

    def through(self, front: str, faults: str) -> Case:
        """The same model on another line."""
        return replace(self, front=front, faults=faults)

    @property
    def place(self) -> tuple[str, str]:
        """Address and serial as the model's vector has them: every protocol has its own form."""
        if self.protocol == "m-bus":
            return "5", "16540321"
        serials = (one.expect.identity.get("serial") for one in self.vector.conversations)
        return self.vector.address, next(serial for serial in serials if serial)

    @property
    def vector(self) -> Vector:
        """The transcript of this model."""
        folder = "modbus" if self.protocol == "modbus-rtu" else self.protocol
        file = VECTORS / folder / f"{self.model}.toml"
        return load(file.read_text("utf-8"), file.name)

    @property
    def choices(self) -> Mapping[str, str]:
        """What the line must say where the safe default of a protocol reads too little."""
        return {} if self.protocol == "m-bus" else self.vector.choices

    def fleet(self, *particulars: str, options: str = QUICK, installed_days_ago: int = 130) -> Fleet:
        """`particulars` are further lines of the meter's table."""
        address, serial = self.place
        written = [f"{name}={word}" for name, word in self.choices.items()]
        text = f"""
            zone = "+05:00"
            installed_days_ago = {installed_days_ago}
            [[line]]
            front = "{self.front}"
            protocol = "{self.protocol}"
            faults = "{self.faults}"
            options = "{"&".join([options, *written])}"
            [[line.meter]]
            model = "{self.model}"
            serial = "{serial}"
            address = {_written(address)}
        """
        return read("\n".join([text, *particulars]), Path("one-meter.toml"))


def _written(address: str) -> str:
    return address if address.isdecimal() and len(address) <= 3 else f'"{address}"'


def simulated() -> list[Case]:
    """Every model that can be simulated, protocol by protocol, on a line without faults."""
    vendors = {name: family.models for name, family in simulated_families().items()}
    modbus = catalogue.families()["modbus"].models
    models = {"m-bus": tuple(LAYOUTS), "modbus-rtu": modbus, **vendors}
    return [Case(protocol, model) for protocol, names in models.items() for model in names]


def first_of_each() -> list[Case]:
    """The first model of every protocol."""
    first = {case.protocol: case for case in reversed(simulated())}
    return list(reversed(first.values()))

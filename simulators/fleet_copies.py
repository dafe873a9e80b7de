"""Many alike lines from one table: serials, identities and numbers run on, everything else is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metering.errors import ConfigurationError
from protocols.vectors import Vector
from simulators.fleet_plan import Call, LinePlan, MeterPlan
from simulators.gateways.numbers import running


def copies(line: LinePlan, count: int) -> Iterator[LinePlan]:
    """This line and its copies. ConfigurationError: something in it cannot run on."""
    yield line
    for step in range(1, count):
        yield replace(
            line,
            meters=tuple(_meter(meter, step) for meter in line.meters),
            gateway=line.gateway and replace(line.gateway, identity=running(line.gateway.identity, step)),
            call=line.call and Call(running(line.call.number, step), line.call.pool),
        )


def _meter(meter: MeterPlan | Vector, step: int) -> MeterPlan:
    if isinstance(meter, Vector):
        raise ConfigurationError("a captured meter is one meter and has no copies.")
    return replace(meter, serial=running(meter.serial, step))

"""What a simulated VKT-5 measures, and how it writes it (from vkt-5.md section 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from metering.errors import NotSupported
from simulators.numbers import Numbers, Sent, on_wire

PIPES: Final = {"supply": 0, "return": 1}
"""The pipes of every heat input, with the codes of their purposes."""
HEATS: Final = ("energy_total", "energy_heating", "energy_hot_water")
"""All heat, without hot water, of hot water."""

_GAUGE, _MEASURED, _WATER = 2, 1, 2
_MOST_PIPES, _PIPE_SIZE = 8, 7
_REPORT_FIELDS: Final = 3
"""What stands behind the pipes since firmware 6: regulators, room temperature, type of report."""

Field = tuple[str, Sent | None]
"""A format of the wire, and the number there; None: nothing that the plant has."""


def counted(circuit: int, register: str, time_unit: str) -> tuple[Field, ...]:
    """A heat input of an archive record (`register` f) or of the current totals (d): masses and heats."""
    heats = [(register, Sent(heat, "GJ", None, circuit)) for heat in HEATS]
    time = (register, Sent("operating_time", time_unit, None, circuit))
    return (*_pipes(circuit, register, "mass_{}", "t"), (register, None), *heats, time)


def measured(circuit: int) -> tuple[Field, ...]:
    """A heat input of the current data: flows and power, of which no hot water takes a part."""
    power = ("f", Sent("power", "GJ/h", None, circuit))
    return (*_pipes(circuit, "f", "mass_flow_{}", "t/h"), ("f", None), power, power, ("f", None), ("f", None))


def _pipes(circuit: int, register: str, mass: str, unit: str) -> Iterator[Field]:
    for pipe in PIPES:
        yield "f", Sent(f"temperature_{pipe}", "°C", None, circuit)
        yield "f", Sent(f"pressure_{pipe}", "MPa", None, circuit)
        yield register, Sent(mass.format(pipe), unit, None, circuit)


def written(fields: Iterable[Field], numbers: Numbers) -> bytes:
    """The bytes of these fields, big-endian."""
    return b"".join(
        struct.pack(f">{form}", 0 if sent is None else _number(sent, numbers)) for form, sent in fields
    )


def _number(sent: Sent | None, numbers: Numbers) -> float:
    if sent is None:
        return 0.0
    try:
        return float(on_wire(sent, numbers))
    except NotSupported:
        return 0.0


def configuration(circuits: int) -> bytes:
    """Pipes 1 and 2 belong to the first heat input, 3 and 4 to the second."""
    pipes = [
        bytes((circuit, purpose, _GAUGE, _MEASURED, 0, _WATER, 1))
        for circuit in range(1, circuits + 1)
        for purpose in PIPES.values()
    ]
    return b"".join(pipes).ljust(_MOST_PIPES * _PIPE_SIZE + _REPORT_FIELDS, b"\x00")


def durations(minutes_without_power: int) -> bytes:
    """Nine numbers a pipe, the last without power; then no counting, no power, imbalance."""
    of_pipe = (0,) * 8 + (minutes_without_power,)
    numbers = (*of_pipe * len(PIPES), minutes_without_power, minutes_without_power, 0)
    return struct.pack(f">{len(numbers)}H", *numbers)


def sent_of(fields: Iterable[Field], families: frozenset[str]) -> tuple[Sent, ...]:
    """The numbers of these fields whose quantities begin with one of these words."""
    return tuple(sent for _, sent in fields if sent and sent.quantity.partition("_")[0] in families)

"""What distinguishes the simulated TSRV-010, TSRV-010M and MT200DS, and the numbers in their records.

Written from vzlet-tsr-legacy.md sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from simulators.numbers import Sent

THOUSANDTH, HUNDREDTH, ONE = Decimal("0.001"), Decimal("0.01"), Decimal(1)


class Pipe(NamedTuple):
    """What selects a pipe in functions, and what it is in the plant."""

    selector: int
    circuit: int
    place: str


@dataclass(frozen=True, slots=True)
class Make:
    """What distinguishes the models on the wire."""

    name: str
    named_by: int
    pipes: tuple[Pipe, ...]
    stored: tuple[int, int, int, int]
    counters: Mapping[tuple[int, int], Sent]
    cold_pressure: bool
    extended: bool

    def pipe(self, selector: int) -> Pipe | None:
        return next((pipe for pipe in self.pipes if pipe.selector == selector), None)


_FIRST_TWO: Final = (Pipe(1, 1, "supply"), Pipe(0, 1, "return"))
_OLD_PIPES: Final = (*_FIRST_TWO, Pipe(2, 2, "supply"), Pipe(4, 2, "return"))
_NEW_PIPES: Final = (*_FIRST_TWO, Pipe(4, 2, "supply"), Pipe(3, 2, "return"), Pipe(2, 1, "make_up"))


def _minutes(quantity: str, circuit: int) -> Sent:
    return Sent(quantity, "min", ONE, circuit)


_OLD_COUNTERS: Final = {(0x39, 0): _minutes("operating_time", 1), (0x3A, 0): _minutes("error_time", 1)}
_NEW_COUNTERS: Final = {
    (0x59, 2): _minutes("operating_time", 1),
    (0x59, 3): _minutes("error_time", 1),
    (0x59, 4): _minutes("operating_time", 2),
    (0x59, 5): _minutes("error_time", 2),
}
MAKES: Final[Mapping[str, Make]] = {
    "vzlet-tsrv-010": Make(
        "ВЗЛЁТ ТСР 20.18.01.05", 0x4F, _OLD_PIPES, (1, 0, 2, 4), _OLD_COUNTERS, True, False
    ),
    "vzlet-tsrv-010m": Make(
        "ВЗЛЁТ ТСР 20.19.02.00", 0x4F, _NEW_PIPES, (1, 0, 4, 3), _NEW_COUNTERS, False, True
    ),
    "vzlet-mt200ds": Make("MT-200DS 1.04", 0x46, _OLD_PIPES, (1, 0, 2, 4), _OLD_COUNTERS, True, False),
}


class Field(NamedTuple):
    """A number in a record; `form` as the struct module writes it."""

    at: int
    form: str
    sent: Sent


def main_fields(make: Make) -> tuple[Field, ...]:
    """The record of function 08 behind its date."""
    first, second, third, fourth = (_pipe(make, selector) for selector in make.stored)
    temperature = ">h" if make.extended else ">H"
    return (
        Field(0x04, "<f", Sent("energy_heating", "MJ", None, 1)),
        Field(0x08, "<f", Sent("energy_heating", "MJ", None, 2)),
        *(
            Field(0x0C + 4 * n, "<f", Sent(f"volume_{pipe.place}", "m3", None, pipe.circuit))
            for n, pipe in enumerate((first, second, third, fourth))
        ),
        *(
            Field(0x1C + 2 * n, temperature, Sent(f"temperature_{pipe.place}", "°C", HUNDREDTH, pipe.circuit))
            for n, pipe in enumerate((first, third, second, fourth))
        ),
    )


def additional_fields(make: Make) -> tuple[Field, ...]:
    """The record of function 18."""
    size, form, step = (2, ">H", THOUSANDTH) if make.extended else (4, "<f", None)
    pressures = tuple(
        Field(size * n, form, Sent(f"pressure_{pipe.place}", "MPa", step, pipe.circuit))
        for n, pipe in enumerate(_pipe(make, selector) for selector in make.stored)
    )
    cold = Field(0x0A, ">h", Sent("temperature_cold_water", "°C", HUNDREDTH))
    return (
        *pressures,
        *((cold,) if make.extended else ()),
        Field(0x18, ">I", _minutes("operating_time", 1)),
        Field(0x1C, ">I", _minutes("error_time", 1)),
        Field(0x20, ">I", _minutes("operating_time", 2)),
        Field(0x24, ">I", _minutes("error_time", 2)),
    )


def _pipe(make: Make, selector: int) -> Pipe:
    return next(pipe for pipe in make.pipes if pipe.selector == selector)

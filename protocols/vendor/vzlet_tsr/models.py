"""The models as rows of constants. Source: vzlet-tsr-legacy.md sections 2 to 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from metering.conditions import Condition
from protocols.vendor.vzlet_tsr.conditions import (
    NEW_ERRORS,
    NEW_SITUATIONS,
    OLD_ERRORS,
    OLD_SITUATIONS,
    OLD_STORED_SITUATIONS,
    failed_sensors,
)
from protocols.vendor.vzlet_tsr.functions import Function


class Pipe(NamedTuple):
    """Where a pipe of the meter stands in our words."""

    circuit: int
    place: str


class Asked(NamedTuple):
    """A value that a function with this argument gives."""

    function: Function
    argument: int
    quantity: str
    unit: str
    circuit: int = 1


class Stored(NamedTuple):
    """A field of an archive record: `size` bytes at an offset, as `form` says, in steps of 10^-decimals.

    `pipe` takes place and circuit from a pipe of the model; without one they are the row's own.
    """

    at: int
    form: str
    quantity: str
    unit: str
    decimals: int = 0
    circuit: int = 1
    pipe: int = 0


FLOAT, WORD, SIGNED_WORD, LONG = "float", "word", "signed word", "long"
SIZES: Final[Mapping[str, int]] = {FLOAT: 4, WORD: 2, SIGNED_WORD: 2, LONG: 4}
TOTAL_OF_PIPE: Final = "the unit of the pipe"


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    `temperatures` and `pressures`: the pipes of which the functions for current values tell them.
    `situations_at`: offset and size of the word of abnormal situations in hour records, whose bits are
    `stored_situations`; `sensors`: bits of the word of failed sensors in their other half.
    """

    name: str
    title: str
    preamble: bytes
    pipes: Mapping[int, Pipe]
    temperatures: tuple[int, ...]
    pressures: tuple[int, ...]
    extra: tuple[Asked, ...]
    main: tuple[Stored, ...]
    additional: tuple[Stored, ...]
    situations_at: tuple[int, int]
    situations: Mapping[int, Condition | None]
    stored_situations: Mapping[int, Condition | None]
    sensors: Mapping[int, Condition]
    errors: Mapping[int, Condition | None]
    marks: tuple[str, ...]


_SUPPLY_RETURN: Final = {1: Pipe(1, "supply"), 2: Pipe(1, "return")}
_FOUR_PIPES: Final = {**_SUPPLY_RETURN, 3: Pipe(2, "supply"), 4: Pipe(2, "return")}
_FIVE_PIPES: Final = {**_SUPPLY_RETURN, 3: Pipe(1, "make_up"), 4: Pipe(2, "supply"), 5: Pipe(2, "return")}

_EVERY_MODEL: Final = (
    Asked(Function.TEMPERATURE_DIFFERENCE, 0, "temperature_difference", "K"),
    Asked(Function.COLD_WATER_TEMPERATURE, 0, "temperature_cold_water", "°C"),
)
_OLD_EXTRA: Final = (
    *_EVERY_MODEL,
    Asked(Function.PRESSURE, 2, "pressure_cold_water", "MPa"),
    Asked(Function.WORKING_TIME, 0, "operating_time", "min"),
    Asked(Function.FAILURE_TIME, 0, "error_time", "min"),
)
_NEW_EXTRA: Final = (
    *_EVERY_MODEL,
    *(
        Asked(Function.TIME_COUNTER, number, name, "min", circuit)
        for number, (circuit, name) in enumerate(
            [(1, "operating_time"), (1, "error_time"), (2, "operating_time"), (2, "error_time")], start=2
        )
    ),
)


def _main(pipes: tuple[int, int, int, int], temperature: str) -> tuple[Stored, ...]:
    """The record of function 08; temperatures stand in the order first, third, second, fourth pipe."""
    first, second, third, fourth = pipes
    return (
        Stored(0x04, FLOAT, "energy_heating", "MJ", circuit=1),
        Stored(0x08, FLOAT, "energy_heating", "MJ", circuit=2),
        *(Stored(0x0C + 4 * n, FLOAT, "", TOTAL_OF_PIPE, pipe=pipe) for n, pipe in enumerate(pipes)),
        *(
            Stored(0x1C + 2 * n, temperature, "temperature", "°C", 2, pipe=pipe)
            for n, pipe in enumerate((first, third, second, fourth))
        ),
    )


_TIMES: Final = (
    Stored(0x18, LONG, "operating_time", "min", circuit=1),
    Stored(0x1C, LONG, "error_time", "min", circuit=1),
    Stored(0x20, LONG, "operating_time", "min", circuit=2),
    Stored(0x24, LONG, "error_time", "min", circuit=2),
)
_OLD_ADDITIONAL: Final = (
    *(Stored(4 * n, FLOAT, "pressure", "MPa", pipe=pipe) for n, pipe in enumerate((1, 2, 3, 4))),
    *_TIMES,
)
_NEW_ADDITIONAL: Final = (
    *(Stored(2 * n, WORD, "pressure", "MPa", 3, pipe=pipe) for n, pipe in enumerate((1, 2, 4, 5))),
    Stored(0x08, WORD, "pressure_cold_water", "MPa", 3),
    Stored(0x0A, SIGNED_WORD, "temperature_cold_water", "°C", 2),
    *_TIMES,
)


def _older(name: str, title: str, *marks: str) -> Model:
    """TSRV-010 and what is built like it."""
    return Model(
        name=name,
        title=title,
        preamble=b"",
        pipes=_FOUR_PIPES,
        temperatures=(1, 2, 4),
        pressures=(1, 2, 4),
        extra=_OLD_EXTRA,
        main=_main((1, 2, 3, 4), WORD),
        additional=_OLD_ADDITIONAL,
        situations_at=(0x24, 2),
        situations=OLD_SITUATIONS,
        stored_situations=OLD_STORED_SITUATIONS,
        sensors={},
        errors=OLD_ERRORS,
        marks=marks,
    )


TSRV_010: Final = _older("vzlet-tsrv-010", "TSRV-010", "20.18")
MT200DS: Final = _older("vzlet-mt200ds", "MT200DS", "MT200DS", "MT-200DS")
TSRV_010M: Final = Model(
    name="vzlet-tsrv-010m",
    title="TSRV-010M",
    preamble=b"\x00\x00",
    pipes=_FIVE_PIPES,
    temperatures=(1, 2, 3, 4, 5),
    pressures=(1, 2, 3, 4, 5),
    extra=_NEW_EXTRA,
    main=_main((1, 2, 4, 5), SIGNED_WORD),
    additional=_NEW_ADDITIONAL,
    situations_at=(0x24, 4),
    situations=NEW_SITUATIONS,
    stored_situations=NEW_SITUATIONS,
    sensors=failed_sensors([_FIVE_PIPES[pipe] for pipe in (1, 2, 4, 5)]),
    errors=NEW_ERRORS,
    marks=("20.19",),
)
MODELS: Final[Mapping[str, Model]] = {model.name: model for model in (TSRV_010, TSRV_010M, MT200DS)}

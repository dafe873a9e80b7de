"""SA-94/1 and SA-94/2: what each measures, and where it stands in answers and records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from metering.quantities import QUANTITIES
from metering.readings import Absence, MeterValue
from protocols.driver import Choice
from protocols.vendor.sa94.formats import number


class Measured(NamedTuple):
    """A quantity: `place` is the number of the current value, or of the item of a record."""

    place: int
    quantity: str
    unit: str


COLD_WATER: Final = "temperature_cold_water"


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `means` and `late_means`: items of every record, and of extended ones besides."""

    name: str
    title: str
    current: tuple[Measured, ...]
    means: tuple[Measured, ...]
    late_means: tuple[Measured, ...] = ()


ENERGY_OF_DAY: Final = Measured(1, "energy_heating", "MWh")
"""A running total in a day record, where an hour record has its time."""

_ONE: Final = Model(
    "aswega-sa-94-1",
    "SA-94/1",
    current=(
        Measured(0, "volume_flow", "m3/s"),
        Measured(2, "temperature_supply", "°C"),
        Measured(3, "temperature_return", "°C"),
        Measured(5, "temperature_difference", "K"),
        Measured(6, "power", "kW"),
        Measured(7, "energy_heating", "MWh"),
        Measured(8, "volume", "m3"),
        Measured(12, "operating_time", "s"),
    ),
    means=(
        Measured(2, "volume_flow", "m3/h"),
        Measured(4, "temperature_supply", "°C"),
        Measured(5, "temperature_return", "°C"),
        Measured(7, "power", "kW"),
    ),
)
_TWO: Final = Model(
    "aswega-sa-94-2",
    "SA-94/2",
    current=(
        Measured(0, "volume_flow_supply", "m3/s"),
        Measured(1, "volume_flow_return", "m3/s"),
        Measured(2, "temperature_supply", "°C"),
        Measured(3, "temperature_return", "°C"),
        Measured(4, COLD_WATER, "°C"),
        Measured(5, "temperature_difference", "K"),
        Measured(6, "power", "kW"),
        Measured(7, "energy_heating", "MWh"),
        Measured(8, "volume_supply", "m3"),
        Measured(9, "volume_return", "m3"),
        Measured(12, "operating_time", "s"),
        Measured(14, "pressure_supply", "MPa"),
        Measured(15, "pressure_return", "MPa"),
    ),
    means=(
        Measured(2, "volume_flow_supply", "m3/h"),
        Measured(3, "volume_flow_return", "m3/h"),
        Measured(4, "temperature_supply", "°C"),
        Measured(5, "temperature_return", "°C"),
        Measured(6, COLD_WATER, "°C"),
        Measured(7, "power", "kW"),
    ),
    late_means=(Measured(8, "pressure_supply", "MPa"), Measured(9, "pressure_return", "MPa")),
)
MODELS: Final[Mapping[str, Model]] = {model.name: model for model in (_ONE, _TWO)}

ARCHIVE: Final = Choice(
    "archive",
    ("plain", "extended"),
    "Whether records have 32 or 64 bytes; extended ones (SA-94/2M) are read by a command of their own.",
)
DAY_DATE: Final = Choice(
    "day_date",
    ("next", "own"),
    "Which date a day record carries, which is written at 00:00: that of the day which begins, or of the day "
    "that it is of.",
)
CHOICES: Final = (ARCHIVE, DAY_DATE)


def value_of(row: Measured, octets: bytes) -> MeterValue:
    """One number in its unit; an erased place is absent."""
    value = number(octets)
    absence = Absence.INVALID_MARK if value is None else None
    return MeterValue(QUANTITIES[row.quantity], row.unit, value, absence)


def values_of(rows: Iterable[Measured], items: tuple[bytes, ...], *, cold_water: bool) -> list[MeterValue]:
    """The numbers of a record; a third temperature that is not used is left out."""
    return [value_of(row, items[row.place]) for row in used(rows, cold_water=cold_water)]


def used(rows: Iterable[Measured], *, cold_water: bool) -> list[Measured]:
    """The rows that a meter with or without a third temperature measures."""
    return [row for row in rows if cold_water or row.quantity != COLD_WATER]

"""What a consumption is judged by: records, levels, weather, clocks and limits of one installed meter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from metering.calendar import BillingPeriod, Slot
from metering.conditions import Condition
from metering.evidence import ThermalLoad

_HOUR: Final = timedelta(hours=1)
GCAL_PER_TONNE_KELVIN: Final = Decimal("0.001")
"""The heat of water, as the calorie was once defined: near enough to tell units apart."""


@dataclass(frozen=True, slots=True)
class Record:
    """An hour or a day as the meter recorded it: canonical values by quantity's name, and its conditions."""

    slot: Slot
    values: Mapping[str, Decimal]
    conditions: frozenset[Condition] = frozenset()


class Level(NamedTuple):
    """A register's level at an instant."""

    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class Observations:
    """One meter's consumption of `quantity` (Gcal) in a period, and what speaks for and against it.

    `levels`, `hours` and `days` lie within the period and ascend. `resolution`: what the last digit of the
    meter's registers and records is worth. `raw_units`: those in which the meter told the quantity.
    `clock_differences`: the meter's clock less ours, at each poll. `nominal_diameter` is in millimetres,
    `largest_load` in Gcal/h by contract. `closed`: no water is meant to be taken out.
    """

    period: BillingPeriod
    quantity: str
    value: Decimal | None
    levels: tuple[Level, ...] = ()
    hours: tuple[Record, ...] = ()
    days: tuple[Record, ...] = ()
    load: ThermalLoad = field(default_factory=ThermalLoad)
    resolution: Decimal = Decimal(0)
    raw_units: frozenset[str] = frozenset()
    clock_differences: tuple[timedelta, ...] = ()
    nominal_diameter: Decimal | None = None
    largest_load: Decimal | None = None
    closed: bool = True

    @property
    def slot(self) -> Slot:
        """The period's."""
        return Slot(self.period.start, self.period.end)

    @property
    def outdoor_mean(self) -> Decimal | None:
        """Of the hours whose outdoor temperature is known; None of none."""
        known = [self.load.outdoor[hour] for hour in self._hours() if hour in self.load.outdoor]
        return sum(known, Decimal(0)) / len(known) if known else None

    def _hours(self) -> Iterator[datetime]:
        """Every full hour that starts within the period."""
        start = self.period.start.replace(minute=0, second=0, microsecond=0)
        hour = start if start == self.period.start else start + _HOUR
        while hour < self.period.end:
            yield hour
            hour += _HOUR


def heat_by_mass(records: Iterable[Record]) -> Decimal | None:
    """Gcal that water brought, by the mass and temperatures of records; None when none tells them."""
    brought = [heat for record in records if (heat := _brought(record.values)) is not None]
    return sum(brought, Decimal(0)) if brought else None


def _brought(values: Mapping[str, Decimal]) -> Decimal | None:
    if not values.keys() >= {"mass_supply", "temperature_supply", "temperature_return"}:
        return None
    kelvins = values["temperature_supply"] - values["temperature_return"]
    return values["mass_supply"] * kelvins * GCAL_PER_TONNE_KELVIN

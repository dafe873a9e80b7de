"""The columns of an archive as engineers know them, and what each comes to over a span."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from metering.archives import ArchivedSlot
from metering.exact import exact_sum


class Comes(StrEnum):
    """What a column comes to over all its rows."""

    TOTAL = "total"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class ArchiveColumn:
    """A quantity, or the difference of two. `unit` is canonical; `places`: digits after the point."""

    heading: str
    unit: str
    minuend: str
    subtrahend: str = ""
    places: int = 3
    comes: Comes = Comes.TOTAL
    width: int = 9

    @property
    def quantities(self) -> tuple[str, ...]:
        """What has to be recorded for a value."""
        return (self.minuend, self.subtrahend) if self.subtrahend else (self.minuend,)

    def value(self, slot: ArchivedSlot) -> Decimal | None:
        """Exact; None when the meter did not record all of it."""
        told = [slot.values.get(name) for name in self.quantities]
        known = [one for one in told if one is not None]
        if len(known) < len(told):
            return None
        return exact_sum((known[0], *(-one for one in known[1:])))

    def doubtful(self, slot: ArchivedSlot) -> bool:
        return not slot.doubtful.isdisjoint(self.quantities)

    def counting(self, slots: Sequence[ArchivedSlot]) -> list[Decimal]:
        """The values that count: those that nothing disqualifies."""
        valid = (one for one in slots if one.disqualified.isdisjoint(self.quantities))
        return [value for slot in valid if (value := self.value(slot)) is not None]


_AVERAGE: Final = Comes.AVERAGE
_HEAT: Final = (
    ArchiveColumn("Q", "Gcal", "energy_total", width=9),
    ArchiveColumn("Q1", "Gcal", "energy_heating", width=9),
    ArchiveColumn("Q2", "Gcal", "energy_hot_water", width=9),
)
_MASSES: Final = (
    ArchiveColumn("M1", "t", "mass_supply"),
    ArchiveColumn("M2", "t", "mass_return"),
    ArchiveColumn("M1−M2", "t", "mass_supply", "mass_return"),
    ArchiveColumn("M3", "t", "mass_make_up"),
    ArchiveColumn("M", "t", "mass"),
)
_VOLUMES: Final = (
    ArchiveColumn("V", "m3", "volume"),
    ArchiveColumn("V1", "m3", "volume_supply"),
    ArchiveColumn("V2", "m3", "volume_return"),
    ArchiveColumn("V3", "m3", "volume_make_up"),
)
_TEMPERATURES: Final = (
    ArchiveColumn("t1", "°C", "temperature_supply", places=2, comes=_AVERAGE, width=7),
    ArchiveColumn("t2", "°C", "temperature_return", places=2, comes=_AVERAGE, width=7),
)
_DIFFERENCE: Final = (
    ArchiveColumn("Δt", "°C", "temperature_difference", places=2, comes=_AVERAGE, width=7),
    ArchiveColumn("Δt", "°C", "temperature_supply", "temperature_return", 2, _AVERAGE, 7),
)
"""As the meter recorded it; else as its temperatures make it."""
_PRESSURES: Final = (
    ArchiveColumn("P1", "MPa", "pressure_supply", comes=_AVERAGE, width=7),
    ArchiveColumn("P2", "MPa", "pressure_return", comes=_AVERAGE, width=7),
)
_TIME: Final = ArchiveColumn("", "h", "operating_time", places=2, width=7)

_ALWAYS: Final = (*_MASSES[:3], *_TEMPERATURES)
"""What every heat meter has to tell: an empty column of these is shown, with its gaps."""


def columns_of(slots: Sequence[ArchivedSlot]) -> tuple[ArchiveColumn, ...]:
    """The columns of this archive: those that it tells, and those that it had to."""
    told = {name for slot in slots for name in slot.values}

    def recorded(column: ArchiveColumn) -> bool:
        return told.issuperset(column.quantities)

    heat = tuple(filter(recorded, _HEAT)) or _HEAT[:1]
    difference = next(filter(recorded, _DIFFERENCE), _DIFFERENCE[1])
    masses = tuple(one for one in _MASSES if one in _ALWAYS or recorded(one))
    others = (*filter(recorded, _VOLUMES), *_TEMPERATURES, difference, *filter(recorded, _PRESSURES), _TIME)
    return (*heat, *masses, *others)


def total(values: Sequence[Decimal]) -> Decimal | None:
    """None of nothing: what was not measured is not 0."""
    return exact_sum(values) if values else None


def average(values: Sequence[Decimal]) -> Decimal | None:
    """The mean of equal slots."""
    return exact_sum(values) / len(values) if values else None


OVER_ALL: Final[Mapping[Comes, Callable[[Sequence[Decimal]], Decimal | None]]] = {
    Comes.TOTAL: total,
    Comes.AVERAGE: average,
}

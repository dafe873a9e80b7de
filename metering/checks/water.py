"""What the water tells of the heat: a unit mistaken, a register that stands still, masses out of balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from metering.billing_rules import BillingRule
from metering.calendar import Slot
from metering.checks.spans import shown, spans_of, total_of
from metering.exact import exact_sum
from metering.level_chain import instant
from metering.observations import Level, Observations, heat_by_mass
from metering.reasons import Because, Reason, reason

LEAST_STANDSTILL: Final = timedelta(days=1)
"""A register that stands still for less says nothing."""
UNIT_TOLERANCE: Final = Decimal("0.1")
"""By how much of it a ratio may miss a unit's; the leftmost digits of density and heat are lost in it."""

RATIOS: Final[Mapping[str, Decimal]] = {
    "GJ": Decimal("4.1868"),
    "MWh": Decimal("1.163"),
    "kWh": Decimal(1163),
    "MJ": Decimal("4186.8"),
    "Mcal": Decimal(1000),
}
"""So much of a unit is one Gcal: what is counted too much when it was taken for Gcal."""


def units(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Two units in one period, and heat that exceeds what the water brought by a unit's ratio."""
    if len(seen.raw_units) > 1:
        yield reason(Because.UNIT_CHANGED, hinders=True, units=", ".join(sorted(seen.raw_units)))
    told = [hour for hour in seen.hours if seen.quantity in hour.values and heat_by_mass([hour]) is not None]
    heat = heat_by_mass(told)
    if heat is None or heat <= 0:
        return
    ratio = total_of(spans_of(told, seen.quantity)) / heat
    for unit, times in RATIOS.items():
        if abs(ratio - times) <= UNIT_TOLERANCE * times and not _right(ratio):
            yield reason(Because.UNIT_DOUBTFUL, hinders=True, ratio=shown(ratio), unit=unit)


def _right(ratio: Decimal) -> bool:
    return abs(ratio - 1) <= UNIT_TOLERANCE


def masses(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """More water back than out is always wrong; less only where none is meant to be taken out."""
    both = [hour.values for hour in seen.hours if hour.values.keys() >= {"mass_supply", "mass_return"}]
    supply, back = (exact_sum(values[f"mass_{place}"] for values in both) for place in ("supply", "return"))
    allowed = abs(supply) * rule.mass_imbalance
    if back - supply > allowed or (seen.closed and supply - back > allowed):
        yield reason(Because.MASSES_DIFFER, supply=shown(supply), back=shown(back), allowed=shown(allowed))


def frozen(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Each standstill through which water brought more heat than the register's last digits can hide."""
    for still in _standstills(seen.levels):
        hours = [one for one in seen.hours if still.start <= one.slot.start and one.slot.end <= still.end]
        heat = heat_by_mass(hours)
        if heat is not None and heat > 2 * seen.resolution:
            yield reason(
                Because.REGISTER_FROZEN,
                hinders=True,
                start=instant(still.start),
                end=instant(still.end),
                reckoned=shown(heat),
            )


def _standstills(levels: Sequence[Level]) -> Iterator[Slot]:
    """The longest spans through which successive levels are equal, those that say something."""
    for _, group in groupby(levels, key=lambda level: level.value):
        still = list(group)
        if still[-1].at - still[0].at >= LEAST_STANDSTILL:
            yield Slot(still[0].at, still[-1].at)

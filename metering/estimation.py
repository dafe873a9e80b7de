"""Heat of hours that no record tells, by named methods; each says how far it may be off.

Average of valid hours: what the valid hours within the rule's window before the gap counted, by their length,
times the gap's length. Temperature-normalised: the same by kelvin-hours (indoors less outdoors, times hours)
in place of the length; hours with less than a kelvin tell nothing. Either may be off by as much as the hour
used that lies furthest from the average: the largest |rate of an hour - average rate|, times the gap.

Calculated load: the load at the design outdoor temperature times the gap's kelvin-hours over the kelvins
between indoors and design. Nothing measured stands behind it: it may be off by as much as it is.

Every one is worked out as an exact fraction and rounded once, half to even, on a fine grid.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Final

from metering.billing_rules import BillingRule, Method
from metering.calendar import Slot
from metering.evidence import RecordReading, ThermalLoad
from metering.exact import exact_sum, on_grid
from metering.levels import NOTHING, Estimate
from metering.thermal import hours_of, kelvin_hours

LEAST_HOURS: Final = 24
"""An average of fewer hours says nothing about a day."""
LEAST_KELVINS: Final = 1
"""An hour with less between indoors and outdoors says nothing of how heat follows the weather."""


@dataclass(frozen=True, slots=True)
class _Exact:
    value: Fraction
    uncertainty: Fraction


@dataclass(frozen=True, slots=True)
class Experience:
    """What a usage point's estimates go by.

    `hours`: valid hours in which the meter measured all the time, ascending, one at an instant.
    """

    hours: Sequence[RecordReading]
    load: ThermalLoad

    def before(self, gap: Slot, window: timedelta) -> Sequence[RecordReading]:
        """The hours that lie within the window that ends where the gap starts."""
        first = bisect_left(self.hours, gap.start - window, key=_start)
        last = bisect_left(self.hours, gap.start, key=_start)
        return [hour for hour in self.hours[first:last] if hour.slot.end <= gap.start]


def estimate(gap: Slot, experience: Experience, rule: BillingRule) -> Estimate | None:
    """By the first of the rule's methods that is possible; None when none is."""
    hours = experience.before(gap, rule.average_window)
    for method in rule.methods:
        found = _METHODS[method](gap, hours, experience.load)
        if found is not None:
            return _estimate(found, gap, hours, experience.load, method)
    return None


def together(estimates: Iterable[Estimate]) -> Estimate:
    """The sum of estimates of gaps that do not overlap."""
    parts = tuple(estimates)
    return Estimate(
        exact_sum(part.value for part in parts),
        exact_sum(part.uncertainty for part in parts),
        sum((part.length for part in parts), NOTHING.length),
        tuple(dict.fromkeys(method for part in parts for method in part.methods)),
    )


def _estimate(
    found: _Exact, gap: Slot, hours: Sequence[RecordReading], load: ThermalLoad, method: Method
) -> Estimate:
    given = [hour.value for hour in hours] or [load.calculated_load or Decimal(0)]
    return Estimate(
        on_grid(found.value, *given), on_grid(found.uncertainty, *given), gap.end - gap.start, (method,)
    )


def _start(hour: RecordReading) -> datetime:
    return hour.slot.start


def _average(gap: Slot, hours: Sequence[RecordReading], load: ThermalLoad) -> _Exact | None:
    return _by_rate(gap, hours, lambda slot: hours_of(slot.end - slot.start), Fraction(0))


def _normalised(gap: Slot, hours: Sequence[RecordReading], load: ThermalLoad) -> _Exact | None:
    return _by_rate(gap, hours, partial(kelvin_hours, load), Fraction(LEAST_KELVINS))


def _by_rate(
    gap: Slot,
    hours: Sequence[RecordReading],
    amount: Callable[[Slot], Fraction | None],
    least: Fraction,
) -> _Exact | None:
    """As the hours counted for each amount; hours with less of it in an hour than the least are left out."""
    wanted = amount(gap)
    told = [(Fraction(hour.value), amount(hour.slot), hour.slot) for hour in hours]
    used = [
        (value, had)
        for value, had, slot in told
        if had is not None and had >= least * hours_of(slot.end - slot.start)
    ]
    if wanted is None or len(used) < LEAST_HOURS:
        return None
    rate = Fraction(sum(value for value, _ in used)) / Fraction(sum(had for _, had in used))
    furthest = max(abs(value / had - rate) for value, had in used)
    return _Exact(rate * wanted, furthest * wanted)


def _calculated_load(gap: Slot, hours: Sequence[RecordReading], load: ThermalLoad) -> _Exact | None:
    design, wanted = load.design_outdoor_temperature, kelvin_hours(load, gap)
    if load.calculated_load is None or design is None or wanted is None:
        return None
    kelvins = Fraction(load.indoor_temperature) - Fraction(design)
    if kelvins <= 0:
        return None
    value = Fraction(load.calculated_load) * wanted / kelvins
    return _Exact(value, value)


_METHODS: Final[Mapping[Method, Callable[[Slot, Sequence[RecordReading], ThermalLoad], _Exact | None]]] = {
    Method.AVERAGE_OF_VALID_HOURS: _average,
    Method.TEMPERATURE_NORMALISED: _normalised,
    Method.CALCULATED_LOAD: _calculated_load,
}

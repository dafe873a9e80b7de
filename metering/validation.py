"""The checks of a consumption: each looks for one thing and says in a reason what it found.

A finding that hinders keeps the value off bills until somebody has looked; no value is ever altered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from metering.billing_rules import BillingRule
from metering.calendar import Slot
from metering.exact import exact_sum
from metering.level_chain import instant
from metering.observations import Level, Observations, Record, heat_by_mass
from metering.reasons import Because, Reason, reason
from metering.thermal import hours_of, kelvin_hours

FASTEST_WATER: Final = Decimal(5)
"""Metres per second: several times what pipes of buildings are laid out for."""
MOST_COOLED: Final = Decimal(100)
"""Kelvins by which a building may cool its water."""
LEAST_WARMER: Final = Decimal(3)
"""Kelvins between supply and return from which on heat is being taken."""
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

_PI: Final = Decimal("3.14159265358979323846")
_HEATING: Final = frozenset({"energy_heating", "energy_total"})


class Check(StrEnum):
    """What is looked for."""

    DUPLICATE = "duplicate"
    GAP = "gap"
    NEGATIVE = "negative"
    SPIKE = "spike"
    WEATHER = "weather"
    SUMS = "sums"
    UNIT = "unit"
    ZERO = "zero"
    CLOCK = "clock"
    DEVICE_ERRORS = "device_errors"
    MASSES = "masses"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    check: Check
    reason: Reason

    @property
    def hinders(self) -> bool:
        """Whether it alone keeps the value off a bill."""
        return self.reason.hinders


class _Span(NamedTuple):
    """Gcal within a slot."""

    slot: Slot
    value: Decimal


def findings(seen: Observations, rule: BillingRule) -> tuple[Finding, ...]:
    """Everything that the checks find, in their order; empty when there is nothing to say."""
    return tuple(Finding(check, why) for check, look in _CHECKS.items() for why in look(seen, rule))


def _duplicates(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    for records in (seen.hours, seen.days):
        double = [(one, two) for one, two in pairwise(records) if two.slot.start < one.slot.end]
        if double:
            differ = any(
                one.values.get(seen.quantity) != two.values.get(seen.quantity) for one, two in double
            )
            first = double[0][1].slot.start
            yield reason(Because.RECORDS_OVERLAP, hinders=differ, count=str(len(double)), at=instant(first))


def _gaps(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    missing = list(_uncovered(seen.slot, _spans(seen.hours, seen.quantity)))
    if not seen.hours or not missing:
        return
    yield reason(
        Because.RECORDS_MISSING,
        count=_shown(sum(map(_length, missing), Fraction(0))),
        hours=_shown(_length(seen.slot)),
        at=instant(missing[0].start),
    )


def _uncovered(period: Slot, spans: Iterable[_Span]) -> Iterator[Slot]:
    reached = period.start
    for span in spans:
        if span.slot.start > reached:
            yield Slot(reached, span.slot.start)
        reached = max(reached, span.slot.end)
    if reached < period.end:
        yield Slot(reached, period.end)


def _negative(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    if seen.value is not None and seen.value < 0:
        yield reason(Because.NEGATIVE_CONSUMPTION, hinders=True, value=_shown(seen.value))
    backwards = [span for span in _spans(seen.hours, seen.quantity) if span.value < 0]
    if backwards:
        at = instant(backwards[0].slot.start)
        yield reason(Because.NEGATIVE_HOURS, count=str(len(backwards)), at=at)


def _spikes(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Of the hours and the period as a whole, the one with the most heat for its length."""
    whole = [_Span(seen.slot, seen.value)] if seen.value is not None else []
    spans = [*whole, *_spans(seen.hours, seen.quantity)]
    if not spans:
        return
    slot, value = max(_most_of_each_length(spans), key=_rate)
    if seen.nominal_diameter is not None:
        limit = Fraction(carried_by(seen.nominal_diameter)) * _length(slot)
        if value > limit:
            yield _spike(Because.MORE_THAN_THE_PIPE, slot, value, limit, diameter=seen.nominal_diameter)
    if seen.largest_load is not None:
        limit = Fraction(seen.largest_load) * _length(slot)
        if value > limit * Fraction(rule.spike_factor):
            yield _spike(Because.MORE_THAN_THE_CONTRACT, slot, value, limit, factor=rule.spike_factor)


def _most_of_each_length(spans: Iterable[_Span]) -> Iterable[_Span]:
    """Hours are many, and among slots of one length the values alone tell which has the highest rate."""
    most: dict[timedelta, _Span] = {}
    for span in spans:
        length = span.slot.end - span.slot.start
        if length not in most or span.value > most[length].value:
            most[length] = span
    return most.values()


def _spike(word: Because, slot: Slot, value: Decimal, limit: Fraction, **also: Decimal) -> Reason:
    particulars = {
        "value": _shown(value),
        "start": instant(slot.start),
        "end": instant(slot.end),
        "limit": _shown(limit),
        **{name: _shown(number) for name, number in also.items()},
    }
    return Reason(word, tuple(particulars.items()), hinders=True)


def carried_by(nominal_diameter: Decimal) -> Decimal:
    """Gcal/h that water in a pipe of so many millimetres can carry at most."""
    metres = nominal_diameter / 1000
    tonnes_per_hour = _PI * metres * metres / 4 * FASTEST_WATER * 3600
    return tonnes_per_hour * MOST_COOLED / 1000


def _weather(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """High and low against the calculated load; heating where there should be none."""
    if seen.value is None or seen.value <= 0 or seen.quantity not in _HEATING:
        return
    if not _in_season(seen, rule):
        if seen.value > seen.resolution:
            yield reason(Because.HEAT_OUT_OF_SEASON, value=_shown(seen.value))
        return
    expected = _expected(seen)
    if expected is None:
        return
    factor = Fraction(rule.spike_factor)
    high, low = seen.value > expected * factor, Fraction(seen.value) * factor < expected
    if high or low:
        yield reason(
            Because.HIGH_FOR_THE_WEATHER if high else Because.LOW_FOR_THE_WEATHER,
            value=_shown(seen.value),
            factor=_shown(factor),
            expected=_shown(expected),
        )


def _expected(seen: Observations) -> Fraction | None:
    """Gcal by the calculated load and the outdoor temperatures; None where one of them is not known."""
    load = seen.load
    if load.calculated_load is None or load.design_outdoor_temperature is None:
        return None
    felt = kelvin_hours(load, seen.slot)
    kelvins = Fraction(load.indoor_temperature) - Fraction(load.design_outdoor_temperature)
    return Fraction(load.calculated_load) * felt / kelvins if kelvins > 0 and felt is not None else None


def _in_season(seen: Observations, rule: BillingRule) -> bool:
    """By the month of the period's middle, and by the weather where it is known."""
    middle = seen.period.start + (seen.period.end - seen.period.start) / 2
    if not rule.season.includes(middle.month):
        return False
    outdoors = seen.outdoor_mean
    return outdoors is None or outdoors < rule.season.threshold


def _sums(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    yield from _days_against_hours(seen)
    yield from _registers_against_hours(seen)


def _days_against_hours(seen: Observations) -> Iterator[Reason]:
    hours = _spans(seen.hours, seen.quantity)
    differ = []
    for day in _spans(seen.days, seen.quantity):
        within = _tiling(hours, day.slot)
        if within and _differs(within, day.value, seen.resolution):
            differ.append((day, within))
    if differ:
        day, within = differ[0]
        yield reason(
            Because.DAY_DIFFERS_FROM_HOURS,
            count=str(len(differ)),
            at=instant(day.slot.start),
            hours=_shown(_total(within)),
            day=_shown(day.value),
        )


def _registers_against_hours(seen: Observations) -> Iterator[Reason]:
    """Between the first and the last level that stand at the edges of hours."""
    hours = _spans(seen.hours, seen.quantity)
    edges = {edge for span in hours for edge in (span.slot.start, span.slot.end)}
    levels = [level for level in seen.levels if level.at in edges]
    if len(levels) < 2:
        return
    first, last = levels[0], levels[-1]
    within = _tiling(hours, Slot(first.at, last.at))
    gained = exact_sum((last.value, first.value.copy_negate()))
    if within and _differs(within, gained, seen.resolution):
        yield reason(
            Because.REGISTERS_DIFFER_FROM_HOURS,
            hinders=True,
            start=instant(first.at),
            end=instant(last.at),
            hours=_shown(_total(within)),
            registers=_shown(gained),
        )


def _tiling(spans: Sequence[_Span], slot: Slot) -> Sequence[_Span]:
    """The spans within the slot; none unless they cover it without a gap."""
    within = [span for span in spans if slot.start <= span.slot.start and span.slot.end <= slot.end]
    return [] if any(_uncovered(slot, within)) else within


def _differs(parts: Sequence[_Span], whole: Decimal, resolution: Decimal) -> bool:
    """By more than the last digits of the parts and of both edges can make."""
    return abs(exact_sum((_total(parts), whole.copy_negate()))) > resolution * (len(parts) + 2)


def _total(spans: Iterable[_Span]) -> Decimal:
    return exact_sum(span.value for span in spans)


def _units(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    if len(seen.raw_units) > 1:
        yield reason(Because.UNIT_CHANGED, hinders=True, units=", ".join(sorted(seen.raw_units)))
    told = [hour for hour in seen.hours if seen.quantity in hour.values and heat_by_mass([hour]) is not None]
    heat = heat_by_mass(told)
    if heat is None or heat <= 0:
        return
    ratio = _total(_spans(told, seen.quantity)) / heat
    for unit, times in RATIOS.items():
        if abs(ratio - times) <= UNIT_TOLERANCE * times and not _right(ratio):
            yield reason(Because.UNIT_DOUBTFUL, hinders=True, ratio=_shown(ratio), unit=unit)


def _right(ratio: Decimal) -> bool:
    return abs(ratio - 1) <= UNIT_TOLERANCE


def _zero(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Unless no water ran: then there is nothing that could have brought heat."""
    if seen.value != 0 or seen.quantity not in _HEATING or not _in_season(seen, rule):
        return
    masses = [record.values["mass_supply"] for record in seen.hours if "mass_supply" in record.values]
    warmer = [kelvins for record in seen.hours if (kelvins := _kelvins(record)) is not None]
    if not warmer or (masses and not any(masses)):
        return
    mean = sum(warmer, Decimal(0)) / len(warmer)
    if mean >= LEAST_WARMER:
        yield reason(Because.NO_HEAT_THOUGH_WARM, hinders=True, kelvins=_shown(mean))


def _kelvins(record: Record) -> Decimal | None:
    supply, back = (record.values.get(f"temperature_{place}") for place in ("supply", "return"))
    return None if supply is None or back is None else supply - back


def _clock(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    furthest = max(map(abs, seen.clock_differences), default=timedelta())
    if furthest > rule.allowed_drift:
        yield reason(
            Because.CLOCK_DRIFTED,
            seconds=str(furthest // timedelta(seconds=1)),
            allowed=str(rule.allowed_drift // timedelta(seconds=1)),
        )


def _device_errors(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    reported = sorted({condition.name for record in seen.hours for condition in record.conditions})
    for fault in reported:
        hours = [hour for hour in seen.hours if any(one.name is fault for one in hour.conditions)]
        at = instant(hours[0].slot.start)
        yield reason(Because.FAULT_REPORTED, fault=fault.value, count=str(len(hours)), at=at)


def _masses(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """More water back than out is always wrong; less only where none is meant to be taken out."""
    both = [hour.values for hour in seen.hours if hour.values.keys() >= {"mass_supply", "mass_return"}]
    supply, back = (exact_sum(values[f"mass_{place}"] for values in both) for place in ("supply", "return"))
    allowed = abs(supply) * rule.mass_imbalance
    if back - supply > allowed or (seen.closed and supply - back > allowed):
        yield reason(Because.MASSES_DIFFER, supply=_shown(supply), back=_shown(back), allowed=_shown(allowed))


def _frozen(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
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
                reckoned=_shown(heat),
            )


def _standstills(levels: Sequence[Level]) -> Iterator[Slot]:
    """The longest spans through which successive levels are equal, those that say something."""
    for _, group in groupby(levels, key=lambda level: level.value):
        still = list(group)
        if still[-1].at - still[0].at >= LEAST_STANDSTILL:
            yield Slot(still[0].at, still[-1].at)


def _spans(records: Iterable[Record], quantity: str) -> Sequence[_Span]:
    return [_Span(one.slot, one.values[quantity]) for one in records if quantity in one.values]


def _length(slot: Slot) -> Fraction:
    return hours_of(slot.end - slot.start)


def _rate(span: _Span) -> Fraction:
    return Fraction(span.value) / _length(span.slot)


def _shown(value: Decimal | Fraction) -> str:
    """At most three decimals, for people."""
    thousandths = round(Fraction(value) * 1000)
    return f"{Decimal(thousandths).scaleb(-3):f}".rstrip("0").rstrip(".")


_CHECKS: Final[Mapping[Check, Callable[[Observations, BillingRule], Iterator[Reason]]]] = {
    Check.DUPLICATE: _duplicates,
    Check.GAP: _gaps,
    Check.NEGATIVE: _negative,
    Check.SPIKE: _spikes,
    Check.WEATHER: _weather,
    Check.SUMS: _sums,
    Check.UNIT: _units,
    Check.ZERO: _zero,
    Check.CLOCK: _clock,
    Check.DEVICE_ERRORS: _device_errors,
    Check.MASSES: _masses,
    Check.FROZEN: _frozen,
}

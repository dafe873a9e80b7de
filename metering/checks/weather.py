"""What the season and the weather make believe: high, low, out of season, nothing though it was warm."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from metering.billing_rules import BillingRule
from metering.checks.spans import shown
from metering.observations import Observations, Record
from metering.reasons import Because, Reason, reason
from metering.thermal import kelvin_hours

LEAST_WARMER: Final = Decimal(3)
"""Kelvins between supply and return from which on heat is being taken."""

_HEATING: Final = frozenset({"energy_heating", "energy_total"})


def weather(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """High and low against the calculated load; heating where there should be none."""
    if seen.value is None or seen.value <= 0 or seen.quantity not in _HEATING:
        return
    if not _in_season(seen, rule):
        if seen.value > seen.resolution:
            yield reason(Because.HEAT_OUT_OF_SEASON, value=shown(seen.value))
        return
    expected = _expected(seen)
    if expected is None:
        return
    factor = Fraction(rule.spike_factor)
    high, low = seen.value > expected * factor, Fraction(seen.value) * factor < expected
    if high or low:
        yield reason(
            Because.HIGH_FOR_THE_WEATHER if high else Because.LOW_FOR_THE_WEATHER,
            value=shown(seen.value),
            factor=shown(factor),
            expected=shown(expected),
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


def zero(seen: Observations, rule: BillingRule) -> Iterator[Reason]:
    """Unless no water ran: then there is nothing that could have brought heat."""
    if seen.value != 0 or seen.quantity not in _HEATING or not _in_season(seen, rule):
        return
    masses = [record.values["mass_supply"] for record in seen.hours if "mass_supply" in record.values]
    warmer = [kelvins for record in seen.hours if (kelvins := _kelvins(record)) is not None]
    if not warmer or (masses and not any(masses)):
        return
    mean = sum(warmer, Decimal(0)) / len(warmer)
    if mean >= LEAST_WARMER:
        yield reason(Because.NO_HEAT_THOUGH_WARM, hinders=True, kelvins=shown(mean))


def _kelvins(record: Record) -> Decimal | None:
    supply, back = (record.values.get(f"temperature_{place}") for place in ("supply", "return"))
    return None if supply is None or back is None else supply - back

"""Kelvins between indoors and outdoors over time: what heating follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from metering.calendar import Slot
from metering.evidence import ThermalLoad

_HOUR: Final = timedelta(hours=1)


def hours_of(length: timedelta) -> Fraction:
    """So many hours, exactly."""
    return Fraction(length // timedelta.resolution, _HOUR // timedelta.resolution)


def kelvin_hours(load: ThermalLoad, slot: Slot) -> Fraction | None:
    """Kelvins by which outdoors is colder than indoors, times hours; None when an hour's mean is not known.

    Hours that are as warm as indoors or warmer count nothing.
    """
    total, reached = Fraction(0), slot.start
    while reached < slot.end:
        hour = _hour(reached)
        if hour not in load.outdoor:
            return None
        end = min(hour + _HOUR, slot.end)
        total += _kelvins(load, hour) * hours_of(end - reached)
        reached = end
    return total


def _kelvins(load: ThermalLoad, hour: datetime) -> Fraction:
    return max(Fraction(load.indoor_temperature) - Fraction(load.outdoor[hour]), Fraction(0))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)

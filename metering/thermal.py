"""Kelvins between indoors and outdoors over time: what heating follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from metering.calendar import Slot
from metering.evidence import ThermalLoad
from metering.exact import EXACT

_HOUR: Final = timedelta(hours=1)


def hours_of(length: timedelta) -> Fraction:
    """So many hours, exactly."""
    return Fraction(length // timedelta.resolution, _HOUR // timedelta.resolution)


def kelvin_hours(load: ThermalLoad, slot: Slot) -> Fraction | None:
    """Kelvins by which outdoors is colder than indoors, times hours; None when an hour's mean is not known.

    Hours that are as warm as indoors or warmer count nothing.
    """
    total, reached = Decimal(0), slot.start
    while reached < slot.end:
        hour = _hour(reached)
        if hour not in load.outdoor:
            return None
        end = min(hour + _HOUR, slot.end)
        total = EXACT.fma(_kelvins(load, hour), (end - reached) // timedelta.resolution, total)
        reached = end
    return Fraction(total) / (_HOUR // timedelta.resolution)


def _kelvins(load: ThermalLoad, hour: datetime) -> Decimal:
    return max(EXACT.subtract(load.indoor_temperature, load.outdoor[hour]), Decimal(0))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)

"""What a heat meter consists of: every component with its own serial number, seal and verification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from metering.calendar import MeterZone

_DAY: Final = timedelta(days=1)


class ComponentKind(StrEnum):
    """Which part of the meter; ordered as acts list them."""

    CALCULATOR = "calculator"
    FLOW_SUPPLY = "flow_supply"
    FLOW_RETURN = "flow_return"
    FLOW_MAKE_UP = "flow_make_up"
    TEMPERATURE_SUPPLY = "temperature_supply"
    TEMPERATURE_RETURN = "temperature_return"
    TEMPERATURE_COLD_WATER = "temperature_cold_water"
    PRESSURE_SUPPLY = "pressure_supply"
    PRESSURE_RETURN = "pressure_return"


@dataclass(frozen=True, slots=True)
class Component:
    """One component as its passport has it. Its verification is valid through the day `verification_due`."""

    kind: ComponentKind
    type: str
    serial: str
    seal: str = ""
    verified_on: date | None = None
    verification_due: date | None = None

    def unverified_from(self, zone: MeterZone) -> datetime | None:
        """The instant at which the day after the last valid one begins; None when no day is known."""
        due = self.verification_due
        return None if due is None else midnight(due + _DAY, zone)


def midnight(day: date, zone: MeterZone) -> datetime:
    """The instant at which a calendar day of this zone begins."""
    return zone.to_utc(datetime(day.year, day.month, day.day))

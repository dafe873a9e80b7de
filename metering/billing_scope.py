"""Whom a billing run is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metering.areas import EVERYWHERE, Area
from metering.errors import ConfigurationError

MOST_POINTS: Final = 5000
"""Usage points that a request may list; more are a district or a service centre."""


@dataclass(frozen=True, slots=True)
class BillingScope:
    """Usage points of an area, or those listed; nothing named: all of them."""

    area: Area = EVERYWHERE
    usage_points: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.usage_points is not None and not 0 < len(self.usage_points) <= MOST_POINTS:
            raise ConfigurationError(f"A scope lists between 1 and {MOST_POINTS} usage points.")
        if self.usage_points is not None and not self.area.is_everything:
            raise ConfigurationError("A scope is an area or a list of usage points, not both.")

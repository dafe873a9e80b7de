"""The checks of a consumption: each looks for one thing and says in a reason what it found.

A finding that hinders keeps the value off bills until somebody has looked; no value is ever altered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from metering.billing_rules import BillingRule
from metering.checks import amounts, records, sums, water, weather
from metering.observations import Observations
from metering.reasons import Reason


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


def findings(seen: Observations, rule: BillingRule) -> tuple[Finding, ...]:
    """Everything that the checks find, in their order; empty when there is nothing to say."""
    return tuple(Finding(check, why) for check, look in _CHECKS.items() for why in look(seen, rule))


_CHECKS: Final[Mapping[Check, Callable[[Observations, BillingRule], Iterator[Reason]]]] = {
    Check.DUPLICATE: records.duplicates,
    Check.GAP: records.gaps,
    Check.NEGATIVE: amounts.negative,
    Check.SPIKE: amounts.spikes,
    Check.WEATHER: weather.weather,
    Check.SUMS: sums.sums,
    Check.UNIT: water.units,
    Check.ZERO: weather.zero,
    Check.CLOCK: records.clock,
    Check.DEVICE_ERRORS: records.device_errors,
    Check.MASSES: water.masses,
    Check.FROZEN: water.frozen,
}

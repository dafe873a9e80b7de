"""A register that was silent for months: the bills of the months in between share its heat once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from metering.billing_rules import BillingRule, Weights
from metering.calendar import BillingPeriod
from metering.consumption import consumption
from metering.evidence import LONGEST_WALK, ThermalLoad
from tests.support.register_evidence import EPOCH, HOUR, after, known, level

RULE = BillingRule(interpolation=Weights.OUTDOOR_TEMPERATURE, methods=(), tolerance=timedelta())
MONTHS = [0, 31 * 24, 59 * 24, 90 * 24, 120 * 24]
"""January to April."""
WINDOW = timedelta(days=7)


def weather(hour: int) -> Decimal:
    """It grows warmer, and more slowly at night."""
    return Decimal(hour) / 150 - 20 + (hour % 24) // 6


def told(period: BillingPeriod) -> Mapping[datetime, Decimal]:
    """The outdoor temperatures that an answer for this period has at hand, whatever lies around them."""
    first, last = period.start - LONGEST_WALK - WINDOW, period.end + LONGEST_WALK
    hours = range((first - EPOCH) // HOUR, (last - EPOCH) // HOUR)
    return {after(hour): weather(hour) for hour in hours}


def billed(start: int, end: int, read: tuple[int, int]) -> Decimal:
    period = BillingPeriod(after(start), after(end))
    load = ThermalLoad(Decimal(20), outdoor=told(period))
    outer = [level(MONTHS[0], "100"), level(MONTHS[-1], "1000")]
    levels = [level(hour, value) for hour, value in zip(read, ("130", "930"), strict=True)]
    found = consumption(period, [known(*outer, *levels, load=load)], RULE)
    assert found.value is not None
    return found.value


@pytest.mark.parametrize(
    "read", [(4 * 24, 68 * 24), (2 * 24, 118 * 24), (20 * 24, 62 * 24)], ids=["64 d", "116 d", "42 d"]
)
def test_months_within_a_long_silence_add_up_to_the_register(read: tuple[int, int]) -> None:
    """1000 - 100, though each month's answer knows the weather of other days."""
    parts = [billed(start, end, read) for start, end in pairwise(MONTHS)]
    assert sum(parts) == 900
    assert billed(MONTHS[0], MONTHS[-1], read) == 900

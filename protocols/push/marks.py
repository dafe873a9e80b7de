"""Numbers by which a sender means that there is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from metering.quantities import Quantity
from metering.readings import Absence, MeterValue

LARGEST_EXPONENT: Final = 30
"""A sum of any of our quantities over centuries has fewer digits before its point."""
_NO_COUNT: Final = Decimal(-(2**31))
"""The M-Bus mark 0x80000000, decoded as if it were a number."""


def measured(quantity: Quantity, unit: str, number: object) -> MeterValue:
    """The value, or why there is none (mqtt-wmbus.md 1.2): the 32-bit mark, and energy below zero."""
    if number is None:
        return MeterValue(quantity, unit, None, Absence.NO_DATA)
    if not isinstance(number, Decimal):
        return MeterValue(quantity, unit, None, Absence.NOT_DECODED)
    negative = number < 0 and quantity.canonical_unit == "Gcal"
    if number == _NO_COUNT or negative or abs(number.adjusted()) > LARGEST_EXPONENT:
        return MeterValue(quantity, unit, None, Absence.INVALID_MARK)
    return MeterValue(quantity, unit, number)

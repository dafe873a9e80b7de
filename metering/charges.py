"""Money for heat, rounded where a named document rounds; and charges by a tariff alone.

Where heat is metered the amount follows from its share; where there is no meter, from a rate and a quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_05UP, ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from metering.allocation import Building, Share

_NOTHING: Final = Decimal(0)


class Stage(StrEnum):
    """Where on the way to an amount something may be rounded."""

    TARIFF_PER_AREA = "tariff_per_area"
    """The tariff divided by the building's area: money per Gcal and square metre."""
    PRICE = "price"
    """Money per square metre."""
    COMMON = "common"
    """Gcal of the common part of one premises."""
    ENERGY = "energy"
    """Gcal of one premises."""
    AMOUNT = "amount"
    """Money."""


class Digits(NamedTuple):
    """To how many decimals, and in which of decimal's ways."""

    places: int
    way: str


class Rounding(StrEnum):
    """A named way of rounding; ROUNDINGS tells what it does."""

    EXACT = "exact"
    TO_THE_HUNDREDTH = "to_the_hundredth"
    TO_THE_TENTH = "to_the_tenth"
    COMMON_TO_THE_HUNDREDTH = "common_to_the_hundredth"
    ALSECO = "alseco"
    KYIVENERGO = "kyivenergo"


ROUNDINGS: Final[Mapping[Rounding, Mapping[Stage, Digits]]] = {
    Rounding.EXACT: {},
    Rounding.TO_THE_HUNDREDTH: {Stage.AMOUNT: Digits(2, ROUND_HALF_UP)},
    Rounding.TO_THE_TENTH: {Stage.AMOUNT: Digits(1, ROUND_HALF_UP)},
    Rounding.COMMON_TO_THE_HUNDREDTH: {
        Stage.COMMON: Digits(2, ROUND_HALF_UP),
        Stage.AMOUNT: Digits(1, ROUND_HALF_UP),
    },
    Rounding.ALSECO: {
        Stage.TARIFF_PER_AREA: Digits(3, ROUND_DOWN),
        Stage.PRICE: Digits(2, ROUND_DOWN),
        Stage.AMOUNT: Digits(2, ROUND_HALF_EVEN),
    },
    Rounding.KYIVENERGO: {Stage.ENERGY: Digits(4, ROUND_UP), Stage.AMOUNT: Digits(2, ROUND_HALF_UP)},
}
"""Stages that are not named stay exact. Those of Alseco and Kyivenergo are found by arithmetic: they give the
figures that the documents print, which do not say how they round."""


_WRITTEN: Final = Digits(12, ROUND_HALF_EVEN)
"""How a quotient is written down that is not rounded by name."""

_STICKY: Final = Context(prec=100, rounding=ROUND_05UP)
"""Rounding so first leaves what a later rounding to fewer digits would have made of the exact quotient."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What is charged for one premises: money, and the Gcal that it was reckoned from."""

    energy: Decimal
    amount: Decimal


def price_per_area(building: Building, area: Decimal, tariff: Decimal, rounding: Rounding) -> Decimal:
    """Money per square metre, as Almaty reckons: Q x T / S, by way of T / S."""
    per_area = _at(Stage.TARIFF_PER_AREA, rounding, Fraction(tariff) / Fraction(area))
    return written(_at(Stage.PRICE, rounding, per_area * Fraction(building.energy)))


def charge_by_price(share: Share, price: Decimal, rounding: Rounding, already: Decimal = _NOTHING) -> Charge:
    """The amount of one premises by its area, less what was charged or granted for the period before."""
    amount = Fraction(price) * Fraction(share.premises.area) - Fraction(already)
    return Charge(written(share.energy), written(_at(Stage.AMOUNT, rounding, amount)))


def charge_by_energy(
    share: Share, tariff: Decimal, rounding: Rounding, already: Decimal = _NOTHING
) -> Charge:
    """The amount of one premises by its Gcal, less what was charged or granted for the period before."""
    energy = _at(Stage.ENERGY, rounding, share.own + _at(Stage.COMMON, rounding, share.common))
    amount = energy * Fraction(tariff) - Fraction(already)
    return Charge(written(energy), written(_at(Stage.AMOUNT, rounding, amount)))


def charge_by_rate(rate: Decimal, quantity: Decimal, rounding: Rounding) -> Decimal:
    """Money where no meter counts: so much per person, square metre or cubic metre."""
    return written(_at(Stage.AMOUNT, rounding, Fraction(rate) * Fraction(quantity)))


def written(exact: Fraction) -> Decimal:
    """A quotient to twelve decimals, half to even."""
    return _quantized(exact, _WRITTEN)


def _at(stage: Stage, rounding: Rounding, exact: Fraction) -> Fraction:
    digits = ROUNDINGS[rounding].get(stage)
    return exact if digits is None else Fraction(_quantized(exact, digits))


def _quantized(exact: Fraction, digits: Digits) -> Decimal:
    quotient = _STICKY.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return quotient.quantize(Decimal((0, (1,), -digits.places)), digits.way, _STICKY)

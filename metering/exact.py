"""Sums, differences and texts in which no digit is lost, and the grid on which shares are rounded once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from functools import reduce
from typing import Final

MORE_DIGITS: Final = 6
"""How many digits finer than what it rests on a calculated level is."""

EXACT: Final = Context(prec=200, traps=[Inexact])
"""Raises Inexact instead of losing a digit."""


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """The sum with every digit; the built-in one rounds to the precision of the running context."""
    return reduce(EXACT.add, values, Decimal(0))


def difference(later: Decimal, earlier: Decimal) -> Decimal:
    """Later minus earlier, with every digit."""
    return EXACT.subtract(later, earlier)


def decimal_text(value: Decimal) -> str:
    """Plain notation; equal numbers have one text, whatever zeros they carry."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def on_grid(exact: Fraction, *given: Decimal) -> Decimal:
    """Rounded half to even, on a grid that all the given numbers lie on."""
    digits = max(map(_digits, given), default=0) + MORE_DIGITS
    return Decimal(round(exact * 10**digits)).scaleb(-digits, EXACT)


def _digits(value: Decimal) -> int:
    """How many digits stand behind the point."""
    return max(-int(value.as_tuple().exponent), 0)

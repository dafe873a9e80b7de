"""How numbers and dates are written in each language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final
from unicodedata import category

from reports.sheet import Format, Value

_MINUS: Final = "−"
_ROUNDED: Final = Context(prec=200, rounding=ROUND_HALF_UP)
_THIN_SPACE: Final = "\u202f"


@dataclass(frozen=True, slots=True)
class Style:
    """The signs of one language; the last two are for strftime."""

    point: str
    day: str
    moment: str


STYLES: Final = {
    "en": Style(".", "%Y-%m-%d", "%Y-%m-%d %H:%M"),
    "ru": Style(",", "%d.%m.%Y", "%d.%m.%Y %H:%M"),
    "kk": Style(",", "%d.%m.%Y", "%d.%m.%Y %H:%M"),
}


def shown(value: Value, language: str, format_: Format = Format.TEXT, places: int = 0) -> str:
    """The value as it is printed; "" for absence. Text in a column of numbers stays text."""
    style = STYLES[language]
    match value:
        case None:
            return ""
        case datetime():
            return value.strftime(style.day if format_ is Format.DATE else style.moment)
        case date():
            return value.strftime(style.day)
        case Decimal() | int():
            return number(Decimal(value), places, style.point)
    return value


def number(value: Decimal, places: int, point: str) -> str:
    """Rounded half up, thousands set apart, with a true minus; what rounds to nothing has no sign."""
    rounded = value.quantize(Decimal(1).scaleb(-places), context=_ROUNDED)
    whole, _, fraction = f"{abs(rounded):,.{places}f}".partition(".")
    sign = _MINUS if rounded < 0 else ""
    return sign + whole.replace(",", _THIN_SPACE) + (point + fraction if fraction else "")


def printable(text: str) -> str:
    """Without signs that no printer shows; line breaks and tabs stay."""
    return "".join(sign for sign in text if sign in "\n\t" or sign.isprintable() or category(sign) == "Zs")

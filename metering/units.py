"""Units of heat meters, and the one conversion from a maker's unit to a quantity's canonical unit.

The calorie here is the International Table calorie, 4.1868 J; pint's own is the thermochemical one, 4.184 J,
which would make every bill wrong by 0.067 %. Factors are exact rationals; a converted value is rounded once,
half to even, to 12 places of the canonical unit (docs/decisions/0003-exact-units.md).
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import Final

import pint
from pint.util import to_units_container

from metering.errors import DecodeError, UnitError
from metering.quantities import Quantity

PLACES: Final = 12
FACTOR_CONTEXT: Final = Context(prec=28)
LARGEST_EXPONENT: Final = 400  # every 64-bit float passes; rationals of absurd text would fill the memory

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "watt_hour": ("Wh", "Втч"),
    "kilowatt_hour": ("kWh", "кВтч", "КВтч"),
    "megawatt_hour": ("MWh", "МВтч"),
    "gigawatt_hour": ("GWh", "ГВтч"),
    "joule": ("J", "Дж"),
    "kilojoule": ("kJ", "кДж", "КДж"),
    "megajoule": ("MJ", "МДж"),
    "gigajoule": ("GJ", "ГДж"),
    "terajoule": ("TJ", "ТДж"),
    "calorie": ("cal", "кал"),
    "kilocalorie": ("kcal", "ккал", "Ккал"),
    "megacalorie": ("Mcal", "Мкал", "МКал"),
    "gigacalorie": ("Gcal", "GCal", "Гкал", "ГКал"),
    "watt": ("W", "Вт"),
    "kilowatt": ("kW", "кВт", "КВт"),
    "megawatt": ("MW", "МВт"),
    "gigawatt": ("GW", "ГВт"),
    "joule / hour": ("J/h", "Дж/ч"),
    "kilojoule / hour": ("kJ/h", "кДж/ч"),
    "megajoule / hour": ("MJ/h", "МДж/ч"),
    "gigajoule / hour": ("GJ/h", "ГДж/ч", "ГДж/час"),
    "calorie / hour": ("cal/h", "кал/ч"),
    "kilocalorie / hour": ("kcal/h", "ккал/ч", "ккал/час"),
    "megacalorie / hour": ("Mcal/h", "Мкал/ч", "Мкал/час"),
    "gigacalorie / hour": ("Gcal/h", "GCal/h", "Гкал/ч", "ГКал/ч", "Гкал/час"),
    "milliliter": ("ml", "mL", "мл"),
    "liter": ("l", "L", "л"),
    "meter ** 3": ("m3", "cbm", "м3", "кубм"),
    "foot ** 3": ("ft3", "cf"),
    "gallon": ("gal", "USgal"),
    "gram": ("g", "г"),
    "kilogram": ("kg", "кг"),
    "metric_ton": ("t", "т", "тн"),
    "milliliter / hour": ("ml/h", "мл/ч"),
    "liter / hour": ("l/h", "L/h", "л/ч", "л/час"),
    "liter / minute": ("l/min", "L/min", "л/мин"),
    "liter / second": ("l/s", "L/s", "л/с"),
    "milliliter / second": ("ml/s", "мл/с"),
    "meter ** 3 / hour": ("m3/h", "м3/ч", "м3/час"),
    "meter ** 3 / minute": ("m3/min", "м3/мин"),
    "meter ** 3 / second": ("m3/s", "м3/с"),
    "gallon / minute": ("gal/min", "USgal/min"),
    "gallon / hour": ("gal/h", "USgal/h"),
    "kilogram / hour": ("kg/h", "кг/ч", "кг/час"),
    "kilogram / second": ("kg/s", "кг/с"),
    "metric_ton / hour": ("t/h", "т/ч", "т/час"),
    "pascal": ("Pa", "Па"),
    "kilopascal": ("kPa", "кПа", "КПа"),
    "megapascal": ("MPa", "МПа"),
    "millibar": ("mbar", "мбар"),
    "bar": ("bar", "бар"),
    "kilogram_force / centimeter ** 2": ("kgf/cm2", "kg/cm2", "кгс/см2", "кг/см2", "ат"),
    "degree_Celsius": ("°C", "C", "degC", "°С", "С", "градС", "грС"),
    "kelvin": ("K", "К"),
    "second": ("s", "sec", "с", "сек"),
    "minute": ("min", "мин"),
    "hour": ("h", "hour", "hours", "ч", "час"),
    "day": ("d", "day", "days", "сут"),
    "dimensionless": ("",),
}
"""pint's unit, and the makers' spellings of it in Latin and in Cyrillic, without separators.

Case decides (mW is not MW), so a maker's odd capitals are rows of their own.
"""

_SEPARATORS: Final = str.maketrans("", "", " \t\r\n.·⋅•∙*×^-")
_UNITS: Final = {spelling: unit for unit, spellings in SPELLINGS.items() for spelling in spellings}
_ABSOLUTE_ZERO: Final = Fraction("-273.15")

PUBLISHED: Final[Mapping[str, Mapping[str, Fraction]]] = {
    "exact": {},
    "kyivenergo": {
        "watt_hour": Fraction("0.0000008598"),
        "kilowatt_hour": Fraction("0.0008598"),
        "megawatt_hour": Fraction("0.8598"),
        "gigawatt_hour": Fraction("859.8"),
        "joule": Fraction("0.000000000239"),
        "kilojoule": Fraction("0.000000239"),
        "megajoule": Fraction("0.000239"),
        "gigajoule": Fraction("0.239"),
        "terajoule": Fraction("239"),
    },
}
"""Factor sets that a contract may name: Gcal per unit of energy where it differs from the exact one.

Kyivenergo published 0.0008598 per kWh, 0.8598 per MWh and 0.239 per GJ; the other rows are these by powers
of ten. Calories and everything that is not energy convert exactly in every set.
"""


@dataclass(frozen=True, slots=True)
class Converted:
    """A value in the canonical unit, its factor to 28 digits and the factor set that it was taken from."""

    value: Decimal
    factor: Decimal
    factor_set: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """canonical = value * factor + offset."""

    factor: Fraction
    offset: Fraction
    shown: Decimal


def convert(value: Decimal, unit: str, quantity: Quantity, factor_set: str = "exact") -> Converted:
    """This value of a quantity in its canonical unit; UnitError when the unit does not measure it.

    A value already in the canonical unit keeps its own places; every other is rounded to 12.
    """
    if not isinstance(value, Decimal):
        raise UnitError(f"{value!r} is no Decimal; a float has lost digits, build the value from text.")
    if not value.is_finite() or abs(value.adjusted()) > LARGEST_EXPONENT:
        raise DecodeError(f"{quantity}: {value} is no number of a meter; check this field in the profile.")
    rule = _rule(unit, quantity, factor_set)
    if rule.factor == 1 and not rule.offset:
        return Converted(value, rule.shown, factor_set)
    exact = Fraction(value) * rule.factor + rule.offset
    return Converted(_rounded(exact), rule.shown, factor_set)


def check_unit(unit: str, quantity: Quantity) -> None:
    """UnitError when this unit does not measure this quantity; for profiles, before any meter is asked."""
    _rule(unit, quantity, "exact")


@lru_cache(maxsize=1024)
def _rule(unit: str, quantity: Quantity, factor_set: str) -> _Rule:
    published = _published(factor_set)
    source, target = _pint_name(unit, quantity), _UNITS[_normalised(quantity.canonical_unit)]
    if _dimension(source) != _dimension(target):
        raise UnitError(
            f"{quantity} is not measured in {unit!r} but in units like {quantity.canonical_unit!r}; "
            "check the unit in the profile or the meter's own settings."
        )
    factor, offset = _base_factor(source) / _base_factor(target), Fraction(0)
    if target == "gigacalorie":
        factor = published.get(source, factor)
    if target == "degree_Celsius" and source == "kelvin":
        offset = _ABSOLUTE_ZERO
    shown = FACTOR_CONTEXT.divide(Decimal(factor.numerator), Decimal(factor.denominator))
    return _Rule(factor, offset, shown)


def _published(factor_set: str) -> Mapping[str, Fraction]:
    if factor_set not in PUBLISHED:
        raise UnitError(f"Unknown factor set {factor_set!r}; known are {', '.join(PUBLISHED)}.")
    return PUBLISHED[factor_set]


def _pint_name(unit: str, quantity: Quantity) -> str:
    spelling = _normalised(unit)
    if spelling in _UNITS:
        return _UNITS[spelling]
    near = difflib.get_close_matches(spelling[:32], _UNITS, n=4)
    hint = f"did you mean {', '.join(near)}?" if near else f"write it like {quantity.canonical_unit!r}."
    raise UnitError(f"Unknown unit {unit[:32]!r} for {quantity}; capitals matter: {hint}")


def _normalised(unit: str) -> str:
    return unicodedata.normalize("NFKC", unit).translate(_SEPARATORS)


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Decimal]:
    registry: pint.UnitRegistry[Decimal] = pint.UnitRegistry(
        None, non_int_type=Decimal, on_redefinition="ignore"
    )
    # A registry that loads its definitions by itself has cached the calorie before it can be redefined.
    registry.load_definitions(str(resources.files(pint) / "default_en.txt"))
    registry.define("calorie = 4.1868 * joule = cal = cal_it")
    return registry


def _dimension(name: str) -> str:
    return str(_registry().parse_units(name).dimensionality)


@lru_cache(maxsize=128)
def _base_factor(name: str) -> Fraction:
    """Base units in one such unit, as an exact rational: each part alone terminates, a quotient need not."""
    registry = _registry()
    factor = Fraction(1)
    for part, power in to_units_container(registry.parse_units(name)).items():
        in_base_units, _ = registry.get_base_units(part)
        factor *= Fraction(str(in_base_units)) ** int(str(power))
    return factor


def _rounded(exact: Fraction) -> Decimal:
    scaled = round(exact * 10**PLACES)
    whole, places = scaled, PLACES
    while places and whole % 10 == 0:
        whole, places = whole // 10, places - 1
    return Decimal((whole < 0, tuple(map(int, str(abs(whole)))), -places))

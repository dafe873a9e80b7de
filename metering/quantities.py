"""What a heat meter measures: every quantity with its one canonical unit and its behaviour."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Behaviour(StrEnum):
    """How a quantity's values follow each other in time."""

    REGISTER = "register"
    """Counts up: consumption is closing minus opening."""
    INSTANT = "instant"
    """Goes up and down: only its value at a moment, or its mean over a slot, has a meaning."""
    FLAGS = "flags"
    """A bit array; its value is the unsigned integer of the bits."""


class Family(NamedTuple):
    """Quantities that differ only in the place where they are measured."""

    name: str
    canonical_unit: str
    behaviour: Behaviour
    places: tuple[str, ...]


PIPES: Final = ("", "supply", "return", "make_up")

FAMILIES: Final = (
    Family(
        "energy",
        "Gcal",
        Behaviour.REGISTER,
        ("heating", "hot_water", "total", "hot_water_summer", "cooling", "supply", "return"),
    ),
    Family("volume", "m3", Behaviour.REGISTER, PIPES),
    Family("mass", "t", Behaviour.REGISTER, PIPES),
    Family("volume_flow", "m3/h", Behaviour.INSTANT, PIPES),
    Family("mass_flow", "t/h", Behaviour.INSTANT, PIPES),
    Family(
        "temperature",
        "°C",
        Behaviour.INSTANT,
        ("supply", "return", "make_up", "cold_water", "outdoor"),
    ),
    Family("temperature_difference", "K", Behaviour.INSTANT, ("",)),
    Family("pressure", "MPa", Behaviour.INSTANT, ("supply", "return", "make_up", "cold_water")),
    Family("power", "Gcal/h", Behaviour.INSTANT, ("",)),
    Family("on_time", "h", Behaviour.REGISTER, ("",)),
    Family("operating_time", "h", Behaviour.REGISTER, ("",)),
    Family("error_time", "h", Behaviour.REGISTER, ("",)),
    Family("flags", "", Behaviour.FLAGS, ("",)),
)


class Quantity(NamedTuple):
    """One measured quantity. `name` is its identity in the database, the API and the profiles."""

    name: str
    canonical_unit: str
    behaviour: Behaviour

    def __str__(self) -> str:
        return self.name


def _members(family: Family) -> list[Quantity]:
    names = [f"{family.name}_{place}" if place else family.name for place in family.places]
    return [Quantity(name, family.canonical_unit, family.behaviour) for name in names]


QUANTITIES: Final[dict[str, Quantity]] = {
    quantity.name: quantity for family in FAMILIES for quantity in _members(family)
}

REGISTERS: Final = tuple(one.name for one in QUANTITIES.values() if one.behaviour is Behaviour.REGISTER)
"""Names of the quantities that only grow."""


def quantity(name: str) -> Quantity:
    """The quantity of this name; KeyError when there is none."""
    return QUANTITIES[name]

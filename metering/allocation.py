"""A building's heat to its premises, by the published methods.

Shares are exact fractions; `apportioned` makes decimals of them that add up to the building's last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from metering.errors import ConfigurationError
from metering.exact import exact_sum

REST: Final = ""
"""The name of the premises that nobody listed."""

_NOTHING: Final = Fraction(0)
_ENOUGH_EQUIPPED: Final = Fraction(1, 2)


class Method(StrEnum):
    """A published way of dividing a building's heat."""

    ALMATY_PER_AREA = "almaty_per_area"
    """By area alone, as the heat networks of Almaty do."""
    RULES_354 = "rules_354"
    """Rules No. 354 of the Russian Federation, annex 2, formulas 3, 3(1), 3(7) and 6."""
    KYIV_BY_AREA = "kyiv_by_area"
    """By heated area; with a meter of its own, what that one told and a share of the common areas."""


_TAKEN_ACCOUNT_OF: Final[Mapping[Method, frozenset[str]]] = {
    Method.ALMATY_PER_AREA: frozenset(),
    Method.RULES_354: frozenset({"own_energy", "distributor_units"}),
    Method.KYIV_BY_AREA: frozenset({"own_energy"}),
}
"""Readings of premises that a method knows of."""


@dataclass(frozen=True, slots=True)
class Premises:
    """A flat or an office: `area` in square metres, `own_energy` in Gcal by a meter of its own.

    `distributor_units` is what its radiator distributors counted, all together. None: it has none of these.
    """

    name: str
    area: Decimal
    own_energy: Decimal | None = None
    distributor_units: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Building:
    """What is divided: `energy` in Gcal over all premises of `area` square metres, None: of those listed.

    `common_areas_heated`: whether common areas have radiators, by technical documentation (Rules 354).
    `common_energy`: Gcal of the common areas, where somebody determines it (Kyiv).
    """

    energy: Decimal
    area: Decimal | None = None
    common_areas_heated: bool = True
    common_energy: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Gcal of one premises, exact: what it took itself, and its part of what is common."""

    premises: Premises
    own: Fraction
    common: Fraction = _NOTHING

    @property
    def energy(self) -> Fraction:
        """Both together."""
        return self.own + self.common


@dataclass(frozen=True, slots=True)
class Allocation:
    """The shares of the premises listed, in their order, and of the `rest` of the building.

    `unallocated` is what the method leaves to nobody; with it everything adds up to the building's heat.
    `distributors_count`: whether the area equipped suffices; None where there are no distributors.
    """

    shares: tuple[Share, ...]
    rest: Share
    unallocated: Fraction
    distributors_count: bool | None


def allocate(method: Method, building: Building, premises: Iterable[Premises]) -> Allocation:
    """Every premises' share of the building's heat; ConfigurationError when the figures contradict."""
    listed = tuple(premises)
    _check(method, listed)
    everybody = (*listed, Premises(REST, _area_left(building, listed)))
    counts = _distributors_count(everybody)
    shares = _METHODS[method](building, everybody)
    if counts:
        shares = _by_distributors(shares)
    unallocated = Fraction(building.energy) - sum((share.energy for share in shares), _NOTHING)
    return Allocation(shares[:-1], shares[-1], unallocated, counts)


def apportioned(parts: Sequence[Fraction], places: int) -> tuple[Decimal, ...]:
    """The parts with so many decimals, adding up to what they add up to exactly.

    The largest remainders are rounded up, of equal ones the first; all others are rounded down.
    ConfigurationError when the sum itself has more decimals.
    """
    scaled = [part * 10**places for part in parts]
    floors = [part // 1 for part in scaled]
    left = sum(scaled, _NOTHING) - sum(floors)
    if left.denominator != 1:
        raise ConfigurationError(f"The heat has more than {places} decimals: ask for parts with as many.")
    by_remainder = sorted(range(len(parts)), key=lambda place: floors[place] - scaled[place])
    raised = set(by_remainder[: left.numerator])
    return tuple(_decimal(floor + (place in raised), places) for place, floor in enumerate(floors))


def _decimal(units: int, places: int) -> Decimal:
    """Built of digits: arithmetic would round to the running context."""
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -places))


def _check(method: Method, premises: Sequence[Premises]) -> None:
    if not premises:
        raise ConfigurationError("There are no premises to divide the heat among: list one at least.")
    for one in premises:
        if one.area <= 0:
            raise ConfigurationError(f"The premises {one.name!r} have no area: write square metres above 0.")
        told = {"own_energy": one.own_energy, "distributor_units": one.distributor_units}
        readings = {name: value for name, value in told.items() if value is not None}
        if len(readings) > 1:
            raise ConfigurationError(
                f"The premises {one.name!r} have a meter and distributors: leave one out."
            )
        for name, value in readings.items():
            if name not in _TAKEN_ACCOUNT_OF[method]:
                raise ConfigurationError(
                    f"{method} takes no account of {name}: leave it out of {one.name!r}."
                )
            if value < 0:
                raise ConfigurationError(
                    f"{name} of the premises {one.name!r} is below 0: check the reading."
                )


def _area_left(building: Building, premises: Iterable[Premises]) -> Decimal:
    if building.area is None:
        return Decimal(0)
    left = exact_sum((building.area, *(one.area.copy_negate() for one in premises)))
    if left < 0:
        raise ConfigurationError(
            f"The premises listed have more area than the building's {building.area} m²."
        )
    return left


def _distributors_count(premises: Iterable[Premises]) -> bool | None:
    everybody = tuple(premises)
    equipped = [one for one in everybody if one.distributor_units is not None]
    return _area(equipped) >= _ENOUGH_EQUIPPED * _area(everybody) if equipped else None


def _area(premises: Iterable[Premises]) -> Fraction:
    return sum((Fraction(one.area) for one in premises), _NOTHING)


def _own_meters(premises: Iterable[Premises]) -> tuple[Fraction, Fraction]:
    """What the own meters told together, and the area that they serve."""
    metered = [one for one in premises if one.own_energy is not None]
    return sum((Fraction(one.own_energy or 0) for one in metered), _NOTHING), _area(metered)


def _shared(premises: Sequence[Premises], per_area: Fraction, common: Fraction) -> tuple[Share, ...]:
    """Own heat by the own meter, or else by area; the common one by area over everybody."""
    common_per_area = common / _area(premises)
    return tuple(
        Share(
            one,
            Fraction(one.area) * per_area if one.own_energy is None else Fraction(one.own_energy),
            Fraction(one.area) * common_per_area,
        )
        for one in premises
    )


def _by_area(building: Building, premises: Sequence[Premises]) -> tuple[Share, ...]:
    """Formula 3 of Rules 354, and Almaty's: V x S_i / S."""
    return _shared(premises, Fraction(building.energy) / _area(premises), _NOTHING)


def _rules_354(building: Building, premises: Sequence[Premises]) -> tuple[Share, ...]:
    """V_i = S_i x sum of V_ipu / sum of S_ipu (3(7)); P_i = V_i + S_i x (V - sum of V_i) / S (3(1))."""
    told, metered_area = _own_meters(premises)
    if not metered_area:
        return _by_area(building, premises)
    per_area = told / metered_area
    all_own = told + per_area * (_area(premises) - metered_area)
    common = Fraction(building.energy) - all_own if building.common_areas_heated else _NOTHING
    return _shared(premises, per_area, common)


def _kyiv(building: Building, premises: Sequence[Premises]) -> tuple[Share, ...]:
    """What neither own meters nor common areas took goes by area to the premises without a meter."""
    told, metered_area = _own_meters(premises)
    left, unmetered_area = Fraction(building.energy) - told, _area(premises) - metered_area
    common = _common_energy(building, left, metered_area, unmetered_area)
    if not unmetered_area:
        return _shared(premises, _NOTHING, common)
    if left < common:
        raise ConfigurationError(
            "The own meters and the common areas took more than the building's meter told: check them."
        )
    return _shared(premises, (left - common) / unmetered_area, common)


def _common_energy(
    building: Building, left: Fraction, metered_area: Fraction, unmetered_area: Fraction
) -> Fraction:
    """As it was determined; where every premises has a meter, what these leave."""
    if building.common_energy is not None:
        return Fraction(building.common_energy)
    if metered_area and unmetered_area:
        raise ConfigurationError(
            "Some premises have a meter, others none: tell common_energy, the heat of the common areas."
        )
    return left if metered_area else _NOTHING


def _by_distributors(shares: tuple[Share, ...]) -> tuple[Share, ...]:
    """Formula 6: the heat of the premises equipped goes by what their distributors counted."""
    equipped = [share for share in shares if share.premises.distributor_units is not None]
    units = sum((Fraction(share.premises.distributor_units or 0) for share in equipped), _NOTHING)
    if not units:
        return shares
    per_unit = sum((share.energy for share in equipped), _NOTHING) / units
    return tuple(
        share
        if share.premises.distributor_units is None
        else Share(share.premises, Fraction(share.premises.distributor_units) * per_unit)
        for share in shares
    )


_METHODS: Final[Mapping[Method, Callable[[Building, Sequence[Premises]], tuple[Share, ...]]]] = {
    Method.ALMATY_PER_AREA: _by_area,
    Method.RULES_354: _rules_354,
    Method.KYIV_BY_AREA: _kyiv,
}

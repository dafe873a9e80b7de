"""A building's heat to premises as it is asked for and as it is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.schemas import Amount, LineText, amount, known
from metering.allocation import Allocation, Building, Method, Premises, Share, allocate, apportioned
from metering.charges import (
    Charge,
    Rounding,
    charge_by_energy,
    charge_by_price,
    charge_by_rate,
    price_per_area,
    written,
)
from metering.exact import exact_sum

MOST_PREMISES: Final = 5000
MOST_PLACES: Final = 9

_GCAL: Final = "Gcal"
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def _number(text: object) -> Decimal:
    if not (isinstance(text, str) and _NUMBER.fullmatch(text)):
        raise ValueError('write a decimal as text, at most 12 digits and 9 decimals, like "30.706"')
    return Decimal(text)


_Number = Annotated[
    Decimal,
    BeforeValidator(_number),
    WithJsonSchema({"type": "string", "pattern": f"^{_NUMBER.pattern}$"}),
]
_Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["KZT"], description="ISO 4217.")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BuildingIn(_Asked):
    """What is divided: Gcal over square metres of all premises, heated by the building's system."""

    energy: _Number = Field(examples=["30.706"])
    area: _Number | None = Field(
        default=None,
        examples=["1844.70"],
        description="Of all premises; null: of those listed. What is not listed is answered as `rest`.",
    )
    common_areas_heated: bool = Field(
        default=True, strict=True, description="By technical documentation; counts in rules_354."
    )
    common_energy: _Number | None = Field(
        default=None, description="Gcal of the common areas, where somebody determines it; for kyiv_by_area."
    )


class PremisesIn(_Asked):
    """A flat or an office: square metres, and what its own meter or its radiator distributors counted."""

    name: LineText = Field(examples=["flat 12"])
    area: _Number = Field(examples=["42.8"])
    own_energy: _Number | None = Field(default=None, description="Gcal of its own meter; null: it has none.")
    distributor_units: _Number | None = Field(
        default=None, description="Units of all its distributors; null: it has none. For rules_354."
    )
    already_charged: _Number = Field(
        default=Decimal(0), description="Money, charged or granted for the period before: it is subtracted."
    )


class ChargingIn(_Asked):
    """A tariff in money per Gcal, and the rounding by name."""

    tariff: _Number = Field(examples=["8543.26"])
    currency: _Currency
    rounding: Rounding = Field(default=Rounding.TO_THE_HUNDREDTH)


class AllocationIn(_Asked):
    """A building's heat, and the premises that it is for. Without `charging` Gcal alone are answered."""

    method: Method = Field(examples=[Method.ALMATY_PER_AREA])
    building: BuildingIn
    premises: list[PremisesIn] = Field(min_length=1, max_length=MOST_PREMISES)
    places: int = Field(
        default=6, strict=True, ge=0, le=MOST_PLACES, description="Decimals of the Gcal that add up."
    )
    charging: ChargingIn | None = None


class AllocatedOut(BaseModel):
    """The heat of one premises. `energy` adds up over all; `own` and `common` have twelve decimals."""

    name: str = Field(examples=["flat 12"])
    energy: Amount
    own: Amount = Field(description="By its meter, its distributors or its area.")
    common: Amount = Field(description="Its part of what the building took in common; may be negative.")
    charged_energy: Amount | None = Field(description="The Gcal that the amount was reckoned from.")
    amount: Amount | None = Field(
        examples=[{"value": "6085.73", "unit": "KZT"}], description="Null without a tariff."
    )


class AllocationOut(BaseModel):
    """The building's Gcal are exactly those of `premises`, `rest` and `unallocated` together."""

    method: Method = Field(examples=[Method.ALMATY_PER_AREA])
    energy: Amount
    premises: list[AllocatedOut]
    rest: Amount = Field(description="Of the premises that were not listed.")
    unallocated: Amount = Field(description="What the method leaves to nobody.")
    distributors_count: bool | None = Field(
        examples=[True], description="Whether half the area is equipped; null without distributors."
    )
    price: Amount | None = Field(
        examples=[{"value": "142.19", "unit": "KZT/m2"}], description="Of a square metre; almaty_per_area."
    )
    amount: Amount | None = Field(
        examples=[{"value": "6085.73", "unit": "KZT"}], description="Of all premises listed."
    )


class Per(StrEnum):
    """What a rate counts by."""

    PERSON = "person"
    SQUARE_METRE = "m2"
    CUBIC_METRE = "m3"


class RateIn(_Asked):
    """Money per unit, and how many of it."""

    rate: _Number = Field(examples=["394.37"])
    per: Per = Field(examples=[Per.SQUARE_METRE])
    quantity: _Number = Field(examples=["42.8"])


class RatedPremisesIn(_Asked):
    """A flat or an office without a meter, and what is charged there."""

    name: LineText = Field(examples=["flat 12"])
    rates: list[RateIn] = Field(min_length=1, max_length=10)


class RatesIn(_Asked):
    """Charges where no meter counts: by a norm or a tariff per person, square metre or cubic metre."""

    premises: list[RatedPremisesIn] = Field(min_length=1, max_length=MOST_PREMISES)
    currency: _Currency
    rounding: Rounding = Field(default=Rounding.TO_THE_HUNDREDTH)


class RatedOut(BaseModel):
    """What is charged for one premises: each rate rounded by itself, and their sum."""

    name: str = Field(examples=["flat 12"])
    charges: list[Amount]
    amount: Amount


class RatesOut(BaseModel):
    """Charges by rates; `amount` is the sum of all premises."""

    premises: list[RatedOut]
    amount: Amount


@dataclass(frozen=True, slots=True)
class _Charges:
    """Of each premises in order, and the price of a square metre where the method has one."""

    charges: tuple[Charge | None, ...]
    price: Decimal | None = None


def allocation_out(asked: AllocationIn) -> AllocationOut:
    """The answer; ConfigurationError when the figures contradict each other."""
    found = allocate(asked.method, _building(asked.building), [_premises(one) for one in asked.premises])
    *energies, rest, unallocated = apportioned(
        [*(share.energy for share in found.shares), found.rest.energy, found.unallocated], asked.places
    )
    charged = _charges(asked, found)
    currency = asked.charging.currency if asked.charging else ""
    rows = zip(found.shares, energies, charged.charges, strict=True)
    total = exact_sum(charge.amount for charge in charged.charges if charge) if asked.charging else None
    return AllocationOut(
        method=asked.method,
        energy=known(asked.building.energy, _GCAL),
        premises=[_allocated(share, energy, charge, currency) for share, energy, charge in rows],
        rest=known(rest, _GCAL),
        unallocated=known(unallocated, _GCAL),
        distributors_count=found.distributors_count,
        price=amount(charged.price, f"{currency}/m2"),
        amount=amount(total, currency),
    )


def rates_out(asked: RatesIn) -> RatesOut:
    """The charges by rates."""
    charged = [
        [charge_by_rate(rate.rate, rate.quantity, asked.rounding) for rate in one.rates]
        for one in asked.premises
    ]
    premises = [
        RatedOut(
            name=one.name,
            charges=[known(charge, asked.currency) for charge in charges],
            amount=known(exact_sum(charges), asked.currency),
        )
        for one, charges in zip(asked.premises, charged, strict=True)
    ]
    total = exact_sum(charge for charges in charged for charge in charges)
    return RatesOut(premises=premises, amount=known(total, asked.currency))


def _building(asked: BuildingIn) -> Building:
    return Building(asked.energy, asked.area, asked.common_areas_heated, asked.common_energy)


def _premises(asked: PremisesIn) -> Premises:
    return Premises(asked.name, asked.area, asked.own_energy, asked.distributor_units)


def _charges(asked: AllocationIn, found: Allocation) -> _Charges:
    """By the price of a square metre where the method has one, or else by Gcal."""
    charging = asked.charging
    if charging is None:
        return _Charges((None,) * len(found.shares))
    if asked.method is not Method.ALMATY_PER_AREA:
        return _Charges(tuple(_by_energy(asked, charging, found)))
    area = exact_sum(share.premises.area for share in (*found.shares, found.rest))
    price = price_per_area(_building(asked.building), area, charging.tariff, charging.rounding)
    already = [one.already_charged for one in asked.premises]
    return _Charges(
        tuple(
            charge_by_price(share, price, charging.rounding, taken)
            for share, taken in zip(found.shares, already, strict=True)
        ),
        price,
    )


def _by_energy(asked: AllocationIn, charging: ChargingIn, found: Allocation) -> Iterator[Charge]:
    for share, one in zip(found.shares, asked.premises, strict=True):
        yield charge_by_energy(share, charging.tariff, charging.rounding, one.already_charged)


def _allocated(share: Share, energy: Decimal, charge: Charge | None, currency: str) -> AllocatedOut:
    return AllocatedOut(
        name=share.premises.name,
        energy=known(energy, _GCAL),
        own=_gcal(share.own),
        common=_gcal(share.common),
        charged_energy=known(charge.energy, _GCAL) if charge else None,
        amount=known(charge.amount, currency) if charge else None,
    )


def _gcal(exact: Fraction) -> Amount:
    return known(written(exact), _GCAL)

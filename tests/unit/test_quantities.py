"""The table of quantities against the list in the domain: names, canonical units, behaviour."""

from __future__ import annotations

import pytest

from metering.quantities import FAMILIES, QUANTITIES, Behaviour, quantity

CANONICAL = {
    "energy": ("Gcal", Behaviour.REGISTER),
    "volume": ("m3", Behaviour.REGISTER),
    "mass": ("t", Behaviour.REGISTER),
    "volume_flow": ("m3/h", Behaviour.INSTANT),
    "mass_flow": ("t/h", Behaviour.INSTANT),
    "temperature": ("°C", Behaviour.INSTANT),
    "temperature_difference": ("K", Behaviour.INSTANT),
    "pressure": ("MPa", Behaviour.INSTANT),
    "power": ("Gcal/h", Behaviour.INSTANT),
    "on_time": ("h", Behaviour.REGISTER),
    "operating_time": ("h", Behaviour.REGISTER),
    "error_time": ("h", Behaviour.REGISTER),
    "flags": ("", Behaviour.FLAGS),
}


def test_every_family_has_its_canonical_unit_and_behaviour() -> None:
    assert {family.name: (family.canonical_unit, family.behaviour) for family in FAMILIES} == CANONICAL


NEEDED = (
    "energy_heating energy_hot_water energy_total energy_hot_water_summer volume_supply mass_return power "
    "volume_flow_supply mass_flow_return temperature_supply temperature_return temperature_cold_water "
    "temperature_outdoor temperature_difference pressure_supply pressure_return operating_time error_time "
    "flags"
)


@pytest.mark.parametrize("name", NEEDED.split())
def test_what_an_act_or_a_bill_needs_can_be_named(name: str) -> None:
    assert str(quantity(name)) == name


def test_names_are_unique() -> None:
    assert len(QUANTITIES) == sum(len(family.places) for family in FAMILIES)


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        quantity("entropy")

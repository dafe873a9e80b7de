"""Whatever the building: nothing is lost and nothing is made by dividing its heat."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from metering.allocation import Building, Method, Premises, allocate, apportioned
from metering.exact import exact_sum

areas = st.decimals("0.01", "500", places=2)
energies = st.decimals("0", "50", places=3)
ANY_METHOD = st.sampled_from(Method)


@st.composite
def premises(draw: st.DrawFn) -> Premises:
    area = draw(areas)
    kind = draw(st.sampled_from(["nothing", "meter", "distributors"]))
    told = draw(energies)
    if kind == "nothing":
        return Premises("flat", area)
    return Premises("flat", area, told) if kind == "meter" else Premises("flat", area, None, told)


houses = st.lists(premises(), min_size=1, max_size=12)


@given(flats=houses, total=st.decimals("0", "5000", places=6), unlisted=areas)
def test_the_parts_add_up_to_the_building(flats: list[Premises], total: Decimal, unlisted: Decimal) -> None:
    building = Building(total, exact_sum(one.area for one in flats) + unlisted)
    found = allocate(Method.RULES_354, building, flats)
    parts = [*(share.energy for share in found.shares), found.rest.energy, found.unallocated]
    assert found.unallocated == 0
    assert exact_sum(apportioned(parts, 6)) == total


@given(flats=houses, total=st.decimals("0", "5000", places=6), method=ANY_METHOD)
def test_without_readings_every_method_divides_by_area(
    flats: list[Premises], total: Decimal, method: Method
) -> None:
    bare = [Premises(one.name, one.area) for one in flats]
    whole = sum((Fraction(one.area) for one in bare), Fraction(0))
    found = allocate(method, Building(total), bare)
    assert [share.energy for share in found.shares] == [
        Fraction(total) * Fraction(p.area) / whole for p in bare
    ]


@given(flats=houses, total=energies)
def test_the_order_of_premises_does_not_matter(flats: list[Premises], total: Decimal) -> None:
    forward = allocate(Method.RULES_354, Building(total), flats)
    backward = allocate(Method.RULES_354, Building(total), flats[::-1])
    assert forward.shares == backward.shares[::-1]


@given(parts=st.lists(st.fractions(-100, 100, max_denominator=999), max_size=9), places=st.integers(0, 6))
def test_apportioned_parts_are_less_than_one_unit_from_exact(parts: list[Fraction], places: int) -> None:
    whole = [*parts, -sum(parts, Fraction(0))]
    found = apportioned(whole, places)
    assert exact_sum(found) == 0
    for exact, decimal in zip(whole, found, strict=True):
        assert abs(Fraction(decimal) - exact) < Fraction(1, 10**places)

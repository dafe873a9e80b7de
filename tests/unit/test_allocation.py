"""Buildings' heat to premises. Expected values: worked examples of documents, and arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from metering.allocation import REST, Building, Method, Premises, allocate, apportioned
from metering.charges import Rounding, charge_by_energy, charge_by_price, charge_by_rate, price_per_area
from metering.errors import ConfigurationError

ALMATY = Building(Decimal("30.706"), Decimal("1844.70"))
KZ_TARIFF = Decimal("8543.26")
RULES = Building(Decimal(200), Decimal(5500))
RU_TARIFF = Decimal("1392.91")
UNMETERED = Premises("12", Decimal(33))
METERED = Premises("14", Decimal(33), own_energy=Decimal("1.5"))
KYIV = Building(Decimal("65.09"), Decimal("2884.3"))


def flat(name: str, area: str, own: str | None = None, units: str | None = None) -> Premises:
    energy, counted = (None if text is None else Decimal(text) for text in (own, units))
    return Premises(name, Decimal(area), energy, counted)


def energies(method: Method, building: Building, *premises: Premises) -> list[Fraction]:
    """Of all premises, of the rest, and of nobody."""
    found = allocate(method, building, premises)
    assert [share.premises for share in found.shares] == list(premises)
    assert found.rest.premises.name == REST
    return [*(share.energy for share in found.shares), found.rest.energy, found.unallocated]


# Worked examples


@pytest.mark.parametrize(
    ("rounding", "price"),
    [
        pytest.param(Rounding.EXACT, "142.2070", id="exact"),
        pytest.param(Rounding.ALSECO, "142.19", id="as-printed"),
    ],
)
def test_kz_1_price_of_a_square_metre(rounding: Rounding, price: str) -> None:
    """The document prints 142.19; by exact arithmetic it is 142.2070..."""
    found = price_per_area(ALMATY, Decimal("1844.70"), KZ_TARIFF, rounding)
    assert found.quantize(Decimal(price)) == Decimal(price)
    if rounding is Rounding.EXACT:
        assert abs(Fraction(found) - Fraction("30.706") * Fraction("8543.26") / Fraction("1844.70")) < 1e-12


def test_kz_2_flat_by_the_printed_price() -> None:
    (share,) = allocate(Method.ALMATY_PER_AREA, ALMATY, [flat("5", "42.8")]).shares
    price = price_per_area(ALMATY, Decimal("1844.70"), KZ_TARIFF, Rounding.ALSECO)
    assert charge_by_price(share, price, Rounding.EXACT).amount == Decimal("6085.732")
    assert charge_by_price(share, price, Rounding.ALSECO).amount == Decimal("6085.73")
    assert share.energy == Fraction("30.706") / Fraction("1844.7") * Fraction("42.8")


@pytest.mark.parametrize(
    ("rate", "quantity", "exact", "printed"),
    [
        pytest.param("394.37", "42.8", "16879.036", "16879.04", id="KZ-3"),
        pytest.param("671.25", "3.7", "2483.625", "2483.62", id="KZ-4"),
        pytest.param("737.24", "2", "1474.48", "1474.48", id="KZ-5"),
        pytest.param("2247.98", "2", "4495.96", "4495.96", id="KZ-6-persons"),
        pytest.param("651.64", "2", "1303.28", "1303.28", id="KZ-6-cubic-metres"),
    ],
)
def test_kz_without_a_meter(rate: str, quantity: str, exact: str, printed: str) -> None:
    assert charge_by_rate(Decimal(rate), Decimal(quantity), Rounding.EXACT) == Decimal(exact)
    assert charge_by_rate(Decimal(rate), Decimal(quantity), Rounding.ALSECO) == Decimal(printed)


def test_ru_1_flat_without_a_meter() -> None:
    """V = 33 x 80 / 2500 = 1.056; sum of V = 176; common part 33 x 24 / 5500 = 0.144."""
    found = allocate(Method.RULES_354, RULES, [UNMETERED, flat("others", "2500", own="80")])
    share, metered = found.shares
    assert (share.own, share.common) == (Fraction("1.056"), Fraction("0.144"))
    assert share.own + metered.own + found.rest.own == 176
    assert charge_by_energy(share, RU_TARIFF, Rounding.EXACT).amount == Decimal("1671.492")
    assert charge_by_energy(share, RU_TARIFF, Rounding.TO_THE_TENTH).amount == Decimal("1671.5")


def test_ru_2_flat_with_a_meter() -> None:
    """The document rounds the common part to 0.14."""
    found = allocate(Method.RULES_354, RULES, [METERED, flat("others", "2467", own="78.5")])
    share = found.shares[0]
    assert (share.own, share.common) == (Fraction("1.5"), Fraction("0.144"))
    assert charge_by_energy(share, RU_TARIFF, Rounding.EXACT).amount == Decimal("2289.94404")
    printed = charge_by_energy(share, RU_TARIFF, Rounding.COMMON_TO_THE_HUNDREDTH)
    assert (printed.energy, printed.amount) == (Decimal("1.64"), Decimal("2284.4"))


def test_ua_1_and_ua_2_flat_by_area() -> None:
    """1 416.96 x 1.2977 - 835.70; by exact arithmetic the Gcal are 1.297603."""
    (share,) = allocate(Method.KYIV_BY_AREA, KYIV, [flat("7", "57.5")]).shares
    assert share.energy == Fraction("65.09") / Fraction("2884.3") * Fraction("57.5")
    tariff, already = Decimal("1416.96"), Decimal("835.70")
    exact = charge_by_energy(share, tariff, Rounding.EXACT, already)
    assert exact.energy.quantize(Decimal("1E-6")) == Decimal("1.297603")
    assert abs(Fraction(exact.amount) - (share.energy * Fraction(tariff) - Fraction(already))) < 1e-12
    printed = charge_by_energy(share, tariff, Rounding.KYIVENERGO, already)
    assert (printed.energy, printed.amount) == (Decimal("1.2977"), Decimal("1003.09"))
    assert charge_by_energy(share, tariff, Rounding.KYIVENERGO).amount == Decimal("1838.79")


# Rules 354


def test_rules_354_without_any_meter_divide_by_area() -> None:
    found = allocate(Method.RULES_354, RULES, [UNMETERED])
    assert (found.shares[0].own, found.shares[0].common) == (Fraction(200 * 33, 5500), 0)
    assert (found.rest.own, found.unallocated) == (Fraction(200 * 5467, 5500), 0)


def test_rules_354_without_radiators_in_common_areas_leave_the_difference_to_nobody() -> None:
    building = Building(Decimal(200), Decimal(5500), common_areas_heated=False)
    found = energies(Method.RULES_354, building, UNMETERED, flat("others", "2500", own="80"))
    assert found == [Fraction("1.056"), 80, Fraction(2967 * 80, 2500), 24]


def test_rules_354_give_back_what_the_own_meters_told_too_much() -> None:
    found = allocate(
        Method.RULES_354, Building(Decimal(90)), [flat("1", "50", own="60"), flat("2", "50", own="40")]
    )
    assert [share.common for share in found.shares] == [-5, -5]
    assert [share.energy for share in found.shares] == [55, 35]


def test_a_meter_that_counted_nothing_is_a_meter() -> None:
    found = allocate(Method.RULES_354, Building(Decimal(10)), [flat("1", "50", own="0"), flat("2", "50")])
    assert [(share.own, share.common) for share in found.shares] == [(0, 5), (0, 5)]


@pytest.mark.parametrize(
    ("equipped", "count", "expected"),
    [
        pytest.param("50", True, [75, 25, 100], id="half-the-area"),
        pytest.param("49.98", False, [Fraction("49.98"), Fraction("49.98"), Fraction("100.04")], id="less"),
        pytest.param("60", True, [90, 30, 80], id="more"),
    ],
)
def test_distributors_count_from_half_the_area(equipped: str, count: bool, expected: list[Fraction]) -> None:
    """Formula 6: the equipped flats' heat goes 3 to 1, as their distributors counted."""
    building = Building(Decimal(200), Decimal(200))
    pair = [flat("1", equipped, units="300"), flat("2", equipped, units="100")]
    found = allocate(Method.RULES_354, building, pair)
    assert found.distributors_count is count
    assert energies(Method.RULES_354, building, *pair) == [*expected, 0]


def test_distributors_beside_meters() -> None:
    """Without distributors: own 40; 3(7) 50 x 40/40 each; common (180 - 140) x area / 140."""
    flats = [flat("1", "40", own="40"), flat("2", "50", units="0"), flat("3", "50", units="7")]
    found = energies(Method.RULES_354, Building(Decimal(180)), *flats)
    common = Fraction(40, 140)
    assert found == [40 + 40 * common, 0, 100 + 100 * common, 0, 0]


def test_distributors_that_counted_nothing_change_nothing() -> None:
    flats = [flat("1", "30", units="0"), flat("2", "10", units="0")]
    assert energies(Method.RULES_354, Building(Decimal(4)), *flats) == [3, 1, 0, 0]


def test_the_whole_area_may_be_listed() -> None:
    """No rest is left, which is no contradiction."""
    found = allocate(Method.RULES_354, Building(Decimal(10), Decimal(9)), [flat("1", "9")])
    assert (found.shares[0].energy, found.rest.energy, found.rest.premises.area) == (10, 0, 0)


def test_without_distributors_nothing_is_said_of_them() -> None:
    assert allocate(Method.RULES_354, RULES, [UNMETERED]).distributors_count is None


# Kyiv


def test_kyiv_own_meter_and_a_share_of_the_common_areas() -> None:
    """20 common over 200 m²; 100 - 30 - 20 = 50 over the 150 m² without a meter."""
    building = Building(Decimal(100), Decimal(200), common_energy=Decimal(20))
    found = allocate(Method.KYIV_BY_AREA, building, [flat("1", "50", own="30"), flat("2", "60")])
    assert [(share.own, share.common) for share in found.shares] == [(30, 5), (20, 6)]
    assert (found.rest.own, found.rest.common, found.unallocated) == (30, 9, 0)


def test_kyiv_with_every_premises_metered_the_rest_is_common() -> None:
    flats = [flat("1", "50", own="30"), flat("2", "150", own="50")]
    found = allocate(Method.KYIV_BY_AREA, Building(Decimal(100)), flats)
    assert [(share.own, share.common) for share in found.shares] == [(30, 5), (50, 15)]


def test_kyiv_what_meters_and_common_areas_do_not_explain_is_told_apart() -> None:
    flats = [flat("1", "50", own="30"), flat("2", "150", own="50")]
    building = Building(Decimal(100), common_energy=Decimal(8))
    assert energies(Method.KYIV_BY_AREA, building, *flats) == [32, 56, 0, 12]


def test_kyiv_common_areas_without_own_meters() -> None:
    building = Building(Decimal(100), common_energy=Decimal(10))
    found = allocate(Method.KYIV_BY_AREA, building, [flat("1", "50"), flat("2", "150")])
    assert [(share.own, share.common) for share in found.shares] == [
        (Fraction("22.5"), Fraction("2.5")),
        (Fraction("67.5"), Fraction("7.5")),
    ]


def test_kyiv_meters_may_take_everything() -> None:
    building = Building(Decimal(100), Decimal(100), common_energy=Decimal(40))
    assert energies(Method.KYIV_BY_AREA, building, flat("1", "50", own="60")) == [80, 20, 0]


# Contradictions


@pytest.mark.parametrize(
    ("method", "building", "premises", "words"),
    [
        (
            Method.ALMATY_PER_AREA,
            ALMATY,
            [],
            "^There are no premises to divide the heat among: list one at least.$",
        ),
        (Method.ALMATY_PER_AREA, ALMATY, [flat("5", "0")], "The premises '5' have no area"),
        (Method.ALMATY_PER_AREA, ALMATY, [flat("5", "-1")], "The premises '5' have no area"),
        (Method.ALMATY_PER_AREA, ALMATY, [flat("5", "1844.71")], "more area than the building's 1844.70 m²"),
        (
            Method.ALMATY_PER_AREA,
            ALMATY,
            [flat("5", "9", own="1")],
            "almaty_per_area takes no account of own_energy",
        ),
        (
            Method.KYIV_BY_AREA,
            KYIV,
            [flat("5", "9", units="1")],
            "kyiv_by_area takes no account of distributor_units",
        ),
        (Method.RULES_354, RULES, [flat("5", "9", own="1", units="1")], "'5' have a meter and distributors"),
        (Method.RULES_354, RULES, [flat("5", "9", own="-0.1")], "own_energy of the premises '5' is below 0"),
        (
            Method.RULES_354,
            RULES,
            [flat("5", "9", units="-1")],
            "distributor_units of the premises '5' is below 0",
        ),
        (
            Method.KYIV_BY_AREA,
            KYIV,
            [flat("5", "9", own="1")],
            "^Some premises have a meter, others none: tell common_energy, the heat of the common areas.$",
        ),
        (
            Method.KYIV_BY_AREA,
            Building(Decimal(100), Decimal(100), common_energy=Decimal("40.1")),
            [flat("1", "50", own="60")],
            "^The own meters and the common areas took more than the building's meter told: check them.$",
        ),
    ],
)
def test_figures_that_contradict_are_refused(
    method: Method, building: Building, premises: list[Premises], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        allocate(method, building, premises)


# Decimals that add up


@pytest.mark.parametrize(
    ("parts", "places", "expected"),
    [
        (["1/3", "1/3", "1/3"], 2, ["0.34", "0.33", "0.33"]),
        (["1/3", "2/3"], 0, ["0", "1"]),
        (["2/3", "2/3", "2/3"], 1, ["0.7", "0.7", "0.6"]),
        (["0.25", "0.75"], 2, ["0.25", "0.75"]),
        (["-1/3", "4/3"], 1, ["-0.3", "1.3"]),
        (["-0.04", "1.04"], 1, ["0", "1"]),
        (["1/6", "5/6", "0"], 3, ["0.167", "0.833", "0"]),
        (["123456789012345678901234567890.5", "0.5"], 1, ["123456789012345678901234567890.5", "0.5"]),
        ([], 3, []),
    ],
)
def test_largest_remainders_are_rounded_up(parts: list[str], places: int, expected: list[str]) -> None:
    found = apportioned([Fraction(part) for part in parts], places)
    assert found == tuple(Decimal(text) for text in expected)
    assert all(value.as_tuple().exponent == -places for value in found)
    assert not any(value.is_signed() for value in found if not value)


def test_heat_with_more_decimals_is_not_cut() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^The heat has more than 2 decimals: ask for parts with as many\.$"
    ):
        apportioned([Fraction("0.001"), Fraction(1)], 2)

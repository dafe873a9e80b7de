"""Conversions to canonical units. Expected values: definitions of the units, by arithmetic in the test."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.errors import DecodeError, UnitError
from metering.quantities import QUANTITIES
from metering.units import PUBLISHED, SPELLINGS, check_unit, convert

ENERGY = QUANTITIES["energy_heating"]
JOULES_PER_GCAL = Fraction("4186800000")
JOULES = {"Wh": 3600, "kWh": 3600_000, "MWh": 36 * 10**8, "GWh": 36 * 10**11} | {
    "J": 1,
    "kJ": 10**3,
    "MJ": 10**6,
    "GJ": 10**9,
    "TJ": 10**12,
}
CALORIES = {"cal": 1, "kcal": 10**3, "Mcal": 10**6, "Gcal": 10**9}

values = st.decimals(min_value="-1e9", max_value="1e9", places=3, allow_nan=False, allow_infinity=False)


def rounded(exact: Fraction) -> Decimal:
    """Twelve places, half to even, by another way than the code's."""
    return Decimal(round(exact, 12).numerator) / Decimal(round(exact, 12).denominator)


@pytest.mark.parametrize(
    ("unit", "gcal"),
    [("MWh", "0.8598452279"), ("GJ", "0.2388458966"), ("kWh", "0.0008598452"), ("Gcal", "1")],
)
def test_energy_by_the_international_table_calorie(unit: str, gcal: str) -> None:
    assert round(convert(Decimal(1), unit, ENERGY).value, 10) == Decimal(gcal)


def test_four_point_1868_gigajoules_are_one_gigacalorie() -> None:
    assert convert(Decimal("4.1868"), "GJ", ENERGY).value == 1


def test_the_thermochemical_calorie_of_the_unit_library_is_not_used() -> None:
    assert convert(Decimal("4.184"), "GJ", ENERGY).value != 1


@pytest.mark.parametrize("unit", JOULES)
@given(value=values)
def test_energy_from_joules(unit: str, value: Decimal) -> None:
    assert convert(value, unit, ENERGY).value == rounded(Fraction(value) * JOULES[unit] / JOULES_PER_GCAL)


@pytest.mark.parametrize("unit", CALORIES)
@given(value=values)
def test_energy_from_calories(unit: str, value: Decimal) -> None:
    assert convert(value, unit, ENERGY).value == rounded(Fraction(value) * CALORIES[unit] / 10**9)


@pytest.mark.parametrize(
    ("unit", "published"),
    [
        ("kWh", "0.0008598"),
        ("MWh", "0.8598"),
        ("GJ", "0.239"),
        ("Wh", "0.0000008598"),
        ("GWh", "859.8"),
        ("MJ", "0.000239"),
        ("kJ", "0.000000239"),
        ("J", "0.000000000239"),
        ("TJ", "239"),
        ("Gcal", "1"),
    ],
)
def test_factors_published_by_kyivenergo(unit: str, published: str) -> None:
    converted = convert(Decimal(1000), unit, ENERGY, "kyivenergo")
    assert (converted.factor, converted.factor_set) == (Decimal(published), "kyivenergo")
    assert converted.value == 1000 * Decimal(published)


def test_a_published_set_leaves_power_and_mass_exact() -> None:
    for unit, name in [("kW", "power"), ("kg", "mass"), ("bar", "pressure_supply")]:
        quantity = QUANTITIES[name]
        exact, published = (convert(Decimal(7), unit, quantity, which) for which in PUBLISHED)
        assert (exact.value, exact.factor) == (published.value, published.factor)


@pytest.mark.parametrize(
    ("value", "unit", "quantity", "expected"),
    [
        ("1163", "kW", "power", "1"),  # 1 Gcal/h = 1.163 MW by 4.1868 / 3.6
        ("4.1868", "GJ/h", "power", "1"),
        ("2.5", "MW", "power", str(round(Decimal("2.5") / Decimal("1.163"), 12))),
        ("1500", "kg", "mass", "1.5"),
        ("2", "т", "mass", "2"),
        ("1234", "л", "volume", "1.234"),
        ("1", "ft3", "volume", "0.028316846592"),  # 0.3048 m cubed
        ("1", "m3/s", "volume_flow", "3600"),
        ("1", "м³/мин", "volume_flow", "60"),
        ("500", "l/h", "volume_flow", "0.5"),
        ("1", "l/min", "volume_flow", "0.06"),
        ("1", "kg/s", "mass_flow", "3.6"),
        ("1", "kgf/cm2", "pressure_supply", "0.0980665"),
        ("6", "бар", "pressure_return", "0.6"),
        ("600", "кПа", "pressure_return", "0.6"),
        ("294.15", "K", "temperature_supply", "21"),
        ("21.50", "°C", "temperature_supply", "21.50"),
        ("35", "K", "temperature_difference", "35"),
        ("35", "°C", "temperature_difference", "35"),
        ("5400", "s", "operating_time", "1.5"),
        ("90", "min", "on_time", "1.5"),
        ("2", "сут", "error_time", "48"),
        ("17", "", "flags", "17"),
    ],
)
def test_other_quantities(value: str, unit: str, quantity: str, expected: str) -> None:
    assert convert(Decimal(value), unit, QUANTITIES[quantity]).value == Decimal(expected)


@pytest.mark.parametrize(
    ("spellings", "quantity"),
    [
        (("GJ", "ГДж", " ГДж ", "Г Дж"), "energy_total"),
        (("Gcal", "Гкал", "ГКал", "GCal"), "energy_total"),
        (("kWh", "kW·h", "кВтч", "кВт·ч", "кВт*ч", "кВт.ч", "кВт ч", "kW*h"), "energy_total"),
        (("MWh", "МВтч", "МВт·ч", "МВт*ч", "МВт.ч", "MW h"), "energy_total"),
        (("m3", "м3", "м³", "m³", "m^3", "куб.м", "куб. м"), "volume"),
        (("m3/h", "м3/ч", "м³/ч", "м³/час", "m³/h"), "volume_flow"),
        (("l/h", "л/ч", "L/h"), "volume_flow"),
        (("t/h", "т/ч", "т/час"), "mass_flow"),
        (("kg/h", "кг/ч"), "mass_flow"),
        (("kgf/cm2", "кгс/см2", "кгс/см²", "кгс/см^2"), "pressure_supply"),
        (("MPa", "МПа"), "pressure_supply"),
        (("°C", "℃", "°С", "C", "degC", "гр. С"), "temperature_supply"),
        (("Gcal/h", "Гкал/ч", "Гкал/час"), "power"),
        (("h", "ч", "час", "hours"), "operating_time"),
    ],
)
def test_makers_spellings_of_one_unit(spellings: tuple[str, ...], quantity: str) -> None:
    results = {convert(Decimal("12.5"), spelling, QUANTITIES[quantity]) for spelling in spellings}
    assert len(results) == 1


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=str)
def test_a_canonical_unit_changes_nothing(quantity: object) -> None:
    quantity = QUANTITIES[str(quantity)]
    converted = convert(Decimal("12.340"), quantity.canonical_unit, quantity)
    assert (str(converted.value), converted.factor) == ("12.340", 1)


def test_no_spelling_stands_for_two_units() -> None:
    spellings = [spelling for row in SPELLINGS.values() for spelling in row]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("unit", ["mW", "mw", "MWH", "gj", "gcal", "гкал", "kwh"])
def test_capitals_decide(unit: str) -> None:
    with pytest.raises(UnitError, match="capitals matter"):
        convert(Decimal(1), unit, ENERGY)


@pytest.mark.parametrize(
    ("unit", "quantity"),
    [
        ("Gcal", "power"),
        ("MW", "energy_heating"),
        ("m3", "mass"),
        ("t", "volume"),
        ("m3/h", "mass_flow"),
        ("K", "energy_heating"),
        ("", "energy_heating"),
        ("h", "flags"),
        ("bar", "temperature_supply"),
    ],
)
def test_a_unit_of_another_quantity_is_refused(unit: str, quantity: str) -> None:
    with pytest.raises(UnitError, match=quantity):
        check_unit(unit, QUANTITIES[quantity])


def test_an_unknown_unit_names_the_quantity_and_near_spellings() -> None:
    with pytest.raises(UnitError, match=r"'Gkal' for energy_heating.*Gcal"):
        check_unit("Gkal", ENERGY)


def test_an_unknown_factor_set_names_the_known_ones() -> None:
    with pytest.raises(UnitError, match="exact, kyivenergo"):
        convert(Decimal(1), "GJ", ENERGY, "moscow")


@pytest.mark.parametrize("value", [1.5, 1, "1"])
def test_only_decimals_are_converted(value: object) -> None:
    with pytest.raises(UnitError, match="Decimal"):
        convert(value, "GJ", ENERGY)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "1E+9999", "1E-9999"])
def test_what_no_meter_counts_is_not_converted(value: str) -> None:
    with pytest.raises(DecodeError):
        convert(Decimal(value), "GJ", ENERGY)


@given(value=st.decimals(min_value="-1e300", max_value="1e300", places=20))
def test_a_converted_value_has_at_most_twelve_places_and_no_exponent(value: Decimal) -> None:
    exponent = convert(value, "GJ", ENERGY).value.as_tuple().exponent
    assert isinstance(exponent, int)
    assert -12 <= exponent <= 0


def test_the_text_about_an_unknown_unit_is_complete_and_short() -> None:
    """At most four near spellings, and no more than 32 characters of what was written."""
    with pytest.raises(UnitError) as near:
        check_unit("ccal/h", ENERGY)
    hint = str(near.value).partition("; capitals matter: ")[2]
    spellings = hint.removeprefix("did you mean ").removesuffix("?").split(", ")
    assert len(spellings) == 4
    assert set(spellings) <= {one for row in SPELLINGS.values() for one in row}
    with pytest.raises(UnitError) as far:
        check_unit("@" * 40, ENERGY)
    written = "@" * 32
    assert str(far.value) == (
        f"Unknown unit '{written}' for energy_heating; capitals matter: write it like 'Gcal'."
    )


def test_zero_has_no_sign() -> None:
    assert not convert(Decimal(0), "GJ", ENERGY).value.is_signed()
    assert not convert(Decimal("-1E-15"), "GJ", ENERGY).value.is_signed()
    assert convert(Decimal("-1E-9"), "GJ", ENERGY).value.is_signed()


@pytest.mark.parametrize(("value", "converts"), [("1E+400", True), ("1E-400", True), ("1E+401", False)])
def test_the_largest_exponent_is_still_converted(value: str, converts: bool) -> None:
    if converts:
        assert convert(Decimal(value), "Gcal", ENERGY).value == Decimal(value)
        return
    with pytest.raises(DecodeError) as refused:
        convert(Decimal(value), "Gcal", ENERGY)
    assert str(refused.value) == (
        "energy_heating: 1E+401 is no number of a meter; check this field in the profile."
    )

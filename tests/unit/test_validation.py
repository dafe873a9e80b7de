"""The checks of a consumption, each on both sides of its limit. Expected values: arithmetic in the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metering.billing_rules import BillingRule, Season
from metering.calendar import BillingPeriod, Slot
from metering.checks.amounts import carried_by
from metering.conditions import Condition, ConditionName
from metering.evidence import ThermalLoad
from metering.observations import Level, Observations, Record, heat_by_mass
from metering.reasons import SENTENCES, Because
from metering.validation import Check, Finding, findings

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIOD = BillingPeriod(START, START + 2 * DAY)
RULE = BillingRule()
ENERGY = "energy_heating"


def at(hours: int) -> datetime:
    return START + hours * HOUR


def record(
    first: int, length: int = 1, conditions: frozenset[Condition] = frozenset(), **values: str
) -> Record:
    named = {"energy_heating" if name == "energy" else name: Decimal(text) for name, text in values.items()}
    return Record(Slot(at(first), at(first + length)), named, conditions)


def hours(count: int = 48, **values: str) -> tuple[Record, ...]:
    return tuple(record(number, **values) for number in range(count))


def weather(celsius: str, count: int = 48) -> dict[datetime, Decimal]:
    return {at(number): Decimal(celsius) for number in range(count)}


def seen(value: str | None = "1", **particulars: Any) -> Observations:
    return Observations(PERIOD, ENERGY, None if value is None else Decimal(value), **particulars)


def found(observations: Observations, check: Check, rule: BillingRule = RULE) -> list[Finding]:
    """Of this check; every sentence is complete."""
    every = findings(observations, rule)
    assert all(one.reason.text() for one in every)
    return [one for one in every if one.check is check]


def told(findings_: list[Finding]) -> list[tuple[Because, bool, dict[str, str]]]:
    return [(one.reason.word, one.hinders, dict(one.reason.particulars)) for one in findings_]


def test_a_good_month_has_nothing_to_say() -> None:
    """48 t an hour cooled by 25 K, 1.2 Gcal/h; -10 °C with 2 Gcal/h at -30 °C: 30/50 x 2 = 1.2."""
    flow = {"mass_supply": "48", "mass_return": "48", "temperature_supply": "75", "temperature_return": "50"}
    good = seen(
        "57.6",
        hours=hours(energy="1.2", **flow),
        days=(record(0, 24, energy="28.8"), record(24, 24, energy="28.8")),
        levels=(Level(at(0), Decimal(100)), Level(at(24), Decimal("128.8")), Level(at(48), Decimal("157.6"))),
        load=ThermalLoad(Decimal(20), Decimal(2), Decimal(-30), weather("-10")),
        resolution=Decimal("0.001"),
        raw_units=frozenset({"MWh"}),
        clock_differences=(timedelta(seconds=30),),
        nominal_diameter=Decimal(150),
        largest_load=Decimal(2),
    )
    assert findings(good, RULE) == ()


def test_nothing_known_is_nothing_to_say() -> None:
    assert findings(seen(None), RULE) == ()


def test_every_check_has_its_word_and_comes_in_order() -> None:
    bad = seen("-1", raw_units=frozenset({"GJ", "MWh"}), clock_differences=(DAY,))
    assert [one.check for one in findings(bad, RULE)] == [Check.NEGATIVE, Check.UNIT, Check.CLOCK]


@pytest.mark.parametrize(("second", "hinders"), [("1", False), ("2", True)])
def test_records_that_overlap(second: str, hinders: bool) -> None:
    twice = (record(0, energy="1"), record(0, energy=second), record(1, energy="3"))
    assert told(found(seen(hours=twice), Check.DUPLICATE)) == [
        (Because.RECORDS_OVERLAP, hinders, {"count": "1", "at": "2026-01-01T00:00:00Z"})
    ]
    assert len(found(seen(hours=twice, days=twice), Check.DUPLICATE)) == 2


def test_records_that_touch_do_not_overlap() -> None:
    assert not found(seen(hours=hours(energy="1"), days=(record(0, 24), record(24, 24))), Check.DUPLICATE)


def test_hours_that_are_missing() -> None:
    """One at the start, two within, one at the end; an hour without energy is missing too."""
    present = [number for number in range(1, 47) if number not in (10, 11)]
    records = [record(number, energy="1") for number in present]
    records.insert(9, record(10, mass_supply="1"))
    assert told(found(seen(hours=tuple(records)), Check.GAP)) == [
        (Because.RECORDS_MISSING, False, {"count": "4", "hours": "48", "at": "2026-01-01T00:00:00Z"})
    ]
    later = tuple(record(number, energy="1") for number in range(48) if number != 20)
    assert dict(found(seen(hours=later), Check.GAP)[0].reason.particulars)["at"] == "2026-01-01T20:00:00Z"
    last = hours(47, energy="1")
    assert dict(found(seen(hours=last), Check.GAP)[0].reason.particulars)["at"] == "2026-01-02T23:00:00Z"


def test_no_hours_at_all_are_no_gap() -> None:
    assert not found(seen(days=(record(0, 24, energy="1"),)), Check.GAP)


def test_an_overlapping_hour_hides_no_gap() -> None:
    records = (record(0, 48, energy="1"), record(1, energy="1"))
    assert not found(seen(hours=records), Check.GAP)


@pytest.mark.parametrize(("value", "count"), [("-0.0001", 1), ("0", 0), ("0.1", 0)])
def test_a_negative_consumption(value: str, count: int) -> None:
    assert len(found(seen(value), Check.NEGATIVE)) == count


def test_negative_words() -> None:
    assert told(found(seen("-1.5"), Check.NEGATIVE)) == [
        (Because.NEGATIVE_CONSUMPTION, True, {"value": "-1.5"})
    ]
    backwards = (record(0, energy="0"), record(1, energy="-0.1"), record(2, energy="-0.2"))
    assert told(found(seen(hours=backwards), Check.NEGATIVE)) == [
        (Because.NEGATIVE_HOURS, False, {"count": "2", "at": "2026-01-01T01:00:00Z"})
    ]


def test_what_a_pipe_carries() -> None:
    """DN 100: 3.14159 x 0.01 / 4 m² x 5 m/s x 3600 s = 141.372 t/h, by 100 K: 14.1372 Gcal/h."""
    assert carried_by(Decimal(100)).quantize(Decimal("0.0001")) == Decimal("14.1372")


def test_more_than_the_pipe_carries_in_an_hour() -> None:
    pipe = seen("20", hours=(*hours(3, energy="1"), record(3, energy="14.2")), nominal_diameter=Decimal(100))
    assert told(found(pipe, Check.SPIKE)) == [
        (
            Because.MORE_THAN_THE_PIPE,
            True,
            {
                "value": "14.2",
                "start": "2026-01-01T03:00:00Z",
                "end": "2026-01-01T04:00:00Z",
                "limit": "14.137",
                "diameter": "100",
            },
        )
    ]
    just = str(carried_by(Decimal(100)))
    assert not found(replace(pipe, hours=(record(3, energy=just),)), Check.SPIKE)


def test_more_than_the_contract_on_the_average() -> None:
    """2 Gcal/h in 48 hours: 96; three times that: 288."""
    assert told(found(seen("288.1", largest_load=Decimal(2)), Check.SPIKE)) == [
        (
            Because.MORE_THAN_THE_CONTRACT,
            True,
            {
                "value": "288.1",
                "start": "2026-01-01T00:00:00Z",
                "end": "2026-01-03T00:00:00Z",
                "limit": "96",
                "factor": "3",
            },
        )
    ]
    assert not found(seen("288", largest_load=Decimal(2)), Check.SPIKE)
    higher = replace(RULE, spike_factor=Decimal(4))
    assert not found(seen("288.1", largest_load=Decimal(2)), Check.SPIKE, higher)


def test_without_a_consumption_hours_are_looked_at() -> None:
    hot = seen(None, hours=(record(0, energy="7"), record(1, energy="1")), largest_load=Decimal(2))
    assert [one.reason.word for one in found(hot, Check.SPIKE)] == [Because.MORE_THAN_THE_CONTRACT]
    assert not found(seen(None, largest_load=Decimal(2)), Check.SPIKE)


def at_minus_ten(value: str | None, **load: Any) -> Observations:
    """48 hours x 30 K x 1 Gcal/h over 50 K: 28.8 Gcal."""
    usual = ThermalLoad(Decimal(20), Decimal(1), Decimal(-30), weather("-10"))
    return seen(value, load=replace(usual, **load))


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("86.4", None),
        ("86.5", Because.HIGH_FOR_THE_WEATHER),
        ("9.6", None),
        ("9.5", Because.LOW_FOR_THE_WEATHER),
        ("0.5", Because.LOW_FOR_THE_WEATHER),
        ("0", None),
        (None, None),
    ],
)
def test_high_and_low_for_the_weather(value: str | None, word: Because | None) -> None:
    expected = [] if word is None else [(word, False, {"value": value, "factor": "3", "expected": "28.8"})]
    assert told(found(at_minus_ten(value), Check.WEATHER)) == expected


@pytest.mark.parametrize(
    "load",
    [
        {"calculated_load": None},
        {"design_outdoor_temperature": None},
        {"design_outdoor_temperature": Decimal(20)},
        {"outdoor": weather("-10", 47)},
    ],
)
def test_without_an_expectation_nothing_is_high(load: dict[str, Any]) -> None:
    assert not found(at_minus_ten("1000", **load), Check.WEATHER)


def test_a_kelvin_or_less_up_to_the_design_temperature_still_counts() -> None:
    """48 hours x 30 K x 1 Gcal/h over 0.5 K: 2880 Gcal."""
    low = at_minus_ten("900", design_outdoor_temperature=Decimal("19.5"))
    assert dict(found(low, Check.WEATHER)[0].reason.particulars)["expected"] == "2880"


def test_hot_water_does_not_follow_the_weather() -> None:
    assert not found(replace(at_minus_ten("1000"), quantity="energy_hot_water"), Check.WEATHER)
    assert found(replace(at_minus_ten("1000"), quantity="energy_total"), Check.WEATHER)


@pytest.mark.parametrize(
    ("celsius", "first_month", "out_of_season"),
    [("8", 10, True), ("7.9", 10, False), ("-10", 2, True)],
)
def test_heating_out_of_season(celsius: str, first_month: int, out_of_season: bool) -> None:
    rule = replace(RULE, season=Season(first_month=first_month))
    warm = at_minus_ten("5", outdoor=weather(celsius))
    words = [one.reason.word for one in found(warm, Check.WEATHER, rule)]
    assert (words == [Because.HEAT_OUT_OF_SEASON]) is out_of_season
    if out_of_season:
        assert told(found(warm, Check.WEATHER, rule)) == [(Because.HEAT_OUT_OF_SEASON, False, {"value": "5"})]
        assert not found(replace(warm, resolution=Decimal(5)), Check.WEATHER, rule)


def test_the_month_of_the_middle_counts() -> None:
    """30 January to 11 April has its middle in March; 30 January to 20 March in February."""
    rule = replace(RULE, season=Season(10, 2))
    middle_in_march = BillingPeriod(START + 29 * DAY, START + 100 * DAY)
    assert found(replace(seen("5"), period=middle_in_march), Check.WEATHER, rule)
    rule = replace(RULE, season=Season(10, 1))
    long = replace(seen("5"), period=BillingPeriod(START + 29 * DAY, START + 78 * DAY))
    assert [one.reason.word for one in found(long, Check.WEATHER, rule)] == [Because.HEAT_OUT_OF_SEASON]
    assert not found(replace(long, period=BillingPeriod(START, START + 40 * DAY)), Check.WEATHER, rule)


def test_only_the_weather_of_the_period_counts() -> None:
    outdoor = {**weather("7"), at(-1): Decimal(100), at(48): Decimal(100)}
    assert at_minus_ten("5", outdoor=outdoor).outdoor_mean == 7
    assert seen().outdoor_mean is None


@pytest.mark.parametrize(("day", "differs"), [("24.026", False), ("24.027", True), ("23.973", True)])
def test_hours_against_the_day(day: str, differs: bool) -> None:
    """24 hours and both edges: 26 times the last digit."""
    sums = seen(
        hours=hours(energy="1"),
        days=(record(0, 24, energy=day), record(24, 24, energy="24")),
        resolution=Decimal("0.001"),
    )
    particulars = {"count": "1", "at": "2026-01-01T00:00:00Z", "hours": "24", "day": day}
    expected = [(Because.DAY_DIFFERS_FROM_HOURS, False, particulars)] if differs else []
    assert told(found(sums, Check.SUMS)) == expected


def test_a_day_with_missing_hours_is_not_compared() -> None:
    records = tuple(record(number, energy="1") for number in range(24) if number != 7)
    assert not found(seen(hours=records, days=(record(0, 24, energy="99"),)), Check.SUMS)
    assert not found(seen(hours=(record(30, energy="1"),), days=(record(0, 24, energy="99"),)), Check.SUMS)


@pytest.mark.parametrize(("closing", "differs"), [("148", False), ("148.0001", True), ("147.9", True)])
def test_hours_against_the_registers(closing: str, differs: bool) -> None:
    levels = (
        Level(at(0), Decimal(100)),
        Level(at(20) + HOUR / 2, Decimal(1)),
        Level(at(48), Decimal(closing)),
    )
    sums = seen(hours=hours(energy="1"), levels=levels)
    assert [(one.reason.word, one.hinders) for one in found(sums, Check.SUMS)] == (
        [(Because.REGISTERS_DIFFER_FROM_HOURS, True)] if differs else []
    )


def test_registers_words() -> None:
    levels = (Level(at(1), Decimal(100)), Level(at(3), Decimal(105)))
    assert told(found(seen(hours=hours(energy="1"), levels=levels), Check.SUMS)) == [
        (
            Because.REGISTERS_DIFFER_FROM_HOURS,
            True,
            {"start": "2026-01-01T01:00:00Z", "end": "2026-01-01T03:00:00Z", "hours": "2", "registers": "5"},
        )
    ]


def test_the_first_and_the_last_level_are_compared() -> None:
    levels = (Level(at(0), Decimal(1)), Level(at(4), Decimal(50)), Level(at(9), Decimal(10)))
    assert not found(seen(hours=hours(energy="1"), levels=levels), Check.SUMS)


def test_one_level_or_a_gap_between_levels_is_not_compared() -> None:
    levels = (Level(at(0), Decimal(1)), Level(at(4), Decimal(99)))
    assert not found(seen(hours=hours(energy="1"), levels=levels[:1]), Check.SUMS)
    gap = (record(0, energy="1"), record(1, energy="1"), record(3, energy="1"))
    assert not found(seen(hours=gap, levels=levels), Check.SUMS)


def flowing(energy: str, tonnes: str = "100", supply: str = "70", back: str = "60") -> tuple[Record, ...]:
    """100 t by 10 K are 1 Gcal an hour."""
    return hours(
        energy=energy,
        mass_supply=tonnes,
        mass_return=tonnes,
        temperature_supply=supply,
        temperature_return=back,
    )


@pytest.mark.parametrize(
    ("energy", "unit"),
    [
        ("1", None),
        ("1.1", None),
        ("4.1868", "GJ"),
        ("4.6", "GJ"),
        ("4.7", None),
        ("3.7", None),
        ("1.163", "MWh"),
        ("1163", "kWh"),
        ("4000", "MJ"),
        ("990", "Mcal"),
        ("0", None),
    ],
)
def test_a_unit_that_mass_and_temperatures_contradict(energy: str, unit: str | None) -> None:
    units = [one.reason.particulars for one in found(seen(hours=flowing(energy)), Check.UNIT)]
    names = [dict(one)["unit"] for one in units]
    assert (unit in names) if unit else not names


def test_unit_words() -> None:
    assert told(found(seen(hours=flowing("4.2")), Check.UNIT)) == [
        (Because.UNIT_DOUBTFUL, True, {"ratio": "4.2", "unit": "GJ"})
    ]
    several = seen(raw_units=frozenset({"MWh", "GJ"}))
    assert told(found(several, Check.UNIT)) == [(Because.UNIT_CHANGED, True, {"units": "GJ, MWh"})]
    assert not found(seen(raw_units=frozenset({"GJ"})), Check.UNIT)


def test_no_unit_is_doubted_without_heat() -> None:
    assert not found(seen(hours=flowing("4.2", tonnes="0")), Check.UNIT)
    assert not found(seen(hours=hours(energy="4.2", mass_supply="100")), Check.UNIT)


def test_hours_without_energy_do_not_make_a_unit_doubtful() -> None:
    """3 of 4 hours tell mass alone."""
    silent = tuple(replace(one, values={**one.values}) for one in flowing("1"))
    stripped = tuple(
        replace(one, values={name: value for name, value in one.values.items() if name != ENERGY})
        for one in silent[:36]
    )
    assert not found(seen(hours=(*stripped, *silent[36:])), Check.UNIT)


def test_hours_without_mass_do_not_make_a_unit_doubtful() -> None:
    """12 hours tell energy and mass, 36 energy alone: in all, 4 times the heat of the 12."""
    unweighed = tuple(record(number, energy="1") for number in range(36))
    assert not found(seen(hours=(*unweighed, *flowing("1")[36:])), Check.UNIT)


def test_little_heat_shows_a_wrong_unit_too() -> None:
    """One tonne by 0.5 K: 0.0005 Gcal."""
    little = (
        record(0, energy="0.0021", mass_supply="1", temperature_supply="60.5", temperature_return="60"),
    )
    assert [dict(one.reason.particulars)["unit"] for one in found(seen(hours=little), Check.UNIT)] == ["GJ"]


def test_heat_by_mass() -> None:
    assert heat_by_mass(flowing("1")[:3]) == 3
    assert heat_by_mass(hours(mass_supply="1", temperature_supply="1")) is None
    assert heat_by_mass([]) is None


@pytest.mark.parametrize(
    ("value", "supply", "tonnes", "kelvins"),
    [("0", "63", "1", "3"), ("0", "62.9", "1", None), ("0", "90", "0", None), ("0.01", "90", "1", None)],
)
def test_zero_while_the_water_is_cooled(value: str, supply: str, tonnes: str, kelvins: str | None) -> None:
    zero = seen(value, hours=flowing("0", tonnes, supply))
    expected = [(Because.NO_HEAT_THOUGH_WARM, True, {"kelvins": kelvins})] if kelvins else []
    assert told(found(zero, Check.ZERO)) == expected


def test_zero_is_right_out_of_season_for_hot_water_or_without_temperatures() -> None:
    zero = seen("0", hours=flowing("0"))
    assert found(zero, Check.ZERO)
    assert not found(zero, Check.ZERO, replace(RULE, season=Season(2, 4)))
    assert not found(replace(zero, quantity="energy_hot_water"), Check.ZERO)
    assert not found(replace(zero, value=None), Check.ZERO)
    assert not found(seen("0", hours=hours(mass_supply="1")), Check.ZERO)
    assert not found(seen("0", hours=hours(temperature_supply="90")), Check.ZERO)
    assert not found(seen("0", hours=hours(temperature_return="90")), Check.ZERO)
    assert found(seen("0", hours=hours(temperature_supply="90", temperature_return="60")), Check.ZERO)


@pytest.mark.parametrize(("seconds", "drifted"), [(600, False), (601, True), (-600, False), (-601, True)])
def test_a_clock_that_drifted(seconds: int, drifted: bool) -> None:
    clocks = (timedelta(), timedelta(seconds=seconds), timedelta(seconds=5))
    particulars = {"seconds": "601", "allowed": "600"}
    expected = [(Because.CLOCK_DRIFTED, False, particulars)] if drifted else []
    assert told(found(seen(clock_differences=clocks), Check.CLOCK)) == expected


def test_errors_that_the_meter_reported() -> None:
    power, sensor = (
        Condition(ConditionName.POWER_FAILURE),
        Condition(ConditionName.SENSOR_BREAK, 1, "temperature_supply"),
    )
    other = Condition(ConditionName.SENSOR_BREAK, 1, "temperature_return")
    records = (
        record(0, energy="1"),
        record(1, conditions=frozenset({sensor, other})),
        record(2, conditions=frozenset({power, sensor})),
    )
    assert told(found(seen(hours=records), Check.DEVICE_ERRORS)) == [
        (
            Because.FAULT_REPORTED,
            False,
            {"fault": "power_failure", "count": "1", "at": "2026-01-01T02:00:00Z"},
        ),
        (
            Because.FAULT_REPORTED,
            False,
            {"fault": "sensor_break", "count": "2", "at": "2026-01-01T01:00:00Z"},
        ),
    ]


@pytest.mark.parametrize(
    ("back", "closed", "differ"),
    [
        ("96", True, False),
        ("95.9", True, True),
        ("95.9", False, False),
        ("104", False, False),
        ("104.1", False, True),
        ("104.1", True, True),
    ],
)
def test_masses_out_of_balance(back: str, closed: bool, differ: bool) -> None:
    """4 % of 100 t."""
    records = (record(0, mass_supply="100", mass_return=back), record(1, mass_supply="7"))
    balance = seen(hours=records, closed=closed)
    particulars = {"supply": "100", "back": back, "allowed": "4"}
    assert told(found(balance, Check.MASSES)) == (
        [(Because.MASSES_DIFFER, False, particulars)] if differ else []
    )


def test_a_register_that_stands_still_while_water_brings_heat() -> None:
    levels = (Level(at(0), Decimal(4)), Level(at(10), Decimal(5)), Level(at(34), Decimal(5)))
    frozen = seen(hours=flowing("0"), levels=levels)
    particulars = {"start": "2026-01-01T10:00:00Z", "end": "2026-01-02T10:00:00Z", "reckoned": "24"}
    assert told(found(frozen, Check.FROZEN)) == [(Because.REGISTER_FROZEN, True, particulars)]
    assert not found(replace(frozen, resolution=Decimal(12)), Check.FROZEN)
    assert not found(replace(frozen, hours=flowing("0", tonnes="0")), Check.FROZEN)
    assert not found(replace(frozen, hours=()), Check.FROZEN)
    shorter = (*levels[:2], Level(at(33), Decimal(5)))
    assert not found(replace(frozen, levels=shorter), Check.FROZEN)


def test_sentences_name_every_particular() -> None:
    """No finding of this file left a brace open; each word of the checks has a sentence."""
    assert all(SENTENCES[word] for word in Because)

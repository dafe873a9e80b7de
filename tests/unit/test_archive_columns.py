"""The columns of a printed archive: which there are, what they come to, and what does not count."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from metering.archives import ArchivedSlot
from reports.sheets.archive_columns import OVER_ALL, ArchiveColumn, Comes, columns_of

FIRST = datetime(2026, 1, 1)
DIFFERENCE = ArchiveColumn("M1−M2", "t", "mass_supply", "mass_return")


def hours(**told: list[str | None]) -> list[ArchivedSlot]:
    """As many hours as each quantity has values; None is what the meter did not record."""
    count = len(next(iter(told.values())))
    return [
        ArchivedSlot(
            FIRST + timedelta(hours=number),
            {name: Decimal(value) for name, row in told.items() if (value := row[number]) is not None},
        )
        for number in range(count)
    ]


def headings(slots: list[ArchivedSlot]) -> list[str]:
    return [column.heading for column in columns_of(slots)]


def test_a_difference_is_exact_and_wants_both() -> None:
    slots = hours(mass_supply=["10.001", "10", None], mass_return=["9.999", None, "9"])
    assert [DIFFERENCE.value(slot) for slot in slots] == [Decimal("0.002"), None, None]


def test_a_total_and_an_average_are_of_what_was_recorded() -> None:
    """0.125 + 0.25 + 0.5 = 0.875; 50.5, 49.5 and 53 are 51 on average; of nothing there is neither."""
    heat, supply = ArchiveColumn("Q", "Gcal", "energy_total"), ArchiveColumn("t1", "°C", "temperature_supply")
    slots = hours(
        energy_total=["0.125", "0.25", None, "0.5"], temperature_supply=["50.5", None, "49.5", "53"]
    )
    assert OVER_ALL[Comes.TOTAL](heat.counting(slots)) == Decimal("0.875")
    assert OVER_ALL[Comes.AVERAGE](supply.counting(slots)) == 51
    assert [reckon([]) for reckon in OVER_ALL.values()] == [None, None]


def test_what_is_disqualified_is_shown_and_does_not_count() -> None:
    wrong = ArchivedSlot(
        FIRST,
        {"mass_supply": Decimal(900), "mass_return": Decimal(1)},
        doubtful=frozenset({"mass_supply"}),
        disqualified=frozenset({"mass_supply"}),
    )
    slots = [wrong, *hours(mass_supply=["10"], mass_return=["9"])]
    assert DIFFERENCE.value(wrong) == 899 and DIFFERENCE.doubtful(wrong)
    assert DIFFERENCE.counting(slots) == [Decimal(1)]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({}, ["Q", "M1", "M2", "M1−M2", "t1", "t2", "Δt", ""]),
        (
            {"energy_heating": ["1"], "energy_hot_water": ["1"], "volume": ["1"], "pressure_supply": ["1"]},
            ["Q1", "Q2", "M1", "M2", "M1−M2", "V", "t1", "t2", "Δt", "P1", ""],
        ),
        ({"energy_total": ["1"], "mass": ["1"]}, ["Q", "M1", "M2", "M1−M2", "M", "t1", "t2", "Δt", ""]),
    ],
    ids=["nothing", "two circuits of heat", "one flow"],
)
def test_columns_are_those_told_and_those_that_every_meter_owes(
    told: dict[str, list[str | None]], shown: list[str]
) -> None:
    assert headings(hours(**told) if told else [ArchivedSlot(FIRST, {})]) == shown


def test_the_difference_of_temperatures_is_the_meters_own_where_it_tells_one() -> None:
    own = hours(temperature_supply=["70"], temperature_return=["40"], temperature_difference=["29.9"])
    made = hours(temperature_supply=["70"], temperature_return=["40"])
    difference = [
        next(column for column in columns_of(slots) if column.heading == "Δt").value(slots[0])
        for slots in (own, made)
    ]
    assert difference == [Decimal("29.9"), Decimal(30)]

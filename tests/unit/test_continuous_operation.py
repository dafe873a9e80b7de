"""The continuous-operation sheet before an admission: 72 hours, with hot water 168 (MOEK)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from metering.calendar import MeterZone, Slot
from metering.components import Component, ComponentKind
from metering.conditions import Condition, ConditionName
from metering.continuous_operation import (
    Metered,
    OperationHour,
    OperationLimits,
    OperationSheet,
    Requirement,
    operation_sheet,
)
from metering.reasons import Because

ADMITTED = datetime(2026, 1, 20, 9, 40, tzinfo=UTC)
END = datetime(2026, 1, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD = {
    "energy_heating": "0.12",
    "mass_supply": "3.00",
    "mass_return": "2.98",
    "volume_supply": "3.10",
    "volume_return": "3.05",
    "temperature_supply": "90.0",
    "temperature_return": "50.0",
    "operating_time": "1",
}
LIMITS = OperationLimits(Decimal("0.6"), Decimal(30))
HEATING = Metered(
    hot_water=False,
    components=(Component(ComponentKind.CALCULATOR, "ТВ7", "1", verification_due=date(2026, 1, 20)),),
    zone=MeterZone("+05:00"),
    limits=LIMITS,
)
HOT_WATER = replace(HEATING, hot_water=True)
Change = Callable[[OperationHour], OperationHour | None]


def hour(number: int, **other: str) -> OperationHour:
    """The hour that ends `number` hours before the sheet does."""
    values = {name: Decimal(value) for name, value in (GOOD | other).items() if value}
    end = END - number * HOUR
    return OperationHour(Slot(end - HOUR, end), values)


def sheet(
    changes: Mapping[int, OperationHour | None] | None = None,
    metered: Metered = HEATING,
    **everywhere: str,
) -> OperationSheet:
    """Good hours but for those that are changed, by number; None: there is no record."""
    length = 168 if metered.hot_water else 72
    hours = {number: hour(number, **everywhere) for number in range(length)} | dict(changes or {})
    return operation_sheet(ADMITTED, (one for one in hours.values() if one), metered)


def failed(one: OperationSheet) -> dict[Requirement, list[Because]]:
    return {
        verdict.requirement: [reason.word for reason in verdict.reasons]
        for verdict in one.verdicts
        if not verdict.met
    }


def texts(one: OperationSheet) -> list[str]:
    return [reason.text() for verdict in one.verdicts for reason in verdict.reasons]


@pytest.mark.parametrize(("metered", "length"), [(HEATING, 72), (HOT_WATER, 168)], ids=["heating", "DHW"])
def test_the_sheet_of_a_point_that_works(metered: Metered, length: int) -> None:
    good = sheet(metered=metered)
    assert (good.met, failed(good), len(good.rows)) == (True, {}, length)
    assert (good.span.start, good.span.end) == (END - length * HOUR, END)
    assert [one.requirement for one in good.verdicts] == list(Requirement)
    assert [row.slot.start for row in good.rows] == [good.span.start + n * HOUR for n in range(length)]


def test_hours_outside_the_sheet_do_not_matter() -> None:
    assert sheet({number: hour(number, operating_time="0") for number in (-1, 72, 500)}).met


def test_a_missing_hour_is_a_row_without_values() -> None:
    broken = sheet({5: None, 4: hour(4, energy_heating="")})
    assert failed(broken) == {Requirement.COMPLETE: [Because.RECORDS_MISSING]}
    assert texts(broken) == [
        "2 of 72 hours have no record with energy, the first one at 2026-01-20T03:00:00Z."
    ]
    assert broken.rows[-6].values == {}


def test_a_sheet_of_nothing_meets_nothing_but_what_nobody_can_deny() -> None:
    empty = operation_sheet(ADMITTED, (), HEATING)
    assert set(failed(empty)) == {
        Requirement.COMPLETE,
        Requirement.OPERATED,
        Requirement.WITHIN_LIMITS,
        Requirement.MASS_BALANCE,
    }


@pytest.mark.parametrize(("hours", "met"), [("1", True), ("0.99", True), ("0.98", False), ("0", False)])
def test_every_hour_is_operated_fully(hours: str, met: bool) -> None:
    one = sheet({3: hour(3, operating_time=hours)})
    assert failed(one) == ({} if met else {Requirement.OPERATED: [Because.NOT_FULLY_OPERATED]})


def test_what_the_records_do_not_tell_is_not_met() -> None:
    silent = sheet(operating_time="", mass_return="", volume_return="")
    assert failed(silent) == {
        Requirement.OPERATED: [Because.NOT_RECORDED],
        Requirement.WITHIN_LIMITS: [Because.NOT_RECORDED],
        Requirement.MASS_BALANCE: [Because.NOT_RECORDED],
    }


def with_conditions(number: int, conditions: Iterable[Condition]) -> OperationHour:
    return replace(hour(number), conditions=frozenset(conditions))


def test_a_fault_is_told_with_its_hours() -> None:
    broken = Condition(ConditionName.SENSOR_BREAK, 1, "temperature_return")
    one = sheet({number: with_conditions(number, [broken]) for number in (8, 9)})
    assert failed(one) == {Requirement.NO_FAULT: [Because.FAULT_REPORTED]}
    assert texts(one) == [
        "The meter reported sensor_break:1:temperature_return in 2 hours, first at 2026-01-19T23:00:00Z."
    ]


def test_a_service_that_is_due_is_no_fault() -> None:
    assert sheet({2: with_conditions(2, [Condition(ConditionName.SERVICE_DUE)])}).met


@pytest.mark.parametrize(
    ("value", "met"),
    [
        ({"volume_supply": "0.6"}, True),
        ({"volume_supply": "0.59"}, False),
        ({"volume_supply": "30"}, True),
        ({"volume_return": "30.01"}, False),
        ({"temperature_supply": "150"}, True),
        ({"temperature_supply": "150.1"}, False),
        ({"temperature_return": "0"}, True),
        ({"temperature_return": "-0.1"}, False),
    ],
    ids=str,
)
def test_ranges_lie_within_the_limits_of_the_passport(value: dict[str, str], met: bool) -> None:
    one = sheet({3: hour(3, **value)})
    assert failed(one) == ({} if met else {Requirement.WITHIN_LIMITS: [Because.BEYOND_LIMITS]})


def test_where_volumes_are_not_recorded_masses_stand_for_them() -> None:
    without = {"volume_supply": "", "volume_return": ""}
    assert sheet(**without).met
    assert failed(sheet({3: hour(3, mass_supply="0.5", mass_return="0.5", **without)}, **without)) == {
        Requirement.WITHIN_LIMITS: [Because.BEYOND_LIMITS, Because.BEYOND_LIMITS]
    }


def test_limits_that_nobody_told_are_asked_for() -> None:
    one = sheet(metered=replace(HEATING, limits=OperationLimits(smallest_flow=Decimal("0.6"))))
    assert failed(one) == {Requirement.WITHIN_LIMITS: [Because.LIMITS_UNKNOWN]}


@pytest.mark.parametrize(
    ("metered", "back", "met"),
    [
        (HEATING, "2.88", True),
        (HEATING, "2.87", False),
        (HEATING, "3.12", True),
        (HEATING, "3.13", False),
        (HOT_WATER, "1.00", True),
        (HOT_WATER, "3.13", False),
    ],
    ids=["4 % less", "more than 4 % less", "4 % more", "more than 4 % more", "drawn", "more came back"],
)
def test_masses_balance_within_four_per_cent(metered: Metered, back: str, met: bool) -> None:
    """3.00 t went out in every hour: 0.12 t may be the flow sensors' error."""
    one = sheet(metered=metered, mass_return=back)
    assert failed(one) == ({} if met else {Requirement.MASS_BALANCE: [Because.MASSES_DIFFER]})


def test_masses_are_told_for_the_whole_sheet() -> None:
    assert texts(sheet(mass_return="2")) == ["216 t went out and 144 t came back: they may differ by 8.64 t."]


def test_every_component_is_verified_on_the_day_of_the_admission() -> None:
    past = Component(ComponentKind.FLOW_RETURN, "ПРЭМ", "9", verification_due=date(2026, 1, 19))
    one = sheet(metered=replace(HEATING, components=(*HEATING.components, past)))
    assert failed(one) == {Requirement.VERIFIED: [Because.VERIFICATION_PAST]}
    assert failed(sheet(metered=replace(HEATING, components=()))) == {
        Requirement.VERIFIED: [Because.NO_COMPONENT]
    }

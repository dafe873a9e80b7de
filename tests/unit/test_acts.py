"""An act's form: all fields of forms 1, 3 and 5, as JSON and filled from a poll."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from metering.act_codec import MOST_COMPONENTS, contents_json, contents_of
from metering.act_draft import LivePoll, Reached, Registered, filled, mismatches, same_serial
from metering.acts import (
    ActKind,
    Contents,
    CurrentParameters,
    Header,
    Settings,
    Totals,
    act_number,
)
from metering.components import Component, ComponentKind
from metering.errors import ConfigurationError
from metering.reasons import Because

READ_AT = datetime(2026, 1, 31, 10, 5, tzinfo=UTC)
CALCULATOR = Component(
    ComponentKind.CALCULATOR, "ТВ7-04", "06855817", "А-1", date(2023, 5, 4), date(2027, 5, 4)
)
HEADER = Header("1204", "КСК Абай", "Алматы, Абая 10")
VALUES = {
    "energy_heating": "1250.6",
    "energy_hot_water": "310.2",
    "energy_total": "1560.8",
    "energy_hot_water_summer": "44.1",
    "mass_supply": "51200.4",
    "mass_return": "51100.1",
    "mass_make_up": "12.5",
    "operating_time": "4410",
    "temperature_supply": "71.4",
    "temperature_return": "48.9",
    "mass_flow_supply": "3.12",
    "mass_flow_return": "3.10",
    "temperature_cold_water": "5",
}
POLL = LivePoll(READ_AT, "6855817", {name: Decimal(value) for name, value in VALUES.items()})
REACHED = Reached("+77015550001", "", Decimal(-71))
REGISTERED = Registered("06855817", "energy_heating", HEADER, (CALCULATOR,), Decimal(50))
ADEQUATE = Decimal(-83)

FULL = Contents(
    serial="06855817",
    header=HEADER,
    components=(CALCULATOR, Component(ComponentKind.FLOW_SUPPLY, "ПРЭМ-50", "518")),
    read_at=READ_AT,
    parameters=CurrentParameters(Decimal("71.4"), signal_level=Decimal(-71), phone="+77015550001"),
    totals=Totals(energy_heating=Decimal("1250.6"), operating_time=Decimal(0)),
    settings=Settings(Decimal(10), Decimal(30), Decimal("0.6"), Decimal(5), Decimal(50)),
    conclusion="Допущен.\nПломбы целы.",
    to_do="Утеплить обратный трубопровод.",
    representatives=("А. Серикова", "Б. Омаров"),
    objections=("one",),
    in_spite_of="two",
)


def written(**other: object) -> dict[str, Any]:
    return contents_json(FULL) | other


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (ActKind.ADMISSION, "ОПУ-АД-118"),
        (ActKind.WITHDRAWAL, "ОПУ-АИ-118"),
        (ActKind.INSPECTION, "ОПУ-ТО-118"),
    ],
)
def test_the_series_of_the_forms(kind: ActKind, number: str) -> None:
    """domain.md, section 4: series ОПУ-АД-, ОПУ-АИ-, ОПУ-ТО-."""
    assert act_number(kind, 118) == number


def test_a_form_is_the_same_after_the_way_through_json() -> None:
    assert contents_of(json.loads(json.dumps(contents_json(FULL)))) == FULL


def test_the_text_of_a_form() -> None:
    text = contents_json(FULL)
    assert text["read_at"] == "2026-01-31T10:05:00Z"
    assert text["components"][0]["verification_due"] == "2027-05-04"
    assert (text["totals"]["energy_heating"], text["totals"]["operating_time"]) == ("1250.6", "0")
    assert text["parameters"]["flow_supply"] is None


def test_what_is_left_out_is_not_told() -> None:
    assert contents_of({"serial": "1"}) == Contents(serial="1")


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ([], "write an object"),
        ({}, "a field is missing"),
        (written(colour="red"), "no field 'colour'"),
        (written(serial="1" * 201), "200 characters"),
        (written(serial="1\n2"), "control characters"),
        (written(serial=5), "write a text"),
        (written(conclusion="a" * 2001), "2000 characters"),
        (written(representatives=["a"] * 11), "list of 10 at most"),
        (written(components=[{}] * (MOST_COMPONENTS + 1)), "list of 40 at most"),
        (written(components=[{"kind": "valve", "type": "a", "serial": "b"}]), "one of calculator"),
        (written(components=[{"kind": "calculator"}]), "a field is missing"),
        (written(totals={"mass_1": 5}), "mass_1: write a decimal"),
        (written(totals={"mass_1": "NaN"}), "write a decimal"),
        (written(totals={"mass_1": "1e99"}), "write a decimal"),
        (written(totals={"mass_1": "1e-99"}), "write a decimal"),
        (written(totals={"mass_1": "five"}), "write a decimal"),
        (written(totals={"mass_1": "1" * 40}), "write a decimal"),
        (written(read_at="2026-01-31T10:00:00"), "write an instant"),
        (written(read_at="2226-01-31T10:00:00Z"), "write an instant"),
        (written(header={"contract": None}), "contract: write a text"),
        (written(components=[contents_json(FULL)["components"][0] | {"verified_on": "2226-01-01"}]), "day"),
    ],
)
def test_what_is_no_form(broken: object, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        contents_of(broken)


def test_a_poll_fills_every_value_of_the_moment() -> None:
    form = filled(ActKind.ADMISSION, REGISTERED, POLL, REACHED)
    assert form == Contents(
        serial="6855817",
        header=HEADER,
        components=(CALCULATOR,),
        read_at=READ_AT,
        parameters=CurrentParameters(
            temperature_supply=Decimal("71.4"),
            temperature_return=Decimal("48.9"),
            flow_supply=Decimal("3.12"),
            flow_return=Decimal("3.10"),
            signal_level=Decimal(-71),
            phone="+77015550001",
        ),
        totals=Totals(
            energy_heating=Decimal("1250.6"),
            energy_hot_water=Decimal("310.2"),
            energy_total=Decimal("1560.8"),
            energy_hot_water_summer=Decimal("44.1"),
            mass_1=Decimal("51200.4"),
            mass_2=Decimal("51100.1"),
            mass_3=Decimal("12.5"),
            operating_time=Decimal(4410),
        ),
        settings=Settings(cold_water_temperature=Decimal(5), nominal_diameter=Decimal(50)),
    )


@pytest.mark.parametrize("kind", [ActKind.WITHDRAWAL, ActKind.INSPECTION])
def test_settings_are_of_an_admission_alone(kind: ActKind) -> None:
    assert filled(kind, REGISTERED, POLL, REACHED).settings is None


def test_a_meter_that_counts_volumes_fills_volumes_and_leaves_masses_open() -> None:
    volumes = {"volume": Decimal(7), "volume_flow": Decimal("0.4")}
    form = filled(ActKind.INSPECTION, REGISTERED, replace(POLL, values=volumes), REACHED)
    assert (form.totals.volume_1, form.totals.mass_1) == (Decimal(7), None)
    assert (form.parameters.volume_flow_supply, form.parameters.flow_supply) == (Decimal("0.4"), None)


def test_where_everything_fits_nothing_is_named() -> None:
    assert mismatches(REGISTERED, POLL, REACHED, ADEQUATE) == ()


@pytest.mark.parametrize(
    ("registered", "poll", "reached", "named"),
    [
        (REGISTERED, replace(POLL, serial="06855818"), REACHED, [(Because.SERIAL_DIFFERS, True)] * 2),
        (
            replace(REGISTERED, components=(replace(CALCULATOR, serial="16-084512"),)),
            POLL,
            REACHED,
            [(Because.SERIAL_DIFFERS, True)],
        ),
        (REGISTERED, replace(POLL, serial=""), REACHED, [(Because.SERIAL_NOT_TOLD, False)]),
        (REGISTERED, replace(POLL, values={}), REACHED, [(Because.TOTAL_MISSING, False)] * 2),
        (REGISTERED, POLL, Reached(signal_level=Decimal(-84)), [(Because.SIGNAL_WEAK, False)]),
        (REGISTERED, POLL, Reached(), [(Because.SIGNAL_UNKNOWN, False)]),
        (REGISTERED, replace(POLL, held="clock_wrong"), REACHED, [(Because.HELD_BACK, True)]),
    ],
    ids=["wire", "calculator", "no serial", "no totals", "weak", "no signal", "held"],
)
def test_what_does_not_fit_is_named(
    registered: Registered, poll: LivePoll, reached: Reached, named: list[tuple[Because, bool]]
) -> None:
    found = mismatches(registered, poll, reached, ADEQUATE)
    assert [(one.word, one.hinders) for one in found] == named
    assert all(one.text() for one in found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("0001", "1", True), (" 1a", "01A ", True), ("10", "1", False), ("100", "1", False)],
)
def test_plates_leave_out_leading_zeros(one: str, other: str, same: bool) -> None:
    assert same_serial(one, other) is same

"""When what a poll brought is held, and which settings of a meter tell of another scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from metering.holding import accepted, changed_settings, hold_reason, teaches_configuration
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import HoldReason
from metering.readings import Flag
from protocols import catalogue
from protocols.driver import Driver
from protocols.vectors import load
from simulators.families import DevicePlan, simulated_families
from tests.support.back_to_back import Bench
from tests.support.one_meter import VECTORS, Case, simulated
from tests.support.plant import memory
from tests.support.registry import START, reading, record, report, snapshot
from tests.unit import modbus_house

ALLOWED = timedelta(minutes=10)
SECOND = timedelta(seconds=1)
MONTHS_LATER = datetime(2026, 5, 23, 17, 41, 3, tzinfo=UTC)
RIGHT: Final[Mapping[str, Any]] = {
    "registered_serial": "100",
    "identity": MeterIdentity("100"),
    "configuration": MeterConfiguration({"heat": "Gcal"}),
    "accepted_configuration": MeterConfiguration({"heat": "Gcal"}),
    "clock_difference": timedelta(seconds=-3),
    "allowed_drift": ALLOWED,
    "went_back": False,
}


def reason(**what: object) -> HoldReason | None:
    return hold_reason(**{**RIGHT, **what})


def test_a_meter_that_is_as_it_was_is_not_held() -> None:
    assert reason() is None


@pytest.mark.parametrize(
    "unsaid", [{"identity": None}, {"configuration": None}, {"clock_difference": None}], ids=str
)
def test_what_the_meter_did_not_say_is_no_reason(unsaid: Mapping[str, None]) -> None:
    assert reason(**unsaid) is None


def test_another_serial_number_is_another_meter() -> None:
    assert reason(identity=MeterIdentity("101")) is HoldReason.NEW_METER
    assert reason(identity=MeterIdentity("101"), registered_serial="") is None
    assert reason(identity=MeterIdentity("")) is None, "a Karat-306 does not tell its number"


@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_may_be_off_as_far_as_the_plan_allows(sign: int) -> None:
    assert reason(clock_difference=sign * ALLOWED) is None
    assert reason(clock_difference=sign * (ALLOWED + SECOND)) is HoldReason.CLOCK_WRONG


def test_of_several_reasons_the_one_that_explains_the_others() -> None:
    doubts: list[tuple[HoldReason, dict[str, object]]] = [
        (HoldReason.CLOCK_WRONG, {"clock_difference": timedelta(days=1)}),
        (HoldReason.REGISTER_RESET, {"went_back": True}),
        (HoldReason.SCHEME_CHANGED, {"configuration": MeterConfiguration({"heat": "GJ"})}),
        (HoldReason.NEW_METER, {"identity": MeterIdentity("101")}),
    ]
    all_so_far: dict[str, object] = {}
    for expected, doubt in doubts:
        all_so_far |= doubt
        assert reason(**all_so_far) is expected


CHANGES = {
    "vkt7: another unit": ({"unit_heat": "Gcal"}, {"unit_heat": "GJ"}, ["unit_heat"]),
    "vkt7: another scheme": (
        {"scheme_1": "1", "scheme_2": "0"},
        {"scheme_1": "3", "scheme_2": "0"},
        ["scheme_1"],
    ),
    "vkt7: new firmware and protocol": (
        {"firmware": "1.9", "server_version": "0", "scheme_1": "1"},
        {"firmware": "2.7", "server_version": "1", "scheme_1": "1"},
        [],
    ),
    "vkt7: months end on another day": ({"report_day": "1"}, {"report_day": "25"}, ["report_day"]),
    "vkt5: a pipe is used no more": (
        {"pipe_1": "1 supply", "pipe_2": "1 return"},
        {"pipe_1": "1 supply"},
        ["pipe_2"],
    ),
    "vzlet-tsr: a second heating system": (
        {"pipe 1": "m3", "system 1": "Gcal"},
        {"pipe 1": "m3", "system 1": "Gcal", "system 2": "GJ"},
        ["system 2"],
    ),
    "logika-m4: something that is not read": ({"checksum": "4660"}, {"checksum": "4661"}, ["checksum"]),
    "tekon: another map is chosen": ({"map": "two-pipes"}, {"map": "four-pipes"}, []),
    "a driver reads more than it did": ({"heat": "Gcal"}, {"heat": "Gcal", "report_day": "1"}, []),
    "a driver reads less than it did": ({"heat": "Gcal", "report_day": "1"}, {"heat": "Gcal"}, []),
    "m-bus: there are no settings": ({}, {}, []),
    "the settings were not reached": ({"heat": "Gcal", "scheme_1": "1"}, {}, []),
    "the first settings there are": ({}, {"heat": "Gcal", "scheme_1": "1"}, []),
}


@pytest.mark.parametrize(("before", "now", "names"), CHANGES.values(), ids=CHANGES)
def test_settings_that_tell_of_another_scheme(
    before: Mapping[str, str], now: Mapping[str, str], names: list[str]
) -> None:
    found = list(changed_settings(MeterConfiguration(before), MeterConfiguration(now)))
    assert found == [(name, before.get(name, ""), now.get(name, "")) for name in names]
    held = reason(configuration=MeterConfiguration(now), accepted_configuration=MeterConfiguration(before))
    assert held is (HoldReason.SCHEME_CHANGED if names else None)


def settings_of(case: Case, now: datetime) -> MeterConfiguration:
    """What the simulated meter says at this time."""
    address, serial = case.place
    driver = catalogue.driver(case.model, choices=case.choices)
    choices = {name.partition(".")[2]: word for name, word in case.choices.items()}
    if case.protocol == "modbus-rtu":
        there = modbus_house.simulated(case.model, choices=choices)
        there.memory = memory(now=now)
        return asked(driver, "1", modbus_house.Bench(there))
    family = simulated_families()[case.protocol]
    pauses: list[float] = []
    plan = DevicePlan(case.model, address, serial, memory(now=now), lambda: sum(pauses), choices)
    return asked(driver, address, Bench(family.build(plan), split=family.split, pauses=pauses))


def asked(driver: Driver, address: str, bench: Bench[Any] | modbus_house.Bench) -> MeterConfiguration:
    if not driver.info.whole_snapshot:
        bench.run(driver.identify(address))
    return bench.run(driver.read_configuration(address))


@pytest.mark.parametrize("case", [case for case in simulated() if case.protocol != "m-bus"], ids=str)
def test_a_meter_that_nobody_touched_has_the_same_scheme_months_later(case: Case) -> None:
    accepted_one, read = (
        settings_of(case, datetime(2026, 2, 10, 9, tzinfo=UTC)),
        settings_of(case, MONTHS_LATER),
    )
    assert list(changed_settings(accepted_one, read)) == []


def vectors() -> list[Path]:
    return sorted(
        file
        for file in VECTORS.rglob("*.toml")
        if load(file.read_text("utf-8"), file.name).configuration.settings
    )


@pytest.mark.parametrize("file", vectors(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_each_setting_of_a_real_meter_counts_unless_it_is_known_not_to(file: Path) -> None:
    """A setting whose word differs is a change; one of these few is not."""
    settings = load(file.read_text("utf-8"), file.name).configuration
    for name in settings.settings:
        other = MeterConfiguration({**settings.settings, name: "something else"})
        counts = name not in {"firmware", "server_version", "map"}
        assert [one for one, _, _ in changed_settings(settings, other)] == ([name] if counts else [])


@pytest.mark.parametrize(
    ("brought", "teaches"),
    [
        ({"snapshots": [snapshot(START, reading("1"))]}, True),
        ({"archive": [record(START, reading("1"))]}, True),
        ({"archive": [record(START, reading("1"))], "particulars": {"held": HoldReason.NEW_METER}}, False),
        ({}, False),
    ],
    ids=["a snapshot", "a record", "held", "nothing"],
)
def test_readings_that_are_stored_tell_the_accepted_settings(brought: dict[str, Any], teaches: bool) -> None:
    particulars = {"configuration": MeterConfiguration(), **brought.pop("particulars", {})}
    assert teaches_configuration(report(1, particulars=particulars, **brought)) is teaches


def test_acceptance_lifts_the_doubts_that_were_looked_into_and_no_others() -> None:
    flags = set(Flag) - {Flag.ABSENT}
    held = report(
        1,
        archive=[record(START, reading("1", flags=flags))],
        snapshots=[snapshot(START, reading("2", flags=flags))],
        particulars={"held": HoldReason.CLOCK_WRONG},
    )
    stored = accepted(held)
    assert stored.held is None
    for readings in (stored.archive[0].readings, stored.snapshots[0].readings):
        assert readings[0].flags == flags - {Flag.CLOCK_DRIFT, Flag.WENT_BACK}
    assert replace(stored, archive=(), snapshots=()) == replace(held, archive=(), snapshots=(), held=None)

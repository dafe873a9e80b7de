"""A driver was broken, polls were stored, it was mended: the past is set right from the frames alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

import pytest
import typer

from collector.gaps import ArchivePlan
from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from metering.errors import TeploError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, MeterValue, Record, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import Driver, DriverInfo
from simulators.fleet import FleetMeter, RunningFleet, running_fleet
from simulators.truth import Truth
from storage.polls import Polls
from storage.pool import Database
from storage.redecoding import Wanted
from storage.usage_points import Registry
from teplo.__main__ import app
from teplo.redecoding import End, compare, write
from tests.support.one_meter import Case, first_of_each
from tests.support.past_meter import NOW, ZONE, PastMeter, driver_of, ticking

DAY = timedelta(days=1)
WANTED = ArchivePlan({ArchiveKind.HOUR: 5, ArchiveKind.DAY: 2, ArchiveKind.TOTAL: 2})
PROTOCOLS = ("m-bus", "vkt7")
POLLS = 4
WRONG = Decimal(10)
DIGITS = Decimal("1E-14")
"""Canonical values have sixteen digits or so."""
T = TypeVar("T")


@dataclass
class Broken:
    """Puts the point of every heat one place too far to the right."""

    right: Driver

    @property
    def info(self) -> DriverInfo:
        return self.right.info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        return self.right.identify(address)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        return self.right.read_configuration(address)

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        return self.right.read_clock(address, configuration)

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        snapshot = yield from _spoiled(self.right.read_current(address, configuration))
        return replace(snapshot, values=_wrong(snapshot.values))

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        return _spoiled(self.right.read_archive(address, configuration, kind, slots))


def _spoiled(conversation: Conversation[T]) -> Conversation[T]:
    outcome: bytes | TeploError | None = None
    while True:
        try:
            if isinstance(outcome, TeploError):
                step = conversation.throw(outcome)
            else:
                step = next(conversation) if outcome is None else conversation.send(outcome)
        except StopIteration as end:
            result: T = end.value
            return result
        try:
            outcome = yield (Deliver(_all_wrong(step.records)) if isinstance(step, Deliver) else step)
        except TeploError as error:
            outcome = error


def _all_wrong(records: Sequence[Record]) -> tuple[Record, ...]:
    return tuple(
        replace(one, values=_wrong(one.values)) if isinstance(one, ArchiveRecord | Snapshot) else one
        for one in records
    )


def _wrong(values: Sequence[MeterValue]) -> tuple[MeterValue, ...]:
    return tuple(
        replace(one, value=one.value * WRONG)
        if one.quantity.name.startswith("energy") and one.value is not None
        else one
        for one in values
    )


async def polled_by_a_broken_driver(database: Database, fleet: RunningFleet) -> FleetMeter:
    """Register the fleet's meter, poll it some times, and store what the broken driver makes of it."""
    (line,), registry = fleet.lines, Registry(database)
    (meter,) = line.meters
    line_id = await registry.add_line(line.url, "here")
    number = await registry.add_meter(meter.serial, meter.model, meter.address, line_id, ZONE)
    past, now = PastMeter(line, Broken(driver_of(line)), number), ticking()
    for _ in range(POLLS):
        await Polls(database).save(await past.poll(now, WANTED))
    return meter


def truth(meter: FleetMeter, kind: ArchiveKind | None, start: datetime, quantity: str, circuit: int) -> Truth:
    meter_time = MeterZone(ZONE).to_meter_time(start)
    truths = meter.truth_archive(kind, meter_time) if kind else meter.truth_snapshot(meter_time)
    assert truths is not None
    return truths[quantity, circuit]


def case_of(protocol: str) -> Case:
    return next(one for one in first_of_each() if one.protocol == protocol).through("tcp", "field")


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_a_broken_driver_stored_is_set_right(database: Database, protocol: str) -> None:
    case = case_of(protocol)
    async with running_fleet(case.fleet(), now=lambda: NOW, random=Random(5)) as fleet:
        meter = await polled_by_a_broken_driver(database, fleet)
        wanted = Wanted(case.model, NOW - DAY, NOW + DAY)
        findings = await compare(database, wanted, lambda done: None)
        assert findings.ends.keys() <= {End.DONE, End.CUT}
        assert findings.ends.total() == await database.value("select count(*) from transcript")
        assert {quantity.partition("_")[0] for quantity in findings.quantities} == {"energy"}
        spoiled = await database.value(
            "select count(*) from (select value, quantity from archive_value union all "
            "select value, quantity from snapshot_value) stored where quantity ~ '^energy' and value <> 0"
        )
        assert findings.values == len(findings.shown) == spoiled > 0
        for _, one in findings.shown:
            assert one.old is not None and one.new is not None
            assert one.old.value is not None and one.new.value is not None
            assert abs(one.old.value - one.new.value * WRONG) <= DIGITS * one.old.value
            key = one.key
            assert truth(meter, key.kind, key.at, key.quantity, key.circuit).admits(one.new.value)
        assert await database.value("select count(*) from revision") == 0, "seen before it is written"

        written = await write(database, wanted, findings.changed, lambda done: None)
        assert written >= findings.values
        again = await compare(database, wanted, lambda done: None)
    assert (again.values, again.changed) == (0, set())
    archived = [one.key for _, one in findings.shown if one.key.kind]
    rows = await database.rows("select distinct cause, replaced_by = poll_id as own from revision")
    assert await database.value("select count(*) from revision") == len(archived)
    assert [tuple(row) for row in rows] in ([("redecoded", True)], [])


async def test_a_value_that_a_later_poll_brought_is_left_alone(database: Database) -> None:
    case = case_of("modbus-rtu").through("tcp", "none")
    async with running_fleet(case.fleet(), now=lambda: NOW, random=Random(5)) as fleet:
        meter = await polled_by_a_broken_driver(database, fleet)
        (number,) = await Registry(database).meters_of_serial(meter.serial)
        right = PastMeter(fleet.lines[0], driver_of(fleet.lines[0]), number.id)
        later = await right.poll(lambda: NOW + timedelta(minutes=1), WANTED)
        await Polls(database).save(later)
        findings = await compare(database, Wanted(case.model, NOW - DAY, NOW + DAY), lambda done: None)
    assert later.archive
    kinds = {one.key.kind for _, one in findings.shown}
    assert kinds <= {None}, "the archive was set right by the later poll"
    assert await database.value("select count(*) from revision where cause = 'read'") > 0


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_the_command_shows_first_and_writes_when_told(
    database_url: str,
    arguments: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TEPLO_DATABASE_URL", database_url)
    case = case_of("modbus-rtu").through("tcp", "none")

    async def prepared() -> None:
        async with (
            Database(database_url) as database,
            running_fleet(case.fleet(), now=lambda: NOW, random=Random(5)) as fleet,
        ):
            await polled_by_a_broken_driver(database, fleet)

    asyncio.run(prepared())
    order = ["--model", case.model, "--since", "2026-02-09", *arguments]
    first, second, third = (_run([*order, *more], capsys) for more in ((), ("--write",), ()))
    assert first == second, "shown alike, before it is written"
    assert "energy_heating" in first
    assert "energy_heating" not in third
    if arguments:
        assert json.loads(first)["values"] > 0
        assert json.loads(third)["values"] == 0


def _run(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit, match="0"):
        typer.main.get_command(app)(["redecode", *arguments])
    return capsys.readouterr().out

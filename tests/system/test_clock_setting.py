"""Setting a meter's clock: by name, where it is allowed, and with every byte in the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from collector.line_clock import LineClocks
from metering.errors import ConfigurationError
from protocols import catalogue
from simulators.fleet import FleetMeter, running_fleet
from simulators.memory import MeterMemory
from storage.clock_settings import ClockSetting, ClockSettings, ClockState
from storage.polls import Polls
from storage.pool import Database
from storage.registered import Line
from storage.usage_points import Registry
from teplo.composition import clock, random_source
from teplo.demo.site import register
from teplo.running import TOOLS
from tests.support.one_meter import Case, first_of_each
from tests.system.house import hasty, station, until, working

SETTERS = [case for case in first_of_each() if catalogue.driver(case.model).info.sets_clock]


@asynccontextmanager
async def registered(
    database: Database, case: Case, drift: int
) -> AsyncIterator[tuple[Line, int, FleetMeter]]:
    fleet = case.fleet(f"drift = {drift}", options="timeout=0.5&gap=0.1&quiet=0", installed_days_ago=20)
    async with running_fleet(fleet, now=clock, random=random_source(1)) as running:
        (meter,) = await register(running, database, clock() - timedelta(days=9))
        (line,) = await Registry(database).lines()
        yield line, meter.meter_id, running.meters[0]


async def ask(
    database: Database, line: Line, meter: int, *, allowed: bool = True, across_hour: bool = True
) -> ClockSetting:
    """One request, carried out, as the journal has it."""
    clocks = ClockSettings(database)
    await clocks.request(meter, "A. Serikova", clock(), across_hour=across_hour)
    await LineClocks(database, "main", TOOLS, allowed=allowed).take(line)
    (entry, *_) = await clocks.journal(meter)
    return entry


@pytest.mark.parametrize("case", SETTERS, ids=str)
async def test_a_clock_is_set_by_name_and_journalled_with_its_bytes(database: Database, case: Case) -> None:
    async with registered(database, case, drift=-300) as (line, meter, simulated_meter):
        entry = await ask(database, line, meter)
        assert abs(drift_of(simulated_meter)) < timedelta(seconds=15)
    assert entry.result.state is ClockState.SET, entry.result.message
    assert entry.operator == "A. Serikova"
    before, after = entry.result.before, entry.result.after
    assert before is not None
    assert after is not None
    assert timedelta(seconds=280) < after - before < timedelta(seconds=330)
    assert entry.result.poll_id is not None
    frames = await Polls(database).frames(entry.result.poll_id)
    assert len(frames) >= 6, "who it is, the clock before, the setting"


@pytest.mark.parametrize("case", SETTERS[:1], ids=str)
async def test_a_collector_that_was_not_told_so_writes_nothing(database: Database, case: Case) -> None:
    async with registered(database, case, drift=-300) as (line, meter, simulated_meter):
        entry = await ask(database, line, meter, allowed=False)
        assert drift_of(simulated_meter) == timedelta(seconds=-300)
    assert entry.result.state is ClockState.REFUSED
    assert "TEPLO_SET_CLOCKS=true" in entry.result.message


@pytest.mark.parametrize("case", SETTERS[:1], ids=str)
async def test_a_right_clock_is_left_alone(database: Database, case: Case) -> None:
    async with registered(database, case, drift=0) as (line, meter, _):
        entry = await ask(database, line, meter)
    assert entry.result.state is ClockState.REFUSED
    assert "left alone" in entry.result.message


@pytest.mark.parametrize("case", SETTERS[:1], ids=str)
async def test_a_clock_does_not_jump_over_an_hour_unasked(database: Database, case: Case) -> None:
    async with registered(database, case, drift=-7200) as (line, meter, simulated_meter):
        entry = await ask(database, line, meter, across_hour=False)
        assert drift_of(simulated_meter) == timedelta(seconds=-7200)
    assert entry.result.state is ClockState.REFUSED
    assert "--across-hour" in entry.result.message


@pytest.mark.parametrize("case", SETTERS[:1], ids=str)
async def test_another_meters_clock_is_not_touched(database: Database, case: Case) -> None:
    async with registered(database, case, drift=-300) as (line, _, simulated_meter):
        registry = Registry(database)
        (known,) = await registry.meters()
        await registry.add_meter(known.serial, known.model, "77", line.id, known.zone, polled=False)
        other = await registry.add_meter("99999999", known.model, known.address, line.id, known.zone)
        entry = await ask(database, line, other)
        assert drift_of(simulated_meter) == timedelta(seconds=-300)
    assert entry.result.state is ClockState.REFUSED
    assert known.serial in entry.result.message


async def test_a_model_without_the_makers_word_is_refused(database: Database) -> None:
    registry = Registry(database)
    line_id = await registry.add_line("tcp://127.0.0.1:9", "127.0.0.1:9")
    meter = await registry.add_meter("18402110", "elf-04", "1", line_id, "+05:00")
    line = await registry.line(line_id)
    assert line is not None
    entry = await ask(database, line, meter)
    assert entry.result.state is ClockState.REFUSED
    assert "No document" in entry.result.message


async def test_what_was_under_way_when_a_collector_died_is_not_sent_again(database: Database) -> None:
    registry, clocks = Registry(database), ClockSettings(database)
    line_id = await registry.add_line("tcp://127.0.0.1:9", "127.0.0.1:9")
    meter = await registry.add_meter("18402110", "elf-04", "1", line_id, "+05:00")
    identifier = await clocks.request(meter, "A. Serikova", clock(), across_hour=False)
    assert await clocks.start(identifier)
    assert not await clocks.start(identifier)
    line = await registry.line(line_id)
    assert line is not None
    await LineClocks(database, "main", TOOLS, allowed=True).take(line)
    (entry,) = await clocks.journal()
    assert entry.result.state is ClockState.FAILED
    assert "may have been sent or not" in entry.result.message
    assert await clocks.lines() == set()


async def test_nobody_can_ask_for_a_meter_that_is_not_there(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="no meter 4711"):
        await ClockSettings(database).request(4711, "A. Serikova", clock(), across_hour=False)


@pytest.mark.parametrize("case", SETTERS[:1], ids=str)
async def test_a_running_collector_takes_the_request_up(database: Database, case: Case) -> None:
    async with registered(database, case, drift=-300) as (_, meter, simulated_meter):
        clocks = ClockSettings(database)
        settings = replace(hasty(), sets_clocks=True)
        identifier = await clocks.request(meter, "A. Serikova", clock(), across_hour=True)

        async def finished() -> bool:
            entry = await clocks.get(identifier)
            return entry is not None and entry.finished_at is not None

        async with working(station(database, settings).collector):
            await until(finished)
        entry = await clocks.get(identifier)
        assert entry is not None
        assert entry.result.state is ClockState.SET, entry.result.message
        assert abs(drift_of(simulated_meter)) < timedelta(seconds=15)


def drift_of(meter: FleetMeter) -> timedelta:
    memory: MeterMemory = meter.device.memory  # type: ignore[attr-defined]
    return memory.drift

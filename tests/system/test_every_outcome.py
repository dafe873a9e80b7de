"""Each outcome of a poll, brought about for real: its row, what it tells, and what it costs others."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collector.entries import Entry
from collector.kept import SPOOL
from collector.spool import Spool
from metering.outcomes import OUTCOMES
from metering.polls import LARGEST_FRAME, Direction, Frame, Outcome, PollReport
from storage.outcome_counts import By, Days, OutcomeCounts
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.usage_points import Registry
from teplo.composition import clock, random_source
from teplo.demo import oracle
from teplo.demo.site import RegisteredMeter
from teplo.running import assembled
from tests.support.mischief import Mischievous
from tests.support.registry import report
from tests.support.scripted_modem import NUMBER
from tests.system.ends_of_calls import OF_CALLS, brisk, tools_of
from tests.system.ends_of_polls import ALWAYS_DUE, OF_METERS, TV7S, Scene
from tests.system.house import collector, hasty, line, running_house, serve, until, working

NEWEST_HOUR = dict.fromkeys(oracle.WINDOWS, timedelta(0)) | {next(iter(oracle.WINDOWS)): timedelta(hours=1)}


OTHER_TV7 = line("modbus-rtu", "termotronic-tv7 520120 1").replace("quiet=0", "quiet=0&modbus.systems=1")


@pytest.mark.parametrize("outcome", OF_METERS)
async def test_what_befalls_a_meter_is_told_and_costs_its_neighbours_nothing(
    database: Database, outcome: Outcome
) -> None:
    end = OF_METERS[outcome]
    network = Mischievous(end.address, end.mischief)
    async with running_house(database, end.line, uplink=network) as (_, meters):
        (served,) = await Registry(database).lines()
        scene = Scene(database, served.id, tuple(meters))
        await scene.poll(**await end.prepared(scene))
    await is_told_and_counted(database, scene.middle.meter_id, outcome, end.told)
    await are_read(database, scene.neighbours)


async def is_told_and_counted(database: Database, meter_id: int, outcome: Outcome, told: str) -> None:
    """One poll of this meter ended so, in the list of polls, in words and in the counts of its day."""
    (poll,) = await Polls(database).list(meter_id, outcome=outcome)
    assert re.search(told, poll.message), poll.message
    explanation = OUTCOMES[outcome]
    assert explanation.meaning
    assert all(explanation) or outcome is Outcome.OK, "likely cause and next step"
    day = poll.started_at.date()
    counts = await OutcomeCounts(database).counts(
        By.METER, Days(day, day + timedelta(days=1)), meter_id=meter_id
    )
    assert {one.outcome: one.polls for one in counts}[outcome] == 1


async def are_read(database: Database, meters: Sequence[RegisteredMeter]) -> None:
    """Their last polls ended well, and all that was due is stored and true."""
    last = await Polls(database).last_poll_per_meter()
    assert {last[one.meter_id].outcome for one in meters} == {Outcome.OK}
    now = clock()
    verdict = await oracle.compare_stored(list(meters), Readings(database), now, now, NEWEST_HOUR)
    assert (verdict.missing, verdict.wrong) == (0, 0), "\n".join(map(str, verdict.findings))


@pytest.mark.parametrize("outcome", OF_CALLS)
async def test_what_befalls_a_call_is_told_and_costs_no_other_line_anything(
    database: Database, outcome: Outcome
) -> None:
    modem, told = OF_CALLS[outcome]
    tools = await tools_of(database, modem)
    registry = Registry(database)
    called = await registry.add_line(f"csd:{NUMBER}?pool=main", NUMBER, pool="main")
    meter_id = await registry.add_meter("520118", "termotronic-tv7", "2", called, "Asia/Almaty")
    with brisk():
        await serve(collector(database, plan=ALWAYS_DUE, **tools), called)
    await is_told_and_counted(database, meter_id, outcome, told)


async def no_gateway(database: Database) -> str:
    """Nobody listens any more on a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"tcp://127.0.0.1:{free.getsockname()[1]}?timeout=0.3&gap=0.01&quiet=0"


async def modem_that_never_called(database: Database) -> str:
    return "inbound:356938035643809"


OF_LINES = {
    Outcome.NO_LINK: (no_gateway, r"cannot be opened: .* check"),
    Outcome.MODEM_AWAY: (modem_that_never_called, r"has not connected since .*; check the modem's power"),
}
"""What is registered, and what the polls' messages say."""


@pytest.mark.parametrize("outcome", OF_LINES)
async def test_what_befalls_a_line_is_told_to_each_of_its_meters(
    database: Database, outcome: Outcome
) -> None:
    url_of, told = OF_LINES[outcome]
    registry = Registry(database)
    served = await registry.add_line(await url_of(database), "the line")
    meters = [
        await registry.add_meter(f"52011{unit}", "termotronic-tv7", f"{unit}", served, "Asia/Almaty")
        for unit in (1, 2)
    ]
    await serve(collector(database, plan=ALWAYS_DUE), served)
    for meter_id in meters:
        await is_told_and_counted(database, meter_id, outcome, told)


async def test_a_wedged_gateway_is_told_to_each_of_its_meters_and_to_no_other_line(
    database: Database,
) -> None:
    wedged = TV7S.replace('front = "tcp"\n', 'front = "tcp"\nwedge = "dumb"\n')
    async with running_house(database, wedged, OTHER_TV7) as (_, meters):
        *hanging, other = meters
        polling = collector(database, plan=ALWAYS_DUE)
        for served in await Registry(database).lines():
            await serve(polling, served.id)
    for one in hanging:
        await is_told_and_counted(
            database, one.meter_id, Outcome.GATEWAY_WEDGED, r"not a single byte .* gateway hangs.* Restart"
        )
    await are_read(database, [other])


async def test_that_there_is_no_room_for_readings_is_told_when_there_is_again(
    database: Database, tmp_path: Path
) -> None:
    async with running_house(database, TV7S) as (_, meters):
        (served,) = await Registry(database).lines()
        waiting = Entry.of_report(large_report(meters[0].meter_id)).packed()
        limit = len(waiting) + ROOM
        async with Spool(tmp_path / "main" / SPOOL, limit=limit) as spool:
            await spool.append("report", clock(), waiting)
        polling = assembled(database, hasty(plan=ALWAYS_DUE), tmp_path, spool_limit=limit).collector
        await serve(polling, served.id)
        assert await Polls(database).list() == []
        async with working(polling):
            await until(lambda: all_told(database, len(meters)))
    for one in meters:
        await is_told_and_counted(
            database, one.meter_id, Outcome.STORAGE_AWAY, r"disk takes nothing more: nobody was asked. Bring"
        )


ROOM = 3000
"""Bytes: enough for reports without a frame, and less than the hundredth that is left to them."""


def large_report(meter_id: int) -> PollReport:
    frames = [
        Frame(number, clock(), Direction.RECEIVED, random_source(1).randbytes(LARGEST_FRAME))
        for number in range(1, 9)
    ]
    return replace(report(meter_id, at=clock()), frames=tuple(frames))


async def all_told(database: Database, meters: int) -> bool:
    return len(await Polls(database).list(outcome=Outcome.STORAGE_AWAY)) == meters


def test_no_word_is_left_out() -> None:
    shown = {*OF_METERS, *OF_CALLS, *OF_LINES, Outcome.GATEWAY_WEDGED, Outcome.STORAGE_AWAY}
    assert shown == set(Outcome)

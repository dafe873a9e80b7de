"""All collectors are restarted in turn in the middle of a campaign: nothing is lost or read twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from collector.app import Collector
from metering.plans import PollPlan
from metering.polls import Outcome
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from teplo.composition import clock
from teplo.demo import oracle
from tests.system.house import ARCHIVES, collector, line, running_house, until
from tests.system.test_collector import WINDOWS, all_ok
from tests.system.test_outage import Talk

ONCE = PollPlan(timedelta(days=365), timedelta(seconds=1), ARCHIVES)
LINES = [line("m-bus", f"minol-minocal 3142{n:04} 1", f"axis-sku-02-k 0701{n:04} 2") for n in range(24)]
NAMES = ("north", "south", "west")


async def run(one: Collector, stop: asyncio.Event) -> None:
    await one.run(stop)


async def test_a_rolling_restart_of_all_collectors_in_a_campaign(database: Database) -> None:
    talk, since = Talk(), clock()
    async with running_house(database, *LINES) as (_, meters):
        async with asyncio.TaskGroup() as group:
            stops: dict[str, asyncio.Event] = {}

            def start(name: str) -> asyncio.Task[None]:
                stops[name] = asyncio.Event()
                here = collector(database, name, ONCE, open_link=talk.opener(name))
                return group.create_task(run(here, stops[name]))

            running = {name: start(name) for name in NAMES}
            for name in NAMES:
                polled = len(await Polls(database).list(limit=1000))
                await until(lambda least=polled: _more(database, least, len(meters)))  # type: ignore[misc]
                stops[name].set()
                await running[name]
                running[name] = start(name)
            await until(lambda: all_ok(database, len(meters)))
            for stop in stops.values():
                stop.set()
        polls = await Polls(database).list(limit=1000)
        verdict = await oracle.compare_stored(meters, Readings(database), since, clock(), WINDOWS)
    assert (verdict.missing, verdict.wrong, verdict.findings) == (0, 0, [])
    assert set(talk.most.values()) == {1}, "no line ever had two talkers"
    times = Counter(one.meter_id for one in polls if one.outcome is Outcome.OK)
    assert set(times.values()) == {1}, "each meter is due once, and read once"


async def _more(database: Database, least: int, meters: int) -> bool:
    polled = (await Polls(database).summary()).polls
    return polled > least or polled >= meters

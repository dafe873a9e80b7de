"""The services as they are deployed: processes of their own that share nothing but the database."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

from collector.collector_settings import CollectorSettings
from metering.polls import Outcome
from simulators import fleet_file
from simulators.fleet import RunningFleet, running_fleet
from storage.polls import Polls
from storage.pool import Database
from teplo.composition import clock, random_source
from tests.support.commands import ROOT, teplo
from tests.system.house import HEAD, line, until

METERS = ("kamstrup-multical-601 06855817 1", "landis-gyr-uh50 70444600 2", "minol-minocal 31425084 3")
GRACE = timedelta(seconds=15)
"""For looking at what is due, and a machine that does other things too."""
SCOPES = ("--scope", "registry:read", "--scope", "polls:read")


def registry_text(fleet: RunningFleet) -> str:
    text = 'zone = "Asia/Almaty"\n'
    for one in fleet.lines:
        text += f'[[line]]\nurl = "{one.url}"\n'
        for meter in one.meters:
            text += f'[[line.meter]]\nserial = "{meter.serial}"\nmodel = "{meter.model}"\n'
            text += f'address = "{meter.address}"\n'
    return text


@asynccontextmanager
async def service(*arguments: str, url: str, **environment: str) -> AsyncIterator[Process]:
    """A running service; one that still runs at the end is killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "teplo", *arguments),
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TEPLO_DATABASE_URL": url, **environment},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ok_polls(database: Database, collector: str) -> int:
    polls = await Polls(database).list(limit=1000)
    return sum(poll.outcome is Outcome.OK and poll.collector == collector for poll in polls)


async def test_collectors_end_when_asked_and_go_on_without_a_killed_one(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    plan = fleet_file.read(HEAD + "".join(line("m-bus", meter) for meter in METERS), tmp_path)
    hurry = {"TEPLO_POLL_EVERY": "PT1S", "TEPLO_POLL_RETRY": "PT1S", "TEPLO_COLLECTOR_FOLDER": str(tmp_path)}
    async with running_fleet(plan, now=clock, random=random_source(1)) as fleet:
        town = tmp_path / "town.toml"
        town.write_text(registry_text(fleet))
        code, output, errors = await teplo("register", str(town), TEPLO_DATABASE_URL=database_url)
        assert (code, errors) == (0, ""), output
        async with (
            service("collector", "--name", "north", url=database_url, **hurry) as north,
            service("collector", "--name", "south", url=database_url, **hurry) as south,
        ):
            await until(lambda: _both(database))
            killed_at = clock()
            north.kill()
            await north.wait()
            await until(lambda: _all_since(database, killed_at), patience=100)
            taken_over = max((await first_since(database, killed_at)).values()) - killed_at
            assert taken_over <= CollectorSettings().heartbeat + GRACE
            south.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(south.wait(), 30) == 0


async def _both(database: Database) -> bool:
    return bool(await ok_polls(database, "north") and await ok_polls(database, "south"))


async def first_since(database: Database, since: datetime) -> dict[int, datetime]:
    """By meter, when the living collector first began to read it after that."""
    polls = await Polls(database).list(limit=1000)
    return {
        poll.meter_id: poll.started_at
        for poll in polls
        if poll.outcome is Outcome.OK and poll.collector == "south" and poll.started_at > since
    }


async def _all_since(database: Database, since: datetime) -> bool:
    return len(await first_since(database, since)) == len(METERS)


async def test_the_api_says_where_it_listens_answers_and_ends_when_asked(database_url: str) -> None:
    code, key, _ = await teplo("key", "make", "engineer", *SCOPES, TEPLO_DATABASE_URL=database_url)
    assert code == 0
    async with service("api", url=database_url, TEPLO_API_PORT="0") as api:
        assert api.stderr is not None
        address = json.loads(await asyncio.wait_for(api.stderr.readline(), 30))["address"]
        ready = await asyncio.to_thread(_get, f"{address}/health/ready", "")
        points = await asyncio.to_thread(_get, f"{address}/api/v1/usage-points", key.strip())
        api.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(api.wait(), 30) == 0
    assert ready
    assert points["items"] == []


def _get(url: str, key: str) -> dict:
    with urlopen(Request(url, headers={"Authorization": f"Bearer {key}"}), timeout=30) as answer:
        return json.load(answer)

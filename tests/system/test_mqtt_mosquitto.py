"""Several writers on the broker of production, where one is installed."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collector.entries import Entry
from collector.mqtt import topics
from collector.mqtt.address import BrokerAddress
from collector.mqtt.connection import connected
from metering.errors import LineUnavailable
from storage.polls import Polls
from storage.pool import Database
from teplo.regional_running import writer
from teplo.settings import Settings
from tests.support import registry as made
from tests.support.broker import gateway, running, until

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
REPORTS = 60

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


@pytest.fixture
async def mosquitto(tmp_path: Path) -> AsyncIterator[BrokerAddress]:
    """On a port that was free a moment ago: mosquitto takes none by itself."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 64\n")
    process = await asyncio.create_subprocess_exec(str(MOSQUITTO), "-c", str(configuration))
    address = BrokerAddress("127.0.0.1", port)
    try:
        await until(lambda: answers(address))
        yield address
    finally:
        process.terminate()
        await process.wait()


async def answers(address: BrokerAddress) -> bool:
    try:
        async with connected(address, "probe", lasting=False):
            return True
    except LineUnavailable:
        return False


async def test_what_one_writer_left_another_stores(database: Database, mosquitto: BrokerAddress) -> None:
    """A client of the group takes messages, acknowledges none, and its session ends with its connection."""
    place = await made.place(database)
    reports = [made.report(place.meter) for _ in range(REPORTS)]
    here = writer(database, Settings(writer_name="w"), mosquitto, tick=0.2)
    async with running(here.run), gateway(mosquitto) as sender:
        await here.ready.wait()
        async with connected(mosquitto, "short-lived", lasting=False) as other:
            await other.subscribe((topics.REPORTS,), "teplo")
            for one in reports:
                await sender.publish(topics.report("main", "report"), Entry.of_report(one).packed())
            taken = await other.arrivals(REPORTS, asyncio.Event())
            assert 0 < len(taken) < REPORTS
        stored = await until(lambda: Polls(database).list(), lambda found: len(found) == REPORTS)
    assert {one.id for one in stored} == {one.id for one in reports}

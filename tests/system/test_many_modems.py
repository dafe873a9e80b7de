"""A whole collector, as it is deployed, with 5,000 modems that call it and 100 hostile callers."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from storage.pool import Database
from storage.quarantine import Quarantine
from storage.usage_points import Registry
from tests.system.house import until
from tests.system.inbound_callers import allow_sockets, identity
from tests.system.test_inbound_listener import HOSTILE, MODEMS, calling
from tests.system.test_services import service


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.timeout(240)
async def test_a_collector_holds_thousands_of_modems_among_hostile_callers(
    database: Database, database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if not allow_sockets(MODEMS + HOSTILE + 200):
        pytest.skip(f"this process may not have {MODEMS + HOSTILE + 200} sockets")
    for number in range(MODEMS):
        await Registry(database).add_line(f"inbound:{identity(number)}", identity(number))
    command = ("collector", "--listen", "127.0.0.1:0")
    async with service(*command, url=database_url, TEPLO_COLLECTOR_FOLDER=str(tmp_path)) as collector:
        port = await listening_port(collector)
        before = resident(collector)
        async with calling(port):
            await until(lambda: all_held(database), patience=150)
            await until(lambda: strangers_seen(database))
            each = (resident(collector) - before) / MODEMS
            assert await held(database) == MODEMS, "no modem was pushed out"
        assert collector.returncode is None
    with capsys.disabled():
        sys.stdout.write(f"\n{MODEMS} modems held by one collector, {each:.0f} bytes each\n")
    assert 0 < each < 30_000


async def listening_port(collector: Process) -> int:
    assert collector.stderr is not None
    said = json.loads(await asyncio.wait_for(collector.stderr.readline(), 30))
    return int(said["port"])


def resident(collector: Process) -> int:
    """The process's memory in bytes."""
    status = Path(f"/proc/{collector.pid}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


async def held(database: Database) -> int:
    """The lines that the queue hands to this collector, because it holds their modems."""
    return sum(line.queue == "main" for line in await Registry(database).lines("main"))


async def all_held(database: Database) -> bool:
    return await held(database) == MODEMS


async def strangers_seen(database: Database) -> bool:
    return len(await Quarantine(database).list()) >= 5

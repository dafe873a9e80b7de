"""`teplo simulate` as a process: its gateways come to the head-end that it is told of."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.support.head_end import head_end

FLEET = """
zone = "+05:00"
installed_days_ago = 2
[[pool]]
name = "main"
modems = 2
[[line]]
front = "inbound"
protocol = "m-bus"
gateway = "usr"
identity = "LOGIN:1001"
[[line.meter]]
model = "minol-minocal"
serial = "31425084"
address = 1
"""
SND_NKE = bytes.fromhex("10 40 01 41 16")
PATIENCE = 30


async def simulate(fleet: Path, connect: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "teplo", "simulate", str(fleet), "--connect", connect]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.toml"
    path.write_text(FLEET)
    return path


async def test_its_gateways_connect_and_its_meters_answer(fleet: Path) -> None:
    async with head_end() as listening, asyncio.timeout(PATIENCE):
        process = await simulate(fleet, f"127.0.0.1:{listening.address[1]}")
        assert process.stdout is not None
        lines = [(await process.stdout.readline()).decode() for _ in range(3)]
        caller = await listening.caller()
        assert await caller.segment() == b"LOGIN:1001"
        assert await caller.ask(SND_NKE, 1) == b"\xe5"
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert all(line.startswith("pool main  serial:") for line in lines[:2])
    assert lines[2].startswith("inbound:LOGIN:1001  --model minol-minocal --address 1")


@pytest.mark.parametrize("connect", ["nowhere", ":11003", "host:", "host:0", "host:65536", "host:x"])
async def test_what_is_no_address_is_refused(fleet: Path, connect: str) -> None:
    async with asyncio.timeout(PATIENCE):
        process = await simulate(fleet, connect)
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"127.0.0.1:11003" in errors

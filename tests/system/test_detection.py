"""Searching an unknown line: every family is found among all the others, and a stranger is described."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from collector.detection import Detected, Detection
from collector.links.opening import link_for
from collector.links.url import LineUrl
from metering.errors import LineError
from protocols import catalogue
from protocols.searching import Setting, trials
from simulators.fleet import running_fleet
from simulators.fleet_file import read
from tests.conformance.test_families import Case, place_of, simulated

HOST = "127.0.0.1"

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
FIRST = [Case(protocol, models[0], "tcp") for protocol, models in simulated().items()]


def fleet_of(case: Case, front: str, options: str) -> str:
    address, serial = place_of(case)
    written = address if address.isdecimal() and len(address) <= 3 else f'"{address}"'
    return f"""
zone = "+05:00"
installed_days_ago = 40
[[line]]
front = "{front}"
protocol = "{case.protocol}"
options = "{options}"
[[line.meter]]
model = "{case.model}"
serial = "{serial}"
address = {written}
"""


async def search(url: str, *, retunes: bool, addresses: tuple[str, ...]) -> tuple[Detected, list[int]]:
    """What is found, and how far the progress had come each time that it was told."""
    told: list[int] = []
    line = LineUrl.parse(url)
    link = link_for(line)
    await link.open()
    try:
        wanted = trials(catalogue.families().values(), retunes=retunes, addresses=addresses)
        detection = Detection(link, line, lambda: NOW, rest=0.0)
        return await detection.run(wanted, lambda done, trial, detected: told.append(done)), told
    finally:
        await link.close()


@pytest.mark.parametrize("case", FIRST, ids=str)
async def test_a_meter_is_found_among_all_protocols(case: Case) -> None:
    address, serial = place_of(case)
    fleet = read(fleet_of(case, "tcp", "timeout=0.05&gap=0.03&quiet=0"), Path("one.toml"))
    async with running_fleet(fleet, now=lambda: NOW, random=Random(1)) as running:
        detected, told = await search(running.lines[0].url, retunes=False, addresses=(address,))
    protocol = "modbus" if case.protocol == "modbus-rtu" else case.protocol
    assert {one.trial.family.protocol for one in detected.answers} == {protocol}
    answer = detected.answers[0]
    assert answer.found.model in (*catalogue.families()[protocol].models, "")
    assert answer.found.identity.serial in (serial, "")
    assert told == list(range(len(told)))


async def test_after_an_answer_only_its_serial_setting_is_tried() -> None:
    case = Case("m-bus", "kamstrup-multical-601", "pty")
    fleet = read(fleet_of(case, "pty", "timeout=0.05&gap=0.05&quiet=0"), Path("one.toml"))
    async with running_fleet(fleet, now=lambda: NOW, random=Random(1)) as running:
        detected, told = await search(running.lines[0].url, retunes=True, addresses=())
    (answer,) = detected.answers
    assert answer.trial.setting == Setting(2400, "E")
    assert len(told) < len(trials(catalogue.families().values(), retunes=True))


async def test_bytes_that_nobody_understands_are_shown_and_guessed_at() -> None:
    acknowledgement = bytes.fromhex("E5")

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(600):
            writer.write(acknowledgement)
        writer.close()

    server = await asyncio.start_server(babble, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        url = f"tcp://{HOST}:{port}?timeout=0.05&gap=0.02&quiet=0"
        detected, _ = await search(url, retunes=False, addresses=())
    assert not detected.answers
    assert any("m-bus" in heard.guesses for heard in detected.heard)


async def test_a_line_that_is_cut_is_told_as_such() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(hang_up, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(LineError):
            await search(f"tcp://{HOST}:{port}?timeout=0.5", retunes=False, addresses=())

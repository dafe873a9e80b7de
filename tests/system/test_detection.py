"""Searching an unknown line: every family is found among all the others, and a stranger is described."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import pytest

from collector.detection import Detected, Detection
from collector.links.opening import link_for
from collector.links.url import LineUrl
from metering.errors import ConfigurationError, LineError
from protocols import catalogue
from protocols.family import Family
from protocols.searching import Setting, trials
from simulators.fleet import running_fleet
from tests.support.one_meter import Case, first_of_each

HOST = "127.0.0.1"

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
FAMILIES = catalogue.families()
QUICK = "timeout=0.15&gap=0.05&quiet=0"
REST = 0.31
"""The simulated bus forgets an unfinished request after 0.3 s."""


async def search(
    url: str, families: Iterable[Family], *, retunes: bool, addresses: tuple[str, ...], rest: float = 0.0
) -> tuple[Detected, list[int]]:
    """What is found, and how far the progress had come each time that it was told."""
    told: list[int] = []
    line = LineUrl.parse(url)
    link = link_for(line)
    await link.open()
    try:
        wanted = trials(families, retunes=retunes, addresses=addresses)
        detection = Detection(link, line, lambda: NOW, rest=rest)
        return await detection.run(wanted, lambda done, trial, detected: told.append(done)), told
    finally:
        await link.close()


def among_others(protocol: str) -> list[Family]:
    """Three other families that are asked before, and the one that will be found.

    Modbus comes first: pymodbus's server, unlike a meter, never forgets what it did not understand.
    """
    others = Random(protocol).sample([one for one in FAMILIES.values() if one.protocol != protocol], 3)
    own = [FAMILIES[protocol]]
    return own + others if protocol == "modbus" else others + own


@pytest.mark.parametrize("case", first_of_each(), ids=str)
async def test_a_meter_is_found_among_other_protocols(case: Case) -> None:
    address, serial = case.place
    protocol = "modbus" if case.protocol == "modbus-rtu" else case.protocol
    async with running_fleet(case.fleet(options=QUICK), now=lambda: NOW, random=Random(1)) as running:
        detected, told = await search(
            running.lines[0].url, among_others(protocol), retunes=False, addresses=(address,), rest=REST
        )
    assert {one.trial.family.protocol for one in detected.answers} == {protocol}
    answer = detected.answers[0]
    assert answer.found.model in (*FAMILIES[protocol].models, "")
    assert answer.found.identity.serial in (serial, "")
    assert told == list(range(len(told)))


async def test_after_an_answer_only_its_serial_setting_is_tried() -> None:
    case = Case("m-bus", "kamstrup-multical-601", "pty")
    fleet = case.fleet(options=QUICK)
    async with running_fleet(fleet, now=lambda: NOW, random=Random(1)) as running:
        detected, told = await search(running.lines[0].url, FAMILIES.values(), retunes=True, addresses=())
    (answer,) = detected.answers
    assert answer.trial.setting == Setting(2400, "E")
    assert len(told) < len(trials(FAMILIES.values(), retunes=True))


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
        detected, _ = await search(url, FAMILIES.values(), retunes=False, addresses=())
    assert not detected.answers
    assert any("m-bus" in heard.guesses for heard in detected.heard)


async def test_an_address_that_suits_no_family_is_refused_instead_of_telling_silence() -> None:
    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_silent, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConfigurationError, match="no address of a TEM meter"):
            await search(f"tcp://{HOST}:{port}", [FAMILIES["tem"]], retunes=False, addresses=("x",))


async def test_a_line_that_is_cut_is_told_as_such() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(hang_up, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(LineError):
            await search(f"tcp://{HOST}:{port}?timeout=0.5", FAMILIES.values(), retunes=False, addresses=())

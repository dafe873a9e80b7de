"""Buses behind real fronts: exchanges over TCP and a pseudo terminal, selections, collisions, search."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import pytest

from metering.calendar import MeterZone
from metering.meters import MeterConfiguration
from protocols.mbus import frames, profile
from protocols.mbus.driver import MbusDriver
from protocols.mbus.search import search_secondary
from simulators import mbus
from simulators.fronts import pty_front, rfc2217_front, tcp_front
from simulators.lines import Bus, ServerBehind, collide
from simulators.mbus import MbusMeter
from simulators.mbus_models import layout
from simulators.memory import MeterMemory
from simulators.plant import Plant
from tests.support.talker import Talker, talking_pty, talking_tcp

NOW = datetime(2026, 11, 20, 9, 41, 30, tzinfo=UTC)
INSTALLED = datetime.fromisoformat("2026-05-04")
SND_NKE = {1: bytes.fromhex("10 40 01 41 16"), 2: bytes.fromhex("10 40 02 42 16")}
SND_NKE_ANYBODY = bytes.fromhex("10 40 FE 3E 16")
REQ_UD2_ANYBODY = bytes.fromhex("10 5B FE 59 16")
SELECT_ALL = bytes.fromhex("68 0B 0B 68 53 FD 52 FF FF FF FF FF FF FF FF 9A 16")
ACK = b"\xe5"


def meter(model: str, address: int, serial: str) -> MbusMeter:
    memory = MeterMemory(Plant(address), now=lambda: NOW, zone=MeterZone("+05:00"), installed=INSTALLED)
    return MbusMeter(layout(model), address, serial, memory)


def bus(*meters: MbusMeter) -> Bus:
    return Bus(meters, mbus.split, Random(1))


def two_meters() -> tuple[MbusMeter, MbusMeter]:
    return meter("kamstrup-multical-601", 1, "12345678"), meter("diehl-sharky-775", 2, "12345999")


async def read_out_both(talker: Talker, meters: Sequence[MbusMeter]) -> None:
    for device in meters:
        driver = MbusDriver(profile.load(device.model))
        snapshot = await talker.converse(driver.read_current(str(device.address), MeterConfiguration()))
        assert {value.quantity.name for value in snapshot.values} >= {"energy_heating", "volume", "power"}
        assert snapshot.meter_time == datetime.fromisoformat("2026-11-20T14:41")


async def test_two_meters_are_read_over_tcp() -> None:
    meters = two_meters()
    async with tcp_front(bus(*meters)) as port, talking_tcp(port) as talker:
        await read_out_both(talker, meters)


async def test_two_meters_are_read_over_a_pseudo_terminal() -> None:
    meters = two_meters()
    async with pty_front(bus(*meters)) as path, talking_pty(path) as talker:
        await read_out_both(talker, meters)


async def test_a_request_may_come_byte_by_byte_and_after_noise() -> None:
    async with tcp_front(bus(*two_meters())) as port, talking_tcp(port) as talker:
        request = b"\xff\x00\x68" + SND_NKE[1]
        for octet in request[:-1]:
            await talker.send(bytes([octet]))
        assert await talker.ask(request[-1:], size=1) == ACK


async def test_a_pseudo_terminal_survives_a_server_that_is_away() -> None:
    async with tcp_front(bus(*two_meters())) as port:
        away = ServerBehind("127.0.0.1", port)
    async with pty_front(away) as path, talking_pty(path) as talker:
        assert await talker.ask(SND_NKE[1]) == b""
        assert await talker.ask(SND_NKE[1]) == b""


async def test_all_bytes_pass_a_pseudo_terminal_unchanged() -> None:
    every = bytes(range(256))

    class Parrot:
        def hear(self, frame: bytes) -> bytes:
            return frame

    whole = Bus([Parrot()], lambda buffer: (buffer, 256) if len(buffer) >= 256 else None, Random(1))
    async with pty_front(whole) as path, talking_pty(path) as talker:
        assert await talker.ask(every, size=256) == every


async def test_an_rfc2217_front_talks_telnet_and_the_bus_hears_only_its_requests() -> None:
    """IAC (FF) of the data is doubled in both directions; option requests come first (RFC 2217, RFC 854)."""
    device = meter("kamstrup-multical-601", 1, "99999999")
    async with rfc2217_front(bus(device)) as port, talking_tcp(port) as talker:
        assert (await talker.ask(b"", size=3))[:1] == b"\xff"
        answer = await talker.ask(SELECT_ALL.replace(b"\xff", b"\xff\xff"))
        assert answer.endswith(ACK)


@pytest.mark.parametrize(
    "option",
    [
        b"\xff\xfa\x2c\x01\x00\xff\xf0",  # SET-BAUDRATE with one byte of four
        b"\xff\xfa\x2c\x03\x63\xff\xf0",  # SET-PARITY 99
        b"\xff\xfa\x2c" + bytes(3000),  # an option without an end
        b"\xff\xf0",  # the end of an option that never began
    ],
)
async def test_a_caller_with_a_wrong_telnet_option_is_cut_off(option: bytes) -> None:
    async with rfc2217_front(bus(*two_meters())) as port, talking_tcp(port, patience=2.0) as talker:
        await talker.ask(option, size=10_000)
        assert await talker.ask(b"") == b""
        async with talking_tcp(port) as another:
            assert (await another.ask(SND_NKE[1])).endswith(ACK)


async def test_a_closed_connection_leaves_the_bus_to_the_next_caller() -> None:
    async with tcp_front(bus(*two_meters())) as port:
        for _ in range(3):
            async with talking_tcp(port) as talker:
                assert await talker.ask(SND_NKE[2], size=1) == ACK


class TestCollisions:
    """m-bus.md 3.3: everybody answers at 254; a wildcard selects several."""

    async def test_equal_answers_pass(self) -> None:
        assert await bus(*two_meters()).ask(SND_NKE_ANYBODY) == ACK

    async def test_different_answers_are_garbage_as_long_as_the_longest(self) -> None:
        first, second = two_meters()
        alone = [await bus(device).ask(REQ_UD2_ANYBODY) for device in (first, second)]
        heard = await bus(first, second).ask(REQ_UD2_ANYBODY)
        assert len(heard) == max(len(answer) for answer in alone)
        with pytest.raises(frames.FrameError):
            frames.decode(heard)

    async def test_the_tail_of_the_longer_answer_is_heard(self) -> None:
        assert collide([b"\x0f\x0f", b"\xf0\xf0\xaa"], Random(1)) == b"\x00\x00\xaa"

    async def test_a_wildcard_search_finds_every_meter_in_spite_of_them(self) -> None:
        meters = (
            *two_meters(),
            meter("landis-gyr-uh50", 3, "12399999"),
            meter("minol-minocal", 3, "72000000"),
        )
        async with tcp_front(bus(*meters)) as port, talking_tcp(port, patience=0.05) as talker:
            found = await talker.converse(search_secondary())
        assert {each.header.identification for each in found if each.header} == {
            device.serial for device in meters
        }
        assert len(found) == len(meters)


async def test_a_server_behind_a_line_is_reached_by_every_caller() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    async with server, tcp_front(ServerBehind("127.0.0.1", server.sockets[0].getsockname()[1])) as port:
        for _ in range(2):
            async with talking_tcp(port) as talker:
                assert await talker.ask(b"hello") == b"HELLO"

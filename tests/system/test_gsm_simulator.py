"""Pools of simulated modems at real ports, talked to in raw bytes by sections of the modem reference."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from random import Random

import pytest

from metering.calendar import MeterZone
from simulators import mbus
from simulators.faults import Fault, FaultyFarEnd
from simulators.gsm.cell import Cell
from simulators.gsm.makes import CINTERION, SIMCOM, Make
from simulators.gsm.mishaps import Mishap, mix
from simulators.gsm.modem import SimulatedModem, Stuck
from simulators.gsm.network import Network
from simulators.gsm.pool import Front, running_modem, running_pool
from simulators.lines import Bus
from simulators.mbus import MbusMeter
from simulators.mbus_models import layout
from simulators.memory import MeterMemory
from simulators.plant import Plant

NUMBER = "+77015550001"
DIAL = f"ATD{NUMBER}\r".encode()
OK = b"\r\nOK\r\n"
NO_CARRIER = b"\r\nNO CARRIER\r\n"
SND_NKE = bytes.fromhex("10 40 01 41 16")
REQ_UD2 = bytes.fromhex("10 7B 01 7C 16")
ACK = b"\xe5"
TELEGRAM = b"\x68"
LONGEST = 20.0
"""Seconds until a test that waits in vain fails."""

FRONTS: tuple[Front, ...] = ("pty", "tcp")
STEADY = Cell(fading=0.0)


def bus() -> Bus:
    now = datetime(2026, 11, 20, 9, 41, 30, tzinfo=UTC)
    installed = datetime.fromisoformat("2026-05-04")
    memory = MeterMemory(Plant(1), now=lambda: now, zone=MeterZone("+05:00"), installed=installed)
    return Bus([MbusMeter(layout("kamstrup-multical-601"), 1, "12345678", memory)], mbus.split, Random(1))


class Terminal:
    """Somebody at a modem's port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes, end: bytes = OK) -> bytes:
        """Everything up to these bytes."""
        self._writer.write(request)
        async with asyncio.timeout(LONGEST):
            return await self._reader.readuntil(end)

    async def telegram(self, request: bytes) -> bytes:
        """A whole long frame of M-Bus, or what came of it before the call broke."""
        self._writer.write(request)
        heard = b""
        async with asyncio.timeout(LONGEST):
            while not whole(heard) and not heard.endswith(NO_CARRIER):
                heard += await self._reader.read(4096)
        return heard


def whole(frame: bytes) -> bool:
    """The length of a long frame stands behind its first byte; six bytes are around what it counts."""
    return len(frame) > 6 and len(frame) == frame[1] + 6


@asynccontextmanager
async def terminal(modem: SimulatedModem) -> AsyncIterator[Terminal]:
    opened = opened_pty(modem.place) if isinstance(modem.place, str) else opened_tcp(modem.place)
    async with opened as (reader, writer):
        yield Terminal(reader, writer)


@asynccontextmanager
async def opened_tcp(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def opened_pty(path: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    loop = asyncio.get_running_loop()
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(descriptor)
    reader = asyncio.StreamReader()
    incoming, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(descriptor), "rb", 0)
    )
    outgoing, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(), os.fdopen(descriptor, "wb", 0)
    )
    try:
        yield reader, asyncio.StreamWriter(outgoing, protocol, reader, loop)
    finally:
        outgoing.close()
        incoming.close()
        for _ in range(3):  # turns of the loop in which both are closed and the modem sees it
            await asyncio.sleep(0)


async def until_over(network: Network) -> None:
    """Waits until no call goes on."""
    async with asyncio.timeout(LONGEST):
        while any(call.ended is None for call in network.log):  # noqa: ASYNC110 - the book has no bell
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("make", [CINTERION, SIMCOM], ids=lambda make: make.name)
async def test_a_meter_is_read_through_a_call(front: Front, make: Make) -> None:
    """2, 4.2: initialise, dial, read, guarded escape, hang up."""
    network = Network(Random(1))
    network.subscribe(NUMBER, bus())
    async with running_pool(network, 1, make=make, front=front) as (modem,), terminal(modem) as user:
        await user.ask(b"ATE0\r")
        await user.ask(b"ATV1Q0X4\r")
        await user.ask(b"AT+CBST=71,0,1\r")
        await user.ask(b"AT&C1&D2S0=0S7=60S12=0\r")
        assert b"READY" in await user.ask(b"AT+CPIN?\r")
        assert await user.ask(DIAL, b"CONNECT") == b"\r\nCONNECT"
        assert (await user.ask(b"", b"\r\n")).startswith(b" 9600")
        assert await user.ask(SND_NKE, ACK) == ACK
        first = await user.telegram(REQ_UD2)
        assert first[:1] == TELEGRAM and first[1] == first[2] and sum(first[4:-2]) % 256 == first[-2]
        assert await user.ask(b"+++") == OK, "S12 is 0: no guard time"
        assert await user.ask(b"ATH\r") == OK
        (call,) = network.log
        assert (call.modem, call.number, call.ending) == (modem.imei, NUMBER, "hung_up")
        assert call.connected is not None and call.ended is not None
        assert call.started < call.connected < call.ended


@pytest.mark.parametrize("front", FRONTS)
async def test_when_two_call_one_meter_the_second_hears_busy(front: Front) -> None:
    network = Network(Random(1))
    network.subscribe(NUMBER, bus())
    async with running_pool(network, 2, front=front) as modems:
        async with terminal(modems[0]) as first, terminal(modems[1]) as second:
            await first.ask(DIAL, b"CONNECT")
            assert b"\r\nBUSY\r\n" in await second.ask(DIAL, b"BUSY\r\n")
            assert await first.ask(SND_NKE, ACK), "the first call goes on"
        await until_over(network)
        assert [network.most_calls_at_once(modem=modem.imei) for modem in modems] == [1, 1]


@pytest.mark.parametrize("front", FRONTS)
async def test_a_call_is_cut_in_the_middle_of_a_telegram(front: Front) -> None:
    network = Network(Random(1), mix={Mishap.CUT: 1.0})
    network.subscribe(NUMBER, bus())
    async with running_pool(network, 1, front=front) as (modem,), terminal(modem) as user:
        await user.ask(b"ATE0\r")
        await user.ask(DIAL, b"RLP\r\n")
        await user.ask(SND_NKE, ACK)
        while whole(heard := await user.telegram(REQ_UD2)):
            continue
        length, begun = heard[1] + 6, heard.removesuffix(NO_CARRIER)
        assert begun[:1] == TELEGRAM and len(begun) == length // 2
        assert await user.ask(b"AT\r") == OK
        assert network.log[0].ending == "cut"


async def test_a_line_behind_the_remote_modem_may_hang_up_itself() -> None:
    network = Network(Random(1))
    network.subscribe(NUMBER, FaultyFarEnd(bus(), {Fault.CUT: 1.0}, Random(1), "m-bus"))
    async with running_pool(network, 1) as (modem,), terminal(modem) as user:
        await user.ask(DIAL, b"RLP\r\n")
        assert await user.ask(REQ_UD2, NO_CARRIER)
        assert network.log[0].ending == "hung_up_remotely"


@pytest.mark.parametrize("front", FRONTS)
async def test_closing_the_port_hangs_up(front: Front) -> None:
    """1: DTR drops, and &D2 hangs up."""
    network = Network(Random(1))
    network.subscribe(NUMBER, bus())
    async with running_pool(network, 1, front=front) as (modem,):
        async with terminal(modem) as user:
            await user.ask(DIAL, b"CONNECT")
        await until_over(network)
        assert network.log[0].ending == "hung_up"
        async with terminal(modem) as user:
            assert await user.ask(b"AT\r") == b"AT\r" + OK


@pytest.mark.parametrize("front", FRONTS)
async def test_a_dead_callers_call_may_still_go_on(front: Front) -> None:
    network = Network(Random(1))
    network.subscribe(NUMBER, bus())
    async with running_pool(network, 1, front=front, holds_dtr=True) as (modem,):
        async with terminal(modem) as user:
            await user.ask(b"ATS12=0\r")
            await user.ask(DIAL, b"RLP\r\n")
        async with terminal(modem) as user:
            assert await user.ask(b"AT\r" + SND_NKE, ACK) == ACK, "the meter answers, not the modem"
            assert await user.ask(b"+++") == OK
            assert await user.ask(b"ATH\r") == b"ATH\r" + OK


@pytest.mark.parametrize("front", FRONTS)
async def test_a_deaf_modem_hears_again_after_its_port_was_opened_anew(front: Front) -> None:
    network = Network(Random(1))
    async with running_pool(network, 1, front=front) as (modem,):
        async with terminal(modem) as user:
            await user.ask(b"AT\r")
            modem.stick(Stuck.DEAF)
        async with terminal(modem) as user:
            assert await user.ask(b"AT\r") == b"AT\r" + OK


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("mean", [-111.0, -91.0, -63.0])
async def test_a_survey_hears_the_cells_level(front: Front, mean: float) -> None:
    """3.1: dBm = -113 + 2 rssi."""
    async with running_modem(Cell(mean=mean, fading=0.0), front=front) as modem, terminal(modem) as user:
        heard = await user.ask(b"ATE0+CSQ\r")
        assert heard.endswith(f"\r\n+CSQ: {(mean + 113) / 2:.0f},99\r\n".encode() + OK)


async def test_a_survey_hears_outages_by_their_share() -> None:
    """200 independent samples err by four standard deviations at most."""
    cell = Cell(outage=0.5, outage_length=0.0001)
    async with running_modem(cell, front="tcp") as modem, terminal(modem) as user:
        await user.ask(b"ATE0\r")
        heard = [await user.ask(b"AT+CSQ\r") for _ in range(200)]
        lost = sum(b"+CSQ: 99,99" in answer for answer in heard)
        assert lost == pytest.approx(200 * cell.truth.outage, abs=4 * (200 * 0.5 * 0.5) ** 0.5)


async def test_urls_open_the_ports() -> None:
    network = Network(Random(1))
    tcp = running_pool(network, 1, first=3, front="tcp")
    async with running_pool(network, 2) as (modem, other), tcp as (remote,):
        assert modem.url == f"serial:{modem.place}?baud=115200&parity=N"
        assert remote.url == f"tcp://127.0.0.1:{remote.place}"
        assert modem.place != other.place
        assert len({modem.imei, other.imei, remote.imei}) == 3


async def test_a_pool_in_the_field_agrees_with_the_networks_book() -> None:
    """Every result code heard is the one that the network wrote down, and no modem has two calls at once."""
    numbers = [f"+7701555{index:04d}" for index in range(8)]
    shares = {**mix("hostile"), Mishap.STUCK: 0.0, Mishap.LOST_REGISTRATION: 0.0, Mishap.LOST_CHARACTER: 0.0}
    network = Network(Random(6), mix=shares, scale=0.002)
    for number in numbers:
        network.subscribe(number, bus())

    async def work(modem: SimulatedModem, random: Random) -> list[tuple[str, str]]:
        async with terminal(modem) as user:
            await user.ask(b"ATE0S12=0\r")
            return [await attempt(user, random.choice(numbers)) for _ in range(15)]

    async with running_pool(network, 4, make=SIMCOM, cell=STEADY) as modems:
        heard = await asyncio.gather(*(work(modem, Random(index)) for index, modem in enumerate(modems)))
    for modem, told in zip(modems, heard, strict=True):
        book = [(call.number, str(call.ending)) for call in network.log if call.modem == modem.imei]
        assert told == book
        assert network.most_calls_at_once(modem=modem.imei) == 1
    assert all(call.ended is not None for call in network.log)


async def attempt(user: Terminal, number: str) -> tuple[str, str]:
    """Calls and hangs up at once; the ending as the network's book calls it."""
    heard = b""
    while (code := CODES.get(heard.strip())) is None:
        heard = await user.ask(f"ATD{number}\r".encode() if not heard else b"", b"\r\n")
        heard = heard.strip() or b"..."
    if code == "hung_up":
        await user.ask(b"+++")
        await user.ask(b"ATH\r")
    return number, code


CODES = {
    b"CONNECT 9600": "hung_up",
    b"BUSY": "busy",
    b"NO CARRIER": "no_carrier",
    b"NO ANSWER": "no_answer",
}

"""Calls over the simulated network in a loop whose time jumps: our book agrees with the network's."""

from __future__ import annotations

import asyncio
import errno
from collections import Counter
from random import Random

import pytest

from collector.links import Link
from collector.links.arrivals import Arrivals
from collector.links.stream import StreamLink
from collector.links.url import LineUrl
from metering.calls import CallResult, HungUpBy
from metering.errors import CallFailed, LineLost
from simulators.gsm.call_log import Ending
from simulators.gsm.makes import MAKES
from simulators.gsm.mishaps import MIXES, Mishap, Mix
from simulators.gsm.modem import SimulatedModem
from simulators.gsm.network import REAL, Network
from simulators.lines import Caller, Connection
from tests.instant_loop import run_instantly
from tests.support.scripted_modem import ScriptedModem, ScriptedPool

NUMBERS = [f"+770155500{number:02}" for number in range(12)]
ROUNDS = 3
PAUSE = 60.0
TROUBLES: dict[str, Mix] = {**MIXES, "stuck": {Mishap.STUCK: 0.3, Mishap.LOST_REGISTRATION: 0.2}}
QUESTION = b"\x10\x5b\xfe\x59\x16"
ENDED = {HungUpBy.US: Ending.HUNG_UP, HungUpBy.REMOTE: Ending.CUT}


class Meter:
    """Answers each question with its number."""

    def __init__(self, number: str) -> None:
        self._number = number
        self._caller: Caller | None = None

    def connect(self, caller: Caller) -> Connection:
        self._caller = caller
        return self

    async def hear(self, data: bytes) -> None:
        assert self._caller is not None
        self._caller.say(self._number.encode())

    async def close(self) -> None:
        self._caller = None


class Cable(asyncio.Transport):
    """Between a link and the modem at its other end; closing it drops DTR."""

    def __init__(self, modem: SimulatedModem, arrivals: Arrivals) -> None:
        super().__init__()
        self._arrivals = arrivals
        self._connection = modem.connect(self)
        self._written: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._carrying = asyncio.create_task(self._carry())
        arrivals.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._written.put_nowait(bytes(data))

    def abort(self) -> None:
        self._written.put_nowait(None)

    def say(self, data: bytes) -> None:
        self._arrivals.data_received(data)

    def cut(self) -> None:
        self.abort()

    async def _carry(self) -> None:
        while (data := await self._written.get()) is not None:
            await self._connection.hear(data)
        await self._connection.close()
        self._arrivals.connection_lost(None)


class Port(StreamLink):
    """The port of a simulated modem, locked while it is open."""

    def __init__(self, url: str, modem: SimulatedModem, taken: set[str]) -> None:
        super().__init__(url)
        self._url = url
        self._modem = modem
        self._taken = taken

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        if self._url in self._taken:
            raise OSError(errno.EBUSY, "locked")
        self._taken.add(self._url)
        return Cable(self._modem, arrivals)

    def _abandon(self) -> None:
        if self._transport is not None:
            self._taken.discard(self._url)
        super()._abandon()


class SimulatedPool(ScriptedPool):
    """Two modems of each make on one network, in a pool with its book in memory."""

    def __init__(self, seed: int, mix: Mix) -> None:
        self.network = Network(Random(seed), mix=mix, scale=REAL)
        for number in NUMBERS:
            self.network.subscribe(number, Meter(number))
        makes = [*MAKES.values()] * 2
        self.simulated = {
            f"serial:/dev/ttyUSB{index}": SimulatedModem(index, self.network, make=make)
            for index, make in enumerate(makes)
        }
        self.taken: set[str] = set()
        super().__init__(*(ScriptedModem(url) for url in self.simulated))

    async def open_port(self, url: str) -> Link:
        port = Port(url, self.simulated[url], self.taken)
        await port.open()
        return port


async def ask(link: Link) -> str:
    """What comes until the line is quiet."""
    await link.send(QUESTION)
    heard = b""
    while chunk := await link.receive(5.0):
        heard += chunk
    return heard.decode("ascii")


async def serve(pool: SimulatedPool, number: str, free: asyncio.Semaphore, heard: Counter[str]) -> None:
    """Calls the number again and again, as a line's jobs do; the semaphore is the queue's limit."""
    dialler = await pool.dialler(f"collector of {number}")
    for _ in range(ROUNDS):
        async with free:
            link = dialler.link(LineUrl.parse(f"csd:{number}?pool=main"))
            try:
                await link.open()
                heard[await ask(link)] += 1
            except CallFailed as error:
                heard[error.result.value] += 1
            except LineLost:
                heard["cut"] += 1
            finally:
                await link.close()
        await asyncio.sleep(PAUSE)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("mix", TROUBLES)
def test_the_book_agrees_with_the_networks_log(mix: str, seed: int) -> None:
    async def call() -> None:
        pool = SimulatedPool(seed, TROUBLES[mix])
        await pool.dialler()
        free, heard = asyncio.Semaphore(len(pool.simulated)), Counter[str]()
        await asyncio.gather(*(serve(pool, number, free, heard) for number in NUMBERS))
        for modem in pool.simulated.values():
            assert pool.network.most_calls_at_once(modem=modem.imei) == 1
            await modem.close()
        assert pool.taken == set()
        assert not [entry for entry in pool.network.log if entry.ended is None]
        assert not [entry for entry in pool.book.modems.values() if entry.holder]
        connected = [written for written in pool.book.calls if written.result is CallResult.CONNECTED]
        assert len(connected) == sum(entry.connected is not None for entry in pool.network.log)
        assert Counter(ENDED[written.hung_up_by] for written in connected if written.hung_up_by) == Counter(
            entry.ending for entry in pool.network.log if entry.connected is not None
        )
        assert all(heard[number] for number in NUMBERS)
        if mix == "none":
            assert all(heard[number] == ROUNDS for number in NUMBERS)

    run_instantly(call())

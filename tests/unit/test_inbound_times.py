"""When the listener does what, by its default limits, in a loop whose time jumps from timer to timer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from collector.inbound.address import ListenAddress
from collector.inbound.connection import Connection
from collector.inbound.endings import Ending, Refusal
from collector.inbound.limits import Limits
from collector.inbound.reception import Reception
from collector.links.inbound import InboundLink
from collector.links.url import LineUrl
from collector.supervisor import wait
from tests.instant_loop import run_instantly
from tests.unit.inbound_house import (
    IMEI,
    IRZ_IMEI,
    IRZ_LOGIN,
    NOW,
    WRX_AUTHORISATION,
    WRX_PROBE,
    Diary,
    known,
)

HELLO = IMEI.encode() + b"\r\n"
LIMITS = Limits()
PIECES = (
    HELLO,
    IRZ_LOGIN,
    WRX_AUTHORISATION,
    b"PING",
    b"\xb5\xbc\xbd\xbe\xbf",
    b"\x68\x03\x03\x68",
    b"PROXY TCP4 ",
    bytes(600),
)


class Transport(asyncio.Transport):
    """Remembers what was written, and when; and that it was aborted, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[float, bytes]] = []
        self.aborted: float | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append((asyncio.get_running_loop().time(), bytes(data)))

    def abort(self) -> None:
        self.aborted = asyncio.get_running_loop().time()

    def resume_reading(self) -> None: ...


@dataclass
class Porch:
    """An entrance without a socket; its reception is swept once a second."""

    listener: ListenAddress = field(default_factory=lambda: ListenAddress.parse("127.0.0.1:0"))
    port: int = 11003
    diary: Diary = field(default_factory=Diary)

    def __post_init__(self) -> None:
        self.reception = Reception(LIMITS, self.diary, lambda: NOW)

    def greet(self, connection: Connection) -> None:
        self.reception.greet(connection)

    def release(self, connection: Connection) -> None:
        self.reception.admission.leave(connection)

    def call(self) -> tuple[Connection, Transport]:
        connection, transport = Connection("198.51.100.7", self), Transport()
        self.reception.admission.enter(connection)
        self.reception.admission.begin(connection)
        connection.connection_made(transport)
        return connection, transport

    async def sweep(self) -> None:
        while True:
            self.reception.sweep()
            await pass_time(LIMITS.sweep)


async def pass_time(seconds: float) -> None:
    await wait(asyncio.Event(), seconds)


def at_the_porch(visit: Callable[[Porch], Awaitable[None]]) -> None:
    async def swept() -> None:
        porch = Porch()
        sweeping = asyncio.create_task(porch.sweep())
        await visit(porch)
        sweeping.cancel()
        await asyncio.wait([sweeping])

    run_instantly(swept())


def test_a_silent_caller_is_probed_after_3_seconds_and_dismissed_after_10() -> None:
    async def visit(porch: Porch) -> None:
        _, transport = porch.call()
        await pass_time(20)
        assert transport.written == [(3.0, WRX_PROBE)]
        assert transport.aborted == 10.0

    at_the_porch(visit)


def test_a_slow_hello_has_10_seconds_however_steadily_it_drips() -> None:
    async def visit(porch: Porch) -> None:
        connection, transport = porch.call()
        for _ in range(9):
            connection.data_received(b"3")
            await pass_time(1.0)
        await pass_time(5)
        assert transport.aborted == 10.0
        assert porch.reception.admission.refused == {Refusal.HELLO_TIME: 1}

    at_the_porch(visit)


def test_a_hello_that_could_be_longer_is_taken_after_a_pause() -> None:
    async def visit(porch: Porch) -> None:
        porch.reception.know(known(IMEI))
        connection, _ = porch.call()
        connection.data_received(IMEI.encode())
        await pass_time(0.9)
        assert not porch.reception.here
        await pass_time(0.2)
        assert porch.reception.here.keys() == {IMEI}

    at_the_porch(visit)


def test_a_hello_that_stops_in_the_middle_is_waited_for() -> None:
    """A pause alone condemns nobody: mobile networks deliver in pieces."""

    async def visit(porch: Porch) -> None:
        porch.reception.know(known(IRZ_IMEI))
        connection, _ = porch.call()
        connection.data_received(IRZ_LOGIN[:30])
        await pass_time(6)
        connection.data_received(IRZ_LOGIN[30:])
        assert porch.reception.here.keys() == {IRZ_IMEI}

    at_the_porch(visit)


def test_a_stranger_waits_a_minute_for_its_registration() -> None:
    async def visit(porch: Porch) -> None:
        connection, transport = porch.call()
        connection.data_received(HELLO)
        await pass_time(59)
        assert transport.aborted is None
        await pass_time(5)
        assert transport.aborted == 60.0
        assert not transport.written

    at_the_porch(visit)


def test_nothing_is_asked_for_half_a_second_after_the_hello() -> None:
    async def visit(porch: Porch) -> None:
        porch.reception.know(known(IMEI))
        connection, transport = porch.call()
        connection.data_received(HELLO)
        url = LineUrl.parse(f"inbound:{IMEI}")
        link = InboundLink(url.text, lambda arrivals: porch.reception.lend(url, arrivals, "here"))
        await link.open()
        await link.send(b"?")
        assert transport.written == [(0.5, b"?")]

    at_the_porch(visit)


def test_an_answer_that_is_late_for_the_last_conversation_reaches_no_next_one() -> None:
    async def visit(porch: Porch) -> None:
        porch.reception.know(known(IMEI))
        connection, transport = porch.call()
        connection.data_received(HELLO)
        url = LineUrl.parse(f"inbound:{IMEI}")
        link = InboundLink(url.text, lambda arrivals: porch.reception.lend(url, arrivals, "here"))
        await link.open()
        await link.send(b"?")
        await link.close()
        opening = asyncio.create_task(link.open())
        await pass_time(0.3)
        connection.data_received(b"late")
        await opening
        await link.send(b"!")
        assert transport.written == [(0.5, b"?"), (1.0, b"!")]
        assert link.drain() == b""

    at_the_porch(visit)


def test_a_modem_is_silent_for_300_seconds_at_most_or_as_its_line_says() -> None:
    async def visit(porch: Porch) -> None:
        (quick,) = known(IRZ_IMEI, options="?silence=90")
        porch.reception.know([*known(IMEI), quick])
        (first, slow), (second, fast) = porch.call(), porch.call()
        first.data_received(HELLO)
        second.data_received(IRZ_LOGIN)
        await pass_time(50)
        first.data_received(b"\x00")
        await pass_time(400)
        assert (fast.aborted, slow.aborted) == (90.0, 350.0)
        assert {entry[1] for entry in porch.diary.told("vanished")} == {Ending.SILENT}

    at_the_porch(visit)


def test_a_modem_that_takes_nothing_is_sent_no_answers() -> None:
    """Whoever sends heartbeats and never reads ours must not fill our memory."""

    async def visit(porch: Porch) -> None:
        porch.reception.know(known(IMEI, options="?heartbeat=50494E47&answer=504F4E47"))
        connection, transport = porch.call()
        connection.data_received(HELLO)
        connection.pause_writing()
        connection.data_received(b"PING")
        await pass_time(1)
        assert not transport.written
        connection.resume_writing()
        connection.data_received(b"PING")
        assert [data for _, data in transport.written] == [b"PONG"]

    at_the_porch(visit)


def test_a_link_waits_for_a_modem_that_takes_nothing() -> None:
    async def visit(porch: Porch) -> None:
        porch.reception.know(known(IMEI))
        connection, _ = porch.call()
        connection.data_received(HELLO)
        connection.pause_writing()
        url = LineUrl.parse(f"inbound:{IMEI}")
        link = InboundLink(url.text, lambda arrivals: porch.reception.lend(url, arrivals, "here"))
        await link.open()
        sending = asyncio.create_task(link.send(b"?"))
        await pass_time(5)
        assert not sending.done()
        connection.resume_writing()
        await sending
        await link.close()

    at_the_porch(visit)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_said_in_whatever_pieces_the_books_balance(seed: int) -> None:
    """Hellos, heartbeats and garbage, cut and mixed at random: no error, and in the end nobody is left."""
    random = Random(seed)

    def words() -> bytes:
        chosen = b"".join(random.choices((*PIECES, random.randbytes(20)), k=random.randint(1, 4)))
        return chosen[random.randrange(len(chosen)) :] if random.random() < 0.3 else chosen

    async def visit(porch: Porch) -> None:
        porch.reception.know(known(IMEI, IRZ_IMEI, options="?heartbeat=50494E47&answer=504F4E47"))
        connections = [porch.call() for _ in range(10)]
        for _ in range(100):
            connection, transport = random.choice(connections)
            if transport.aborted is None:
                connection.data_received(words())
            await pass_time(random.choice((0.0, 0.1, 1.5, 15.0)))
        for connection, _ in connections:
            connection.connection_lost(None)
        assert not porch.reception.admission.connections
        assert not porch.reception.here and not len(porch.reception.strangers)
        assert len(porch.diary.told("appeared")) == len(porch.diary.told("vanished"))

    at_the_porch(visit)

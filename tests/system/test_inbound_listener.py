"""One collector's listener holds 5,000 idle modems while 100 hostile callers do what they can."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from collector.inbound.address import ListenAddress
from collector.inbound.endings import Ending, Refusal
from collector.inbound.events import Connected, KnownModem, Stranger
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.links.url import LineUrl
from collector.supervisor import wait
from metering.modems import ModemIdentity
from metering.signals import SignalReport
from tests.system.inbound_callers import allow_sockets, identity

MODEMS = 5000
HOSTILE = 100
PATIENCE = 90.0
LIMITS = Limits(hello_time=3.0, strange_time=2.0, sweep=0.5)
ATTACKED = {
    Refusal.HELLO_TIME,
    Refusal.HELLO_UNKNOWN,
    Refusal.LEFT,
    Refusal.PER_ADDRESS,
    Refusal.NOT_REGISTERED,
}


@dataclass
class Tally:
    """Counts what the listener tells."""

    vanished_ones: list[Ending] = field(default_factory=list)
    strangers: int = 0

    def appeared(self, modem: KnownModem, connection: Connected) -> None: ...

    def vanished(self, modem: KnownModem, ending: Ending) -> None:
        self.vanished_ones.append(ending)

    def stranger(self, stranger: Stranger) -> None:
        self.strangers += 1

    def learned(self, modem_id: int, report: SignalReport | None, identity: ModemIdentity) -> None: ...


def modems() -> list[KnownModem]:
    urls = [LineUrl.parse(f"inbound:{identity(number)}") for number in range(MODEMS)]
    return [KnownModem(number, number, url.place, url) for number, url in enumerate(urls)]


@asynccontextmanager
async def calling(port: int) -> AsyncIterator[None]:
    callers = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.system.inbound_callers", str(port), str(MODEMS), str(HOSTILE)),
        stdin=asyncio.subprocess.PIPE,
    )
    try:
        yield
    finally:
        callers.kill()
        await callers.communicate()


@asynccontextmanager
async def running(listener: Listener) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(listener.run(stop))
        try:
            yield
        finally:
            stop.set()


async def ask(listener: Listener, number: int) -> bytes:
    """One question through this modem, which echoes."""
    link = listener.link(LineUrl.parse(f"inbound:{identity(number)}"))
    await link.open()
    try:
        await link.send(b"question")
        return await link.receive(PATIENCE)
    finally:
        await link.close()


def attacked(listener: Listener) -> bool:
    """Whether every hostile kind was refused, and many times over."""
    refused = listener.counts().refused
    return refused.keys() >= ATTACKED and sum(refused.values()) >= 20 * HOSTILE


async def test_many_idle_modems_and_hostile_callers(capsys: pytest.CaptureFixture[str]) -> None:
    if not allow_sockets(MODEMS + HOSTILE + 200):
        pytest.skip(f"this process may not have {MODEMS + HOSTILE + 200} sockets")
    tally = Tally()
    listener = Listener(
        [ListenAddress.parse("127.0.0.1:0")], LIMITS, tally, lambda: datetime(2026, 1, 10, tzinfo=UTC)
    )
    listener.know(modems())
    ((_, port),) = listener.bind()
    async with calling(port), running(listener), asyncio.timeout(PATIENCE):
        while listener.counts().recognised < MODEMS:
            await wait(asyncio.Event(), 0.1)
        while not attacked(listener):
            await wait(asyncio.Event(), 0.1)
        answers = await asyncio.gather(*(ask(listener, number) for number in range(0, MODEMS, 50)))
        counts = listener.counts()
    with capsys.disabled():
        refused = ", ".join(f"{times} {refusal}" for refusal, times in counts.refused.items())
        sys.stdout.write(f"\n{counts.recognised} modems held; refused: {refused}\n")
    assert counts.recognised == MODEMS
    assert answers == [b"question"] * 100
    assert set(tally.vanished_ones) == {Ending.STOPPED}
    assert len(tally.vanished_ones) == MODEMS

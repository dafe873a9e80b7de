"""Calls by two collectors with one pool in the database; the simulated network keeps its own book."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from random import Random
from unittest.mock import patch
from uuid import uuid4

import pytest

from collector.dialling.dialler import Dialler
from collector.dialling.modem_call import CallTerms
from collector.dialling.pool import PoolBook
from collector.dialling.times import DiallingTimes
from collector.links import Link
from collector.links.opening import open_link
from collector.links.url import LineUrl
from metering.calls import Call, CallResult, HungUpBy
from metering.errors import CallFailed, LineLost
from protocols.at import calls, dialogue
from protocols.at_commands import ModemSettings
from protocols.conversation import Pause
from simulators.gsm.call_log import Ending
from simulators.gsm.endings import Answers
from simulators.gsm.mishaps import Mishap, Mix
from simulators.gsm.modem import SimulatedModem, Stuck
from simulators.gsm.network import Network
from simulators.gsm.pool import Front, running_pool
from simulators.lines import Caller
from storage.calls import Calls
from storage.modems import Modems
from storage.pool import Database
from storage.signals import Signals

QUESTION = bytes.fromhex("10 5B FE 59 16")
ANSWERS = {
    "+77015550001": Answers.YES,
    "+77015550002": Answers.BUSY,
    "+77015550003": Answers.YES,
    "+77015550004": Answers.SWITCHED_OFF,
    "+77015550005": Answers.BARRED,
    "+77015550006": Answers.YES,
}
ANSWERING = next(iter(ANSWERS))
TRUTH = {
    Answers.YES: (CallResult.CONNECTED, Ending.HUNG_UP),
    Answers.BUSY: (CallResult.BUSY, Ending.BUSY),
    Answers.SWITCHED_OFF: (CallResult.NO_CARRIER, Ending.NO_CARRIER),
    Answers.BARRED: (CallResult.CALL_BARRED, Ending.NO_CARRIER),
}
"""What a subscriber does; our word for it, and the network's."""


class Meter:
    """Answers each question with its number."""

    def __init__(self, number: str) -> None:
        self._answer = number.encode()
        self._caller: Caller | None = None

    def connect(self, caller: Caller) -> Meter:
        self._caller = caller
        return self

    async def hear(self, data: bytes) -> None:
        assert self._caller is not None
        self._caller.say(self._answer)

    async def close(self) -> None:
        self._caller = None


SHORTENED = (
    (dialogue, "SETTLING", Pause(0.005)),
    (dialogue, "PROBE", 0.2),
    (dialogue, "RESTART_WAIT", Pause(0.3)),
    (calls, "ESCAPE_TIMEOUT", 1.5),
    (calls, "RELEASE", Pause(0.01)),
)
"""Pauses that real modems and networks need and these do not; the guard time is the modem's own."""


@pytest.fixture(autouse=True)
def brisk() -> Iterator[None]:
    with ExitStack() as patches:
        for module, name, value in SHORTENED:
            patches.enter_context(patch.object(module, name, value))
        yield


def made(mix: Mix | None = None) -> Network:
    """A network with all of them."""
    network = Network(Random(4), mix=mix)
    for number, answers in ANSWERS.items():
        network.subscribe(number, Meter(number), answers=answers)
    return network


def dialler(database: Database, collector: str) -> Dialler:
    book = PoolBook(Modems(database), Calls(database), Signals(database))
    times = DiallingTimes(release=0.05)
    return Dialler(
        CallTerms(book, collector, lambda: datetime.now(UTC), uuid4, _port, times, ModemSettings())
    )


async def _port(url: str) -> Link:
    return await open_link(LineUrl.parse(url))


async def enter(database: Database, modems: Sequence[SimulatedModem]) -> None:
    await Modems(database).add_pool("main")
    for modem in modems:
        await Modems(database).add_own("main", modem.url)


async def ask(caller: Dialler, number: str) -> bytes:
    """What the meter at this number says, or the word for why it was not reached."""
    link = caller.link(LineUrl.parse(f"csd:{number}?pool=main"))
    try:
        await link.open()
    except CallFailed as error:
        return error.result.value.encode()
    try:
        await link.send(QUESTION)
        heard = b""
        while len(heard) < len(number):
            heard += await link.receive(5.0)
        return heard
    finally:
        await link.close()


async def calls_of(database: Database) -> list[Call]:
    return [stored.call for stored in await Calls(database).list()]


@pytest.mark.parametrize("front", ["pty", "tcp"])
async def test_two_modems_serve_six_numbers(database: Database, front: Front) -> None:
    network = made()
    async with running_pool(network, 2, front=front) as modems:
        await enter(database, modems)
        callers = [dialler(database, "north"), dialler(database, "south")]
        free = asyncio.Semaphore(len(modems))

        async def in_turn(index: int, number: str) -> bytes:
            async with free:
                return await ask(callers[index % 2], number)

        heard = await asyncio.gather(*(in_turn(*each) for each in enumerate(ANSWERS)))
    expected = [
        number.encode() if answers is Answers.YES else TRUTH[answers][0].value.encode()
        for number, answers in ANSWERS.items()
    ]
    assert heard == expected
    assert {call.number: call.ending for call in network.log} == {
        number: TRUTH[answers][1] for number, answers in ANSWERS.items()
    }
    assert [network.most_calls_at_once(modem=modem.imei) for modem in modems] == [1, 1]
    written = await calls_of(database)
    assert {call.number: call.result for call in written} == {
        number: TRUTH[answers][0] for number, answers in ANSWERS.items()
    }


async def test_a_call_that_breaks_is_told_and_written_down(database: Database) -> None:
    network = made({Mishap.CUT: 1.0})
    async with running_pool(network, 1) as modems:
        await enter(database, modems)
        link = dialler(database, "north").link(LineUrl.parse(f"csd:{ANSWERING}?pool=main"))
        await link.open()
        with pytest.raises(LineLost, match="NO CARRIER"):
            while True:
                await link.send(QUESTION)
                await link.receive(1.0)
        await link.close()
    assert [call.ending for call in network.log] == [Ending.CUT]
    [written] = await calls_of(database)
    assert (written.result, written.hung_up_by) == (CallResult.CONNECTED, HungUpBy.REMOTE)


@pytest.mark.parametrize("stuck", Stuck)
async def test_a_stuck_modem_is_brought_back(database: Database, stuck: Stuck) -> None:
    network = made()
    async with running_pool(network, 1) as modems:
        await enter(database, modems)
        modems[0].stick(stuck)
        assert await ask(dialler(database, "north"), ANSWERING) == ANSWERING.encode()
    assert [call.result for call in await calls_of(database)] == [CallResult.CONNECTED]


async def test_a_dead_collectors_call_is_ended_by_the_next_one(database: Database) -> None:
    """A serial server holds DTR when the connection to it goes: the call stands."""
    network = made()
    async with running_pool(network, 1, front="tcp", holds_dtr=True) as modems:
        await enter(database, modems)
        dead = await dialler(database, "dead").call(ANSWERING, "main")
        await dead.lease.stop()
        await dead.modem.close()
        await Modems(database).release(dead.lease.modem.id, "dead")
        assert [call.ended for call in network.log] == [None]
        other = list(ANSWERS)[2]
        assert await ask(dialler(database, "south"), other) == other.encode()
    assert [call.ending for call in network.log] == [Ending.HUNG_UP, Ending.HUNG_UP]
    assert network.most_calls_at_once(modem=modems[0].imei) == 1

"""The mobile network's own rules: one call a subscriber, shares of mishaps, the book of calls."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from metering.errors import ConfigurationError, LineUnavailable
from simulators.gsm.call import Call
from simulators.gsm.call_log import LoggedCall, most_at_once
from simulators.gsm.codes import ResultCode
from simulators.gsm.endings import Answers, Cause, Failure
from simulators.gsm.mishaps import FIELD, MIXES, OF_CALLS, Mishap, mix
from simulators.gsm.network import QUICK, REAL, Network
from simulators.lines import Caller, Connection
from tests.instant_loop import run_instantly

NUMBER = "+77015550001"


class Listener:
    """A caller who writes down what is said."""

    def __init__(self) -> None:
        self.heard = b""
        self.over = asyncio.Event()

    def say(self, data: bytes) -> None:
        self.heard += data

    def cut(self) -> None:
        self.over.set()


class Nobody:
    """A far end that hears and says nothing."""

    def connect(self, caller: Caller) -> Connection:
        return self

    async def hear(self, data: bytes) -> None:
        return

    async def close(self) -> None:
        return


class Away(Nobody):
    """A far end whose server cannot be reached."""

    async def hear(self, data: bytes) -> None:
        raise LineUnavailable


class Echo(Nobody):
    """A far end that says what it hears."""

    def __init__(self) -> None:
        self.caller: Caller | None = None

    def connect(self, caller: Caller) -> Connection:
        self.caller = caller
        return self

    async def hear(self, data: bytes) -> None:
        assert self.caller is not None
        self.caller.say(data)


async def connected(network: Network, caller: Caller, modem: str = "A") -> Call:
    call = await network.dial(modem, NUMBER, caller)
    assert isinstance(call, Call)
    return call


def test_a_subscriber_has_one_call_and_the_second_caller_hears_busy() -> None:
    async def run() -> None:
        network = Network(Random(1))
        network.subscribe(NUMBER, Nobody())
        call = await connected(network, Listener())
        failure = await network.dial("B", NUMBER, Listener())
        assert isinstance(failure, Failure)
        assert (failure.code, failure.cause) == (ResultCode.BUSY, Cause.USER_BUSY)
        await call.hang_up()
        await (await connected(network, Listener(), "B")).hang_up()
        assert [each.ending for each in network.log] == ["hung_up", "busy", "hung_up"]
        assert network.most_calls_at_once(number=NUMBER) == 2, "one call and one attempt"
        assert network.most_calls_at_once(modem="B") == 1

    run_instantly(run())


def test_two_who_dial_together_do_not_both_get_through() -> None:
    async def run() -> None:
        network = Network(Random(1))
        network.subscribe(NUMBER, Nobody())
        outcomes = await asyncio.gather(*(network.dial(modem, NUMBER, Listener()) for modem in "ABC"))
        calls = [outcome for outcome in outcomes if isinstance(outcome, Call)]
        assert len(calls) == 1
        await calls[0].hang_up()

    run_instantly(run())


def test_an_abandoned_attempt_frees_the_line() -> None:
    async def run() -> None:
        network = Network(Random(1))
        network.subscribe(NUMBER, Nobody())
        attempt = asyncio.create_task(network.dial("A", NUMBER, Listener()))
        await asyncio.sleep(0)
        attempt.cancel()
        await asyncio.gather(attempt, return_exceptions=True)
        await (await connected(network, Listener())).hang_up()
        assert [each.ending for each in network.log] == ["aborted", "hung_up"]

    run_instantly(run())


def test_a_call_to_a_server_that_is_away_is_ended_from_there() -> None:
    async def run() -> None:
        network, listener = Network(Random(1)), Listener()
        network.subscribe(NUMBER, Away())
        call = await connected(network, listener)
        call.send(b"anybody there?")
        await listener.over.wait()
        assert network.log[0].ending == "hung_up_remotely"

    run_instantly(run())


def test_a_subscriber_may_change_its_ways_but_not_its_call() -> None:
    async def run() -> None:
        network = Network(Random(1))
        network.subscribe(NUMBER, Nobody())
        call = await connected(network, Listener())
        network.subscribe(NUMBER, Nobody(), answers="switched_off")
        assert (await network.dial("B", NUMBER, Listener())) != call
        assert network.log[-1].ending == "busy"
        await call.hang_up()
        await network.dial("B", NUMBER, Listener())
        assert network.log[-1].ending == "no_carrier"

    run_instantly(run())


def test_mishaps_befall_their_share_of_the_calls() -> None:
    """Of 2000 calls each share may err by four standard deviations of a binomial distribution."""
    calls = 2000

    async def run() -> Network:
        network = Network(Random(2), mix=MIXES["hostile"])
        network.subscribe(NUMBER, Echo())
        for _ in range(calls):
            listener = Listener()
            outcome = await network.dial("A", NUMBER, listener)
            if isinstance(outcome, Call):
                for _ in range(6):
                    outcome.send(b"request")
                    await asyncio.sleep(1.0)
                await outcome.hang_up()
        return network

    network = run_instantly(run())
    for mishap in OF_CALLS:
        share = MIXES["hostile"][mishap]
        allowed = 4 * (calls * share * (1 - share)) ** 0.5
        assert network.counts[mishap] == pytest.approx(calls * share, abs=allowed), mishap
    assert network.most_calls_at_once(modem="A") == 1


def test_bytes_are_lost_by_their_share() -> None:
    sent = bytes(250) * 40

    async def run() -> tuple[Network, Listener]:
        network, listener = Network(Random(3), mix={Mishap.LOST_BYTE: 0.02}), Listener()
        network.subscribe(NUMBER, Echo())
        call = await connected(network, listener)
        call.send(sent)
        await asyncio.sleep(60.0)
        await call.hang_up()
        return network, listener

    network, listener = run_instantly(run())
    assert len(listener.heard) + network.counts[Mishap.LOST_BYTE] == len(sent)
    assert network.counts[Mishap.LOST_BYTE] == pytest.approx(2 * len(sent) * 0.02, rel=0.25)


def test_a_flood_is_lost_beyond_a_limit() -> None:
    """4096 bursts of 30 bytes may be under way."""

    async def run() -> int:
        network, listener = Network(Random(3)), Listener()
        network.subscribe(NUMBER, Echo())
        call = await connected(network, listener)
        call.send(bytes(1_000_000))
        await asyncio.sleep(3600.0)
        await call.hang_up()
        return len(listener.heard)

    assert run_instantly(run()) == 4096 * 30


@pytest.mark.parametrize(("scale", "within"), [(REAL, (5.0, 15.0)), (QUICK, (0.1, 0.3))])
def test_the_scale_shortens_what_the_network_takes(scale: float, within: tuple[float, float]) -> None:
    """4.3 of the modem reference: 5 to 15 s until CONNECT."""

    async def run() -> float:
        network = Network(Random(4), scale=scale)
        network.subscribe(NUMBER, Nobody())
        await (await connected(network, Listener())).hang_up()
        (entry,) = network.log
        assert entry.connected is not None
        return entry.connected - entry.started

    assert within[0] <= run_instantly(run()) <= within[1]


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0.0, 5.0), (5.0, 9.0)], 1),
        ([(0.0, 5.0), (4.9, 9.0)], 2),
        ([(0.0, None), (100.0, 101.0), (102.0, 103.0)], 2),
    ],
    ids=["none", "one after the other", "overlapping", "one goes on"],
)
def test_calls_at_once_are_counted(spans: list[tuple[float, float | None]], most: int) -> None:
    assert most_at_once(LoggedCall("A", NUMBER, start, ended=end) for start, end in spans) == most


def test_mixes_have_the_names_of_the_lines_mixes() -> None:
    assert mix("none") == {}
    assert mix("hostile") == {mishap: 4 * share for mishap, share in FIELD.items()}
    assert set(FIELD) == set(Mishap), "no mishap is forgotten"
    assert sum(MIXES["hostile"][mishap] for mishap in OF_CALLS) < 1
    with pytest.raises(ConfigurationError, match="none, field, hostile"):
        mix("mild")


def test_every_way_of_not_answering_is_a_failure() -> None:
    async def run() -> dict[Answers, str]:
        network, endings = Network(Random(5)), {}
        for answers in set(Answers) - {Answers.YES}:
            network.subscribe(NUMBER, Nobody(), answers=answers)
            assert isinstance(await network.dial("A", NUMBER, Listener()), Failure)
            endings[answers] = str(network.log[-1].ending)
        return endings

    assert run_instantly(run()) == {
        Answers.BUSY: "busy",
        Answers.NO_ANSWER: "no_answer",
        Answers.BARRED: "no_carrier",
        Answers.OFF: "no_carrier",
        Answers.SWITCHED_OFF: "no_carrier",
    }

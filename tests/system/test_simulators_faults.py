"""Every fault can be seen from the caller's side, is counted under its name, and befalls about its share."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from metering.errors import ConfigurationError
from simulators.faults import FIELD, MIXES, PROTECTED, Fault, FaultyFarEnd, mix
from simulators.fronts import tcp_front
from simulators.lines import Bus, Caller, Connection
from tests.support.talker import talking_tcp

# Modbus RTU-like frames: the first byte says whose they are.
ASK_1, ASK_1_MORE, ASK_2 = b"\x01ask-one", b"\x01ask-more", b"\x02ask-two"
ANSWERS = {ASK_1: b"\x01answer-one", ASK_1_MORE: b"\x01answer-more", ASK_2: b"\x02answer-two"}


class Echoes:
    """A far end that knows its answers by heart."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def hear(self, data: bytes) -> None:
        self._caller.say(ANSWERS[data])

    async def close(self) -> None:
        return


class KnownAnswers:
    def connect(self, caller: Caller) -> Connection:
        return Echoes(caller)


class Notebook:
    """A caller who writes down what is said."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.was_cut = False

    def say(self, data: bytes) -> None:
        self.said.append(data)

    def cut(self) -> None:
        self.was_cut = True

    @property
    def heard(self) -> bytes:
        return b"".join(self.said)


class Line:
    """A spoilt conversation and its notebook; the mix can be changed between requests."""

    def __init__(self, fault: Fault, protocol: str = "modbus-rtu", seed: int = 1) -> None:
        self.far_end = FaultyFarEnd(KnownAnswers(), {fault: 1.0}, Random(seed), protocol)
        self.notebook = Notebook()
        self._connection = self.far_end.connect(self.notebook)

    async def ask(self, request: bytes) -> bytes:
        self.notebook.said.clear()
        await self._connection.hear(request)
        return self.notebook.heard

    @property
    def counts(self) -> Counter[Fault]:
        return self.far_end.counts


async def test_silence_swallows_the_request() -> None:
    line = Line(Fault.SILENCE)
    assert await line.ask(ASK_1) == b""
    assert line.counts == {Fault.SILENCE: 1}


async def test_noise_stands_before_the_reply() -> None:
    line = Line(Fault.NOISE_BEFORE)
    heard = await line.ask(ASK_1)
    assert heard.endswith(ANSWERS[ASK_1])
    assert 1 <= len(heard) - len(ANSWERS[ASK_1]) <= 6
    assert line.counts == {Fault.NOISE_BEFORE: 1}


async def test_one_byte_of_noise_stands_within_the_reply() -> None:
    line = Line(Fault.NOISE_WITHIN)
    heard = await line.ask(ASK_1)
    middle = len(ANSWERS[ASK_1]) // 2
    assert heard[:middle] + heard[middle + 1 :] == ANSWERS[ASK_1]
    assert line.counts == {Fault.NOISE_WITHIN: 1}


@pytest.mark.parametrize("seed", range(10))
async def test_one_bit_is_damaged(seed: int) -> None:
    line = Line(Fault.DAMAGED, seed=seed)
    heard = await line.ask(ASK_1)
    pairs = zip(heard, ANSWERS[ASK_1], strict=True)
    assert sum((one ^ other).bit_count() for one, other in pairs) == 1
    assert line.counts == {Fault.DAMAGED: 1}


async def test_the_reply_is_truncated() -> None:
    line = Line(Fault.TRUNCATED)
    heard = await line.ask(ASK_1)
    assert ANSWERS[ASK_1].startswith(heard)
    assert heard != ANSWERS[ASK_1]
    assert line.counts == {Fault.TRUNCATED: 1}


async def test_the_request_is_echoed_before_the_reply() -> None:
    line = Line(Fault.ECHO)
    assert await line.ask(ASK_1) == ASK_1 + ANSWERS[ASK_1]
    assert line.counts == {Fault.ECHO: 1}


async def test_the_connection_is_cut_within_the_reply() -> None:
    line = Line(Fault.CUT)
    heard = await line.ask(ASK_1)
    assert ANSWERS[ASK_1].startswith(heard)
    assert 0 < len(heard) < len(ANSWERS[ASK_1])
    assert line.notebook.was_cut
    assert line.counts == {Fault.CUT: 1}


class TestLate:
    async def test_a_repeated_request_gets_the_late_reply_once(self) -> None:
        line = Line(Fault.LATE)
        assert await line.ask(ASK_1) == b""
        assert await line.ask(ASK_1) == ANSWERS[ASK_1]
        assert line.counts == {Fault.LATE: 1}

    async def test_a_question_to_another_meter_hears_it_first(self) -> None:
        line = Line(Fault.LATE)
        await line.ask(ASK_1)
        assert await line.ask(ASK_2) == ANSWERS[ASK_1]
        assert line.counts == {Fault.LATE: 2}

    async def test_another_question_to_the_same_meter_does_not(self) -> None:
        """Nobody could tell the two replies apart."""
        line = Line(Fault.LATE)
        await line.ask(ASK_1)
        assert await line.ask(ASK_1_MORE) == b""


class TestForeign:
    async def test_a_reply_overheard_of_another_meter_comes_first(self) -> None:
        line = Line(Fault.FOREIGN)
        assert await line.ask(ASK_1) == ANSWERS[ASK_1]  # nothing overheard yet
        assert await line.ask(ASK_2) == ANSWERS[ASK_1] + ANSWERS[ASK_2]
        assert line.counts == {Fault.FOREIGN: 1}

    async def test_a_reply_of_the_same_meter_is_never_taken(self) -> None:
        line = Line(Fault.FOREIGN)
        await line.ask(ASK_1)
        assert await line.ask(ASK_1_MORE) == ANSWERS[ASK_1_MORE]
        assert not line.counts


def test_each_fault_befalls_its_share_of_the_requests() -> None:
    far_end = FaultyFarEnd(KnownAnswers(), FIELD, Random(4), "m-bus")
    drawn = Counter(far_end.draw() for _ in range(100_000))
    for fault, share in FIELD.items():
        assert abs(drawn[fault] / 100_000 - share) < 0.003, fault


def test_the_same_seed_draws_the_same_faults() -> None:
    one, other = (FaultyFarEnd(KnownAnswers(), FIELD, Random(4), "m-bus") for _ in range(2))
    assert [one.draw() for _ in range(500)] == [other.draw() for _ in range(500)]


def test_the_field_mix_spoils_five_to_ten_requests_of_a_hundred() -> None:
    assert 0.05 <= sum(FIELD.values()) <= 0.10
    assert set(FIELD) == set(Fault)
    assert sum(mix("hostile").values()) < 0.5
    assert not mix("none")


def test_modbus_tcp_suffers_only_what_tcp_lets_through() -> None:
    far_end = FaultyFarEnd(KnownAnswers(), mix("hostile"), Random(4), "modbus-tcp")
    drawn = {far_end.draw() for _ in range(5000)}
    assert drawn == PROTECTED | {None}


def test_an_unknown_mix_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=", ".join(MIXES)):
        mix("stormy")


async def test_a_cut_reaches_a_caller_over_tcp() -> None:
    class Meter:
        def hear(self, frame: bytes) -> bytes:
            return ANSWERS[frame]

    bus = Bus([Meter()], lambda buffer: (buffer, len(buffer)) if buffer in ANSWERS else None, Random(1))
    far_end = FaultyFarEnd(bus, {Fault.CUT: 1.0}, Random(1), "modbus-rtu")
    async with tcp_front(far_end) as port, talking_tcp(port) as talker:
        assert await talker.ask(ASK_1) == ANSWERS[ASK_1][: len(ANSWERS[ASK_1]) // 2]
        assert await talker.ask(b"") == b""
    assert far_end.counts == {Fault.CUT: 1}

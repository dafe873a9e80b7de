"""Whatever comes late, twice or as noise: no question gets the answer to another one (lesson 7).

The peer's answers carry the question's number. An answer comes within two time-outs of its question or never,
or on a line that keeps the order up to so many as its settings say; a meter that answers twice does so within
the line's quiet time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.line_settings import LineSettings
from collector.links.fake import Arrival, FakeLink
from collector.session import Session
from metering.errors import ExchangeError
from protocols.conversation import Conversation, Exchange
from tests.instant_loop import run_instantly

LINE = LineSettings(timeout=1.0, gap=0.1, attempts=3, quiet=0.05)
TWICE_AFTER = 0.04
LATEST = 2 * LINE.timeout - TWICE_AFTER - 0.01
EVER = (LINE.latest + 0.99) * LINE.timeout
QUESTIONS = 4


@dataclass(frozen=True)
class Behaviour:
    """How the peer treats one sending of a question. `after` None: it never answers."""

    after: float | None
    twice: bool
    echoes: bool
    noise: bytes
    noise_after: float


behaviours = st.builds(
    Behaviour,
    after=st.none() | st.floats(0, 0.5) | st.floats(0, LATEST),
    twice=st.booleans(),
    echoes=st.booleans(),
    noise=st.just(b"") | st.binary(max_size=3).map(lambda data: data.translate(None, b"Q?R;")),
    noise_after=st.floats(0, LATEST),
)


def arrivals(request: bytes, behaviour: Behaviour) -> Iterable[Arrival]:
    if behaviour.echoes:
        yield Arrival(request)
    if behaviour.noise:
        yield Arrival(behaviour.noise, behaviour.noise_after)
    if behaviour.after is not None:
        reply = request.replace(b"Q", b"R").replace(b"?", b";")
        yield Arrival(reply, behaviour.after)
        if behaviour.twice:
            yield Arrival(reply, behaviour.after + TWICE_AFTER)


def any_reply(buffer: bytes) -> int | None:
    """Blind to the number, as many protocols are: only the session can keep the answers apart."""
    found = re.search(rb"R\d;", buffer)
    return found.end() if found else None


def ask_all(only_once: Collection[int] = ()) -> Conversation[list[bytes | None]]:
    """Some questions are put only once."""
    replies: list[bytes | None] = []
    for number in range(QUESTIONS):
        try:
            attempts = 1 if number in only_once else None
            replies.append((yield Exchange(b"Q%d?" % number, any_reply, attempts=attempts)))
        except ExchangeError:
            replies.append(None)
    return replies


def answers(script: list[Behaviour]) -> tuple[list[bytes | None], FakeLink]:
    left = iter(script)
    silent = Behaviour(None, False, False, b"", 0)
    link = FakeLink(lambda request: arrivals(request, next(left, silent)))
    return asked(link, ask_all()), link


def asked(link: FakeLink, conversation: Conversation[list[bytes | None]]) -> list[bytes | None]:
    async def run() -> list[bytes | None]:
        await link.open()
        session = Session(link, settings=LINE, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
        replies = await session.run(conversation, lambda records, frame: None)
        await link.close()
        return replies

    return run_instantly(run())


class OrderlyLine:
    """Holds each answer back for so many seconds, and the next ones until it has come; None: it is lost."""

    def __init__(self, delays: list[float | None]) -> None:
        self._delays = iter(delays)
        self._last_at = 0.0

    def __call__(self, request: bytes) -> Iterable[Arrival]:
        delay, now = next(self._delays, 0.0), asyncio.get_running_loop().time()
        if delay is None:
            return
        at = max(now + delay, self._last_at + 0.001)
        if at - now < EVER:
            self._last_at = at
            yield Arrival(request.replace(b"Q", b"R").replace(b"?", b";"), at - now)


@settings(max_examples=400, deadline=None)
@given(st.lists(behaviours, max_size=QUESTIONS * LINE.attempts))
def test_no_question_gets_the_answer_to_another(script: list[Behaviour]) -> None:
    replies, _ = answers(script)
    for number, reply in enumerate(replies):
        assert reply is None or reply.endswith(b"R%d;" % number)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.none() | st.floats(0, 0.5) | st.floats(0, EVER), max_size=2 * QUESTIONS * LINE.attempts),
    st.sets(st.integers(0, QUESTIONS - 1)),
)
def test_nor_where_an_answer_comes_ever_so_late_and_none_overtakes_another(
    delays: list[float | None], only_once: set[int]
) -> None:
    replies = asked(FakeLink(OrderlyLine(delays)), ask_all(only_once))
    for number, reply in enumerate(replies):
        assert reply is None or reply.endswith(b"R%d;" % number)


def test_a_question_is_asked_once_more_where_its_answer_may_be_anothers() -> None:
    """The first sending of the first question is lost, which nobody can know."""
    link = FakeLink(OrderlyLine([None]))
    assert asked(link, ask_all()) == [b"R%d;" % number for number in range(QUESTIONS)]
    assert [link.sent.count(b"Q%d?" % number) for number in range(QUESTIONS)] == [2, 2, 1, 1]


@settings(max_examples=100, deadline=None)
@given(st.lists(behaviours, max_size=QUESTIONS * LINE.attempts))
def test_a_prompt_answer_is_never_missed(script: list[Behaviour]) -> None:
    """A question whose every sending is answered in time gets its answer at the first one."""
    prompt = [Behaviour(0.3, one.twice, one.echoes, one.noise, one.noise_after) for one in script]
    prompt += [Behaviour(0.3, False, False, b"", 0)] * (QUESTIONS - len(prompt))
    replies, link = answers(prompt)
    assert None not in replies
    assert len(link.sent) == QUESTIONS

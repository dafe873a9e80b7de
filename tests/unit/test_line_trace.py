"""A trace is a vector file in all but its expectation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.links.fake import Arrival, FakeLink
from collector.links.trace import TraceLink
from collector.session import LineSettings, Session
from metering.errors import NoResponse
from protocols.conversation import Conversation, Exchange
from protocols.vectors import Call, VectorExchange, load
from tests.instant_loop import run_instantly

RESET = bytes.fromhex("10 40 4A 8A 16")
STARTS = (datetime.fromisoformat("2015-04-09T11:00:00"),)


def ask(request: bytes) -> Conversation[bytes]:
    return (yield Exchange(request, lambda buffer: buffer.find(b"\xe5") + 1 or None, attempts=1))


def traced() -> str:
    async def run() -> str:
        answers = iter([[Arrival(b"\x00"), Arrival(b"\xe5", 0.1)], []])
        link = TraceLink(FakeLink(lambda data: next(answers)))
        await link.open()
        session = Session(link, settings=LineSettings(), now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
        link.begin("identify")
        await session.run(ask(RESET), lambda records, frame: None)
        link.begin("read_archive", kind="hour", starts=STARTS)
        with pytest.raises(NoResponse):
            await session.run(ask(RESET), lambda records, frame: None)
        await link.close()
        return link.vector_text(model="a-model", source='read by "A. B."\nat Алматы', address="74")

    return run_instantly(run())


def test_a_trace_reads_as_a_vector_once_its_expectations_are_written() -> None:
    vector = load(traced().replace("# [conversation.expect]", "[conversation.expect]"), "trace")
    assert (vector.model, vector.source, vector.address) == ("a-model", 'read by "A. B."\nat Алматы', "74")
    identify, archive = vector.conversations
    assert identify.call is Call.IDENTIFY
    assert identify.exchanges == (VectorExchange(RESET, b"\x00\xe5"),)
    assert archive.starts == STARTS
    assert archive.exchanges == (VectorExchange(RESET, None),)


def test_a_trace_says_that_its_expectations_are_missing() -> None:
    assert "never from our own output" in traced()

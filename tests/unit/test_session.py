"""Session rules on time, repeats, echo and late answers (lessons 7, 11, 12, 21, 22), in jumping time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from collector.line_settings import LineSettings
from collector.links.fake import Arrival, FakeLink
from collector.session import Session
from metering.calendar import ArchiveKind, slot_at
from metering.errors import (
    ConfigurationError,
    FrameError,
    LineBusy,
    LineLost,
    NoResponse,
    NotSupported,
    TeploError,
)
from metering.polls import LARGEST_FRAME, Direction, Finding
from metering.readings import Gap, GapReason
from protocols.conversation import Conversation, Deliver, Exchange, Pause, Retune
from tests.instant_loop import run_instantly

SETTINGS = LineSettings(timeout=1.0, gap=0.1, attempts=3, quiet=0.05)
AT = datetime(2026, 1, 2, tzinfo=UTC)
GAP = Gap(ArchiveKind.HOUR, slot_at(ArchiveKind.HOUR, AT.replace(tzinfo=None)), GapReason.NO_RECORD)


def until_semicolon(buffer: bytes) -> int | None:
    """Replies of these tests are `R<number>;`, as a driver finds them behind noise."""
    start = buffer.find(b"R")
    end = buffer.find(b";", start)
    return end + 1 if 0 <= start < end else None


def question(request: bytes, **how: float) -> Exchange:
    return Exchange(request, until_semicolon, **how)


def ask(*requests: bytes) -> Conversation[list[bytes]]:
    replies = []
    for request in requests:
        replies.append((yield question(request)))
    return replies


class Script:
    """A peer that answers the first request with the first row, and so on; afterwards it is silent."""

    def __init__(self, *rows: Iterable[Arrival]) -> None:
        self.rows = list(rows)
        self.asked_at: list[float] = []

    def __call__(self, data: bytes) -> Iterable[Arrival]:
        self.asked_at.append(asyncio.get_running_loop().time())
        return self.rows.pop(0) if self.rows else ()


def talk(
    peer: Callable[[bytes], Iterable[Arrival]],
    *conversations: Conversation,
    settings: LineSettings = SETTINGS,
) -> tuple[list, Session, FakeLink]:
    """Runs the conversations in one session; an error that ends one stands in place of its result."""
    link = FakeLink(peer)
    session = Session(link, settings=settings, now=lambda: AT)

    async def run() -> list:
        await link.open()
        results = []
        for conversation in conversations:
            try:
                results.append(await session.run(conversation, lambda records, frame: None))
            except TeploError as error:
                results.append(error)
        await link.close()
        return results

    return run_instantly(run()), session, link


def received(session: Session) -> list[bytes]:
    return [frame.data for frame in session.frames if frame.direction is Direction.RECEIVED]


def test_a_reply_in_pieces_is_put_together() -> None:
    peer = Script([Arrival(b"R", 0.9), Arrival(b"1", 0.99), Arrival(b";", 1.05)])
    results, session, link = talk(peer, ask(b"q1"))
    assert results == [[b"R1;"]]
    assert link.sent == [b"q1"]
    assert [(f.number, f.at, f.direction, f.data) for f in session.frames] == [
        (1, AT, Direction.SENT, b"q1"),
        (2, AT, Direction.RECEIVED, b"R1;"),
    ]
    assert session.findings == set()


def test_silence_is_repeated_then_told() -> None:
    results, session, link = talk(Script(), ask(b"\x10\x5b"))
    assert link.sent == [b"\x10\x5b"] * 3
    [error] = results
    assert type(error) is NoResponse
    assert "10 5B" in str(error) and "3 attempts of 1 s" in str(error) and "Check" in str(error)
    assert received(session) == []


def test_an_exchange_may_set_its_own_patience() -> None:
    def once() -> Conversation[bytes]:
        return (yield question(b"q", timeout=20.0, attempts=1))

    results, _, link = talk(Script([Arrival(b"R;", 19.0)]), once())
    assert (results, link.sent) == ([b"R;"], [b"q"])


def test_quiet_is_kept_before_every_question() -> None:
    peer = Script([Arrival(b"R1;", 0.2)], [Arrival(b"R2;", 0.2)])
    talk(peer, ask(b"q1", b"q2"))
    assert peer.asked_at == pytest.approx([0.05, 0.30])


def test_echo_is_left_away_and_named() -> None:
    peer = Script([Arrival(b"Rq", 0.0), Arrival(b"1;", 0.05), Arrival(b"R1;", 0.9)])
    results, session, _ = talk(peer, ask(b"Rq1;"))
    assert results == [[b"R1;"]]
    assert session.findings == {Finding.ECHO}
    assert received(session) == [b"Rq1;R1;"]


def test_only_echo_is_a_silent_meter() -> None:
    """Lesson 12: an echoing converter must not look like a collision at all 250 addresses."""
    [error], session, _ = talk(lambda data: [Arrival(data)], ask(b"Rq1;"))
    assert type(error) is NoResponse
    assert "echo" in str(error)
    assert session.findings == {Finding.ECHO}


def test_noise_before_the_reply_is_named() -> None:
    results, session, _ = talk(Script([Arrival(b"\x00\xff"), Arrival(b"R1;", 0.5)]), ask(b"q1"))
    assert results == [[b"\x00\xffR1;"]]
    assert session.findings == {Finding.NOISE}


def test_a_foreign_frame_before_the_reply_is_named() -> None:
    m_bus = bytes.fromhex("68 03 03 68 08 05 72 7F 16")
    results, session, _ = talk(Script([Arrival(m_bus + b"R1;")]), ask(b"q1"))
    assert results == [[m_bus + b"R1;"]]
    assert session.findings == {Finding.FOREIGN_ANSWER}


def test_noise_alone_is_a_frame_error() -> None:
    [error], session, link = talk(lambda data: [Arrival(b"\x9a\x31\x07")], ask(b"q1"))
    assert type(error) is FrameError
    assert "9A 31 07" in str(error) and "noise" in str(error) and "baud rate" in str(error)
    assert len(link.sent) == 3
    assert session.findings == {Finding.NOISE}


def test_the_late_answer_to_a_repeated_question_is_swallowed() -> None:
    """The first attempt is answered while the second one waits; the second answer may not meet q2."""
    peer = Script([Arrival(b"R1;", 1.3)], [Arrival(b"R1;", 1.3)], [Arrival(b"R2;", 0.1)])
    results, session, link = talk(peer, ask(b"q1", b"q2"))
    assert results == [[b"R1;", b"R2;"]]
    assert link.sent == [b"q1", b"q1", b"q2"]
    assert session.findings == {Finding.LATE_ANSWER}
    assert received(session) == [b"R1;", b"R1;", b"R2;"]


def test_settling_ends_when_every_attempt_has_paid() -> None:
    peer = Script([Arrival(b"R1;", 1.3)], [Arrival(b"R1;", 1.3)], [Arrival(b"R2;")])
    talk(peer, ask(b"q1", b"q2"))
    second = 0.05 + 1.0 + 0.05
    assert peer.asked_at == pytest.approx([0.05, second, second + 1.3 + SETTINGS.gap + SETTINGS.quiet])


def test_a_debt_is_barred_after_two_timeouts() -> None:
    peer = Script([], [Arrival(b"R1;", 0.1)], [Arrival(b"R2;")])
    talk(peer, ask(b"q1", b"q2"))
    assert peer.asked_at[2] == pytest.approx(peer.asked_at[1] + 2 * SETTINGS.timeout + SETTINGS.quiet)


def test_a_meter_given_up_does_not_answer_the_next_question() -> None:
    def two_meters() -> Conversation[bytes]:
        with contextlib.suppress(NoResponse):
            yield question(b"q1", attempts=1)
        return (yield question(b"q2"))

    peer = Script([Arrival(b"R1;", 1.9)], [Arrival(b"R2;", 0.1)])
    results, session, _ = talk(peer, two_meters())
    assert results == [b"R2;"]
    assert session.findings == {Finding.LATE_ANSWER}


def test_bytes_before_a_question_answer_nothing() -> None:
    peer = Script([Arrival(b"R1;"), Arrival(b"R1;", 0.01)], [Arrival(b"R2;", 0.1)])
    results, session, _ = talk(peer, ask(b"q1", b"q2"))
    assert results == [[b"R1;", b"R2;"]]
    assert session.findings == {Finding.LATE_ANSWER}


@pytest.mark.parametrize("after", [0.0, 0.02], ids=["with the reply", "in the quiet after it"])
def test_a_second_different_answer_is_another_meters(after: float) -> None:
    peer = Script([Arrival(b"R1;"), Arrival(b"R2;", after)], [Arrival(b"R3;")])
    (replies,), session, _ = talk(peer, ask(b"a", b"b"))
    assert replies == [b"R1;", b"R3;"]
    assert Finding.SECOND_ANSWER in session.findings


def test_the_same_answer_twice_is_one_meters() -> None:
    peer = Script([Arrival(b"R1;"), Arrival(b"R1;", 0.02)], [Arrival(b"R3;")])
    _, session, _ = talk(peer, ask(b"a", b"b"))
    assert Finding.SECOND_ANSWER not in session.findings


def test_two_answers_to_a_repeated_question_are_one_meters() -> None:
    peer = Script([Arrival(b"R1;", 1.01)], [Arrival(b"R2;", 0.02)], [Arrival(b"R3;")])
    _, session, _ = talk(peer, ask(b"a", b"b"))
    assert Finding.SECOND_ANSWER not in session.findings


def test_a_cut_ends_in_line_lost_and_nothing_more_is_tried() -> None:
    def stubborn() -> Conversation[None]:
        try:
            yield question(b"q1")
        except LineLost:
            yield Deliver((GAP,))
            yield question(b"q2")

    [error], _, link = talk(Script([Arrival(b"R", 0.1), Arrival(None, 0.2)]), stubborn())
    assert type(error) is LineLost
    assert link.sent == [b"q1"]


def test_what_was_heard_before_a_cut_is_kept() -> None:
    _, session, _ = talk(Script([Arrival(b"R", 0.1), Arrival(None, 0.2)]), ask(b"q1"))
    assert received(session) == [b"R"]


def test_after_a_cut_the_next_conversation_fails_at_once() -> None:
    results, _, link = talk(Script([Arrival(None, 0.2)]), ask(b"q1"), ask(b"q2"))
    assert [type(result) for result in results] == [LineLost, LineLost]
    assert link.sent == [b"q1"]


def test_a_cut_while_settling_keeps_the_answer() -> None:
    peer = Script([], [Arrival(b"R1;", 0.1), Arrival(None, 0.3)])
    results, _, _ = talk(peer, ask(b"q1"))
    assert results == [[b"R1;"]]


def test_delivered_records_come_at_once_with_their_frame() -> None:
    def archive() -> Conversation[None]:
        yield question(b"q1")
        yield Deliver((GAP,))
        yield question(b"q2", attempts=1)

    delivered = []
    link = FakeLink(Script([Arrival(b"R1;")]))
    session = Session(link, settings=SETTINGS, now=lambda: AT)

    async def run() -> None:
        await link.open()
        with pytest.raises(NoResponse):
            await session.run(archive(), lambda records, frame: delivered.append((records, frame)))

    run_instantly(run())
    assert delivered == [((GAP,), 2)]


def test_a_pause_is_kept_and_listened_to() -> None:
    def pausing() -> Conversation[bytes]:
        yield question(b"q1")
        yield Pause(10.0)
        return (yield question(b"q2"))

    peer = Script([Arrival(b"R1;"), Arrival(b"R1;", 5.0)], [Arrival(b"R2;")])
    results, session, _ = talk(peer, pausing())
    assert results == [b"R2;"]
    assert peer.asked_at[1] - peer.asked_at[0] == pytest.approx(10.05)
    assert session.findings == {Finding.LATE_ANSWER}


def test_a_retune_reaches_the_line() -> None:
    def retuning() -> Conversation[None]:
        yield Retune(9600, "N")

    _, _, link = talk(Script(), retuning())
    assert link.settings == [(9600, "N")]


def test_a_driver_may_go_on_where_the_line_cannot_be_retuned() -> None:
    def retuning() -> Conversation[str]:
        try:
            yield Retune(9600, "N")
        except NotSupported:
            return "goes on"
        return "retuned"

    class Fixed(FakeLink):
        async def retune(self, baud: int, parity: str) -> None:
            raise NotSupported

    async def run() -> str:
        link = Fixed(Script())
        await link.open()
        return await Session(link, settings=SETTINGS, now=lambda: AT).run(retuning(), lambda r, n: None)

    assert run_instantly(run()) == "goes on"


@pytest.mark.parametrize("end", [0, -1, 99])
def test_a_driver_that_miscounts_is_told_so(end: int) -> None:
    def wrong() -> Conversation[bytes]:
        return (yield Exchange(b"q", lambda buffer: end))

    [error], _, _ = talk(Script([Arrival(b"R;")]), wrong())
    assert type(error) is ConfigurationError
    assert "driver" in str(error)


def test_endless_bytes_end_the_exchange() -> None:
    [error], _, link = talk(
        lambda data: [Arrival(b"\x55" * 100, i * 0.05) for i in range(1000)],
        ask(b"q"),
        settings=LineSettings(timeout=1.0, gap=0.1, largest=5000),
    )
    assert type(error) is FrameError
    assert "without end" in str(error)
    assert len(link.sent) == 1


def test_what_comes_without_end_is_kept_in_frames_of_a_bounded_size() -> None:
    heard = b"x" * (2 * LARGEST_FRAME + 1)
    peer = Script([Arrival(heard)])
    _, session, _ = talk(peer, ask(b"a"))
    received = [frame for frame in session.frames if frame.direction is Direction.RECEIVED]
    assert max(len(frame.data) for frame in received) <= LARGEST_FRAME
    assert b"".join(frame.data for frame in received) == heard
    assert [frame.number for frame in session.frames] == list(range(1, len(session.frames) + 1))


def test_a_drip_of_bytes_ends_the_exchange_in_time() -> None:
    peer = Script([Arrival(b"\x55", i * 0.05) for i in range(10_000)])
    [error], _, _ = talk(peer, ask(b"q"), settings=LineSettings(timeout=1.0, gap=0.1, longest=20.0))
    assert type(error) is FrameError


def test_a_conversation_in_circles_ends() -> None:
    def circles() -> Conversation[None]:
        while True:
            yield Deliver(())

    [error], _, _ = talk(Script(), circles())
    assert type(error) is FrameError


def test_two_talkers_on_one_session_are_refused() -> None:
    async def run() -> tuple[list, list[bytes]]:
        link = FakeLink(Script([Arrival(b"R1;", 0.5)]))
        await link.open()
        session = Session(link, settings=SETTINGS, now=lambda: AT)
        talks = [session.run(ask(request), lambda r, n: None) for request in (b"q1", b"q2")]
        return await asyncio.gather(*talks, return_exceptions=True), link.sent

    (first, second), sent = run_instantly(run())
    assert first == [b"R1;"]
    assert type(second) is LineBusy
    assert sent == [b"q1"]


def test_two_sessions_on_one_link_are_refused() -> None:
    async def run() -> tuple[list, list[bytes]]:
        link = FakeLink(Script([Arrival(b"R1;", 0.5)]))
        await link.open()
        talks = [
            Session(link, settings=SETTINGS, now=lambda: AT).run(ask(request), lambda r, n: None)
            for request in (b"q1", b"q2")
        ]
        return await asyncio.gather(*talks, return_exceptions=True), link.sent

    (first, second), sent = run_instantly(run())
    assert first == [b"R1;"]
    assert type(second) is LineBusy
    assert sent == [b"q1"]


def test_cancellation_passes_and_closes_the_line() -> None:
    closed = []

    def asking() -> Conversation[None]:
        try:
            yield question(b"q1")
        finally:
            closed.append("driver")

    async def run() -> None:
        link = FakeLink(Script())
        await link.open()
        session = Session(link, settings=SETTINGS, now=lambda: AT)
        task = asyncio.create_task(session.run(asking(), lambda r, n: None))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(LineLost):
            await link.receive(0.0)

    run_instantly(run())
    assert closed == ["driver"]


def test_what_a_driver_raises_leaves_unchanged() -> None:
    def understood_nothing() -> Conversation[None]:
        yield question(b"q1")
        raise FrameError("as it came")

    [error], _, _ = talk(Script([Arrival(b"R1;")]), understood_nothing())
    assert str(error) == "as it came"

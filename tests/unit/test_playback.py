"""Playing a conversation against a transcript: what is asked must be what stands there, all of it."""

from __future__ import annotations

import pytest

from metering.errors import FrameError, NoResponse, ProfileError
from protocols.conversation import Conversation, Deliver, Exchange, Pause
from protocols.playback import play
from protocols.vectors import VectorExchange

ASK, ANSWER = b"\x01", b"\xaa\xbb\xcc"


def whole(buffer: bytes) -> int | None:
    return 3 if buffer.startswith(ANSWER) else None


def question() -> Conversation[bytes]:
    yield Pause(1.0)
    reply = yield Exchange(ASK, whole)
    yield Deliver(())
    return reply


@pytest.mark.parametrize("cut", [None, 0, 1, 2, 3, 4])
def test_a_reply_is_handed_over_up_to_its_end_wherever_it_is_cut(cut: int | None) -> None:
    assert play(question(), [VectorExchange(ASK, ANSWER + b"\x00")], cut).result == ANSWER


@pytest.mark.parametrize(
    ("exchanges", "says"),
    [
        ([], "The transcript ends, but the driver asks 01"),
        ([VectorExchange(b"\x02", ANSWER)], "asks 01; the transcript has 02"),
        ([VectorExchange(ASK, ANSWER), VectorExchange(b"\x02", None)], "never asked 02"),
    ],
)
def test_a_driver_that_departs_from_the_transcript_is_told_where(
    exchanges: list[VectorExchange], says: str
) -> None:
    with pytest.raises(ProfileError, match=says):
        play(question(), exchanges)


def test_silence_in_the_transcript_is_thrown_into_the_conversation() -> None:
    with pytest.raises(NoResponse):
        play(question(), [VectorExchange(ASK, None)])


def test_bytes_that_are_no_reply_are_a_bad_frame() -> None:
    with pytest.raises(FrameError):
        play(question(), [VectorExchange(ASK, b"\x00\x00\x00")])

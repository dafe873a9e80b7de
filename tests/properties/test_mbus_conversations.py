"""Whatever a meter answers, a conversation ends, and only with our own errors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from metering.errors import TeploError
from metering.meters import MeterConfiguration
from protocols import catalogue
from protocols.conversation import Conversation
from protocols.mbus.search import scan_primary, search_secondary
from protocols.vectors import load
from tests.mbus_bus import ACK, Bus, bus_of, frame
from tests.support.back_to_back import Bench

VECTORS = Path(__file__).parent.parent / "vectors" / "m-bus"
MOST_QUESTIONS = 1000


def telegrams() -> list[bytes]:
    """C, A and payload of every real telegram of the vector files."""
    vectors = (load(file.read_text(encoding="utf-8"), file.name) for file in sorted(VECTORS.glob("*.toml")))
    exchanges = (each for vector in vectors for talk in vector.conversations for each in talk.exchanges)
    return sorted({each.receive[4:-2] for each in exchanges if each.receive and len(each.receive) > 1})


TELEGRAMS = telegrams()
MODELS = [info.model for info in catalogue.models() if info.protocol == "m-bus"]

ADDRESSES = ["254", "12345678", "63940045:SEN"]
SEARCHES = [scan_primary, search_secondary]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A telegram with some bytes changed, cut or repeated, in a frame that is right again."""
    body = bytearray(draw(st.sampled_from(TELEGRAMS)))
    for place, value in draw(st.lists(st.tuples(st.integers(0, 254), st.integers(0, 255)), max_size=8)):
        body[place % len(body)] = value
    body[0] = 0x08
    end = draw(st.integers(3, len(body)))
    return frame(bytes(body[:end]) + draw(st.binary(max_size=5 if end < 250 else 0)))


def answering(replies: list[bytes]) -> Bench[Bus]:
    """A meter that acknowledges commands and answers requests by these frames in turn, without end."""
    turn = iter(range(MOST_QUESTIONS))

    def answer(asked: bytes, reply: bytes) -> bytes:
        number = next(turn)
        return replies[number % len(replies)] if asked[1] in (0x5B, 0x7B) else ACK

    return bus_of([], answer)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MODELS), st.sampled_from(ADDRESSES), st.lists(mutated(), min_size=1, max_size=3))
def test_a_driver_meets_any_answers_with_its_own_errors(
    model: str, address: str, replies: list[bytes]
) -> None:
    driver = catalogue.driver(model)
    calls: list[Conversation[object]] = [
        driver.identify(address),
        driver.read_clock(address, MeterConfiguration()),
        driver.read_current(address, MeterConfiguration()),
    ]
    for call in calls:
        ends_with_our_errors(call, answering(replies))


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(SEARCHES), st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_a_search_meets_any_answers_with_its_own_errors(
    search: Callable[[], Conversation[object]], replies: list[bytes]
) -> None:
    ends_with_our_errors(search(), answering(replies))


def ends_with_our_errors(conversation: Conversation[object], bus: Bench[Bus]) -> None:
    with suppress(TeploError):
        bus.run(conversation)

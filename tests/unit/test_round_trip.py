"""How long answers take to begin, from the frames of a poll."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from metering.polls import Direction, Frame
from metering.round_trip import round_trip

START = datetime(2026, 1, 1, tzinfo=UTC)


def frames(text: str) -> list[Frame]:
    """`s` was sent and `r` received, each at so many milliseconds."""
    parts = [(part[0], int(part[1:])) for part in text.split()]
    ways = {"s": Direction.SENT, "r": Direction.RECEIVED}
    return [
        Frame(number, START + timedelta(milliseconds=at), ways[way], b"x")
        for number, (way, at) in enumerate(parts, 1)
    ]


@pytest.mark.parametrize(
    ("talk", "milliseconds"),
    [
        ("s0 r100", 100),
        ("s0 r100 s200 r900 s1000 r1200", 200),
        ("s0 r100 r500", 100),
        ("s0 s1000 r1300", 300),
        ("r50 s100 r150 s200", 50),
        ("s0 r100 s200 r500", 100),
    ],
    ids=[
        "one",
        "median of 100, 700, 200",
        "first bytes count",
        "asked again",
        "unasked bytes",
        "lower of two",
    ],
)
def test_the_usual_time_from_a_question_to_its_answer(talk: str, milliseconds: int) -> None:
    assert round_trip(frames(talk)) == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize("talk", ["", "s0 s1000", "r5"])
def test_where_nothing_answered_there_is_none(talk: str) -> None:
    assert round_trip(frames(talk)) is None

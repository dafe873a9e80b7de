"""A short run of the families' fuzzer; the long one is `python -m tests.fuzz.families`."""

from __future__ import annotations

from tests.fuzz.families import protocols, run

CONVERSATIONS = 6000
SLOWEST = 5.0
"""Seconds; a conversation takes milliseconds, and the machine may be busy."""


def test_mutated_replies_and_frames_raise_only_our_errors() -> None:
    report = run(CONVERSATIONS, seed=3)
    assert report.foreign == []
    assert sum(report.outcomes.values()) == CONVERSATIONS
    assert report.slowest < SLOWEST
    assert min(report.outcomes[name] for name in ("read", "DecodeError", "FrameError", "explained")) > 100


def test_every_family_is_fuzzed() -> None:
    names = [one.family.protocol for one in protocols()]
    assert len(names) > 10

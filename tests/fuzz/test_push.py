"""A short run of the fuzzer of pushed messages; the long one is `python -m tests.fuzz.push`."""

from __future__ import annotations

from tests.fuzz.push import run

MESSAGES = 10_000


def test_mutated_messages_raise_only_our_errors() -> None:
    report = run(MESSAGES, seed=2)
    assert report.foreign == []
    assert sum(report.outcomes.values()) == MESSAGES
    assert min(report.outcomes[name] for name in ("decoded", "DecodeError")) > 1000

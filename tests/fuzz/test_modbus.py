"""A short run of the Modbus fuzzer; the long one is `python -m tests.fuzz.modbus --conversations 100000`."""

from __future__ import annotations

from tests.fuzz.modbus import run

CONVERSATIONS = 3000


def test_mutated_replies_raise_only_our_errors() -> None:
    report = run(CONVERSATIONS, seed=2)
    assert report.foreign == []
    assert sum(report.outcomes.values()) == CONVERSATIONS
    assert min(report.outcomes[name] for name in ("read", "DecodeError", "FrameError", "NotSupported")) > 20

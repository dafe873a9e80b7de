"""A short run of the AT fuzzer; the long one is `python -m tests.fuzz.at --conversations 100000`."""

from __future__ import annotations

from metering.calls import CallResult
from tests.fuzz.at import run

CONVERSATIONS = 20_000
DONE = "done"


def test_random_replies_raise_only_failed_calls() -> None:
    report = run(CONVERSATIONS, seed=2)
    assert report.foreign == []
    assert sum(report.outcomes.values()) == CONVERSATIONS
    assert set(report.outcomes) == (set(CallResult) - {CallResult.NO_FREE_MODEM, CallResult.CONNECTED}) | {
        DONE
    }
    assert min(report.outcomes.values()) > 20

"""A short run of the listener's fuzzer; the long one is `python -m tests.fuzz.hello --inputs 1000000`."""

from __future__ import annotations

from tests.fuzz.hello import run

TALKS = 5000


def test_strangers_raise_only_our_errors() -> None:
    report = run(TALKS, seed=2)
    assert report.foreign == []
    assert sum(report.outcomes.values()) == TALKS
    wanted = ("irz", "wrx", "imei", "iccid", "mac", "text", "proxied", "heartbeats", "report", "UnknownHello")
    assert min(report.outcomes[name] for name in wanted) > 10

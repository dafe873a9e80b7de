"""A short run of the M-Bus fuzzer; the long one is `python -m tests.fuzz.mbus --frames 1000000`."""

from __future__ import annotations

import tracemalloc

from tests.fuzz.mbus import run

FRAMES = 10_000
LARGEST_MEMORY = 32 * 1024 * 1024


def test_mutated_frames_raise_only_our_errors() -> None:
    report = run(FRAMES, seed=2)
    assert report.foreign == []
    assert sum(report.outcomes.values()) == FRAMES
    assert (
        min(report.outcomes[name] for name in ("decoded", "DecodeError", "FrameError", "NotSupported")) > 100
    )


def test_mutated_frames_take_little_memory() -> None:
    tracemalloc.start()
    try:
        run(500, seed=3)
        assert tracemalloc.get_traced_memory()[1] < LARGEST_MEMORY
    finally:
        tracemalloc.stop()

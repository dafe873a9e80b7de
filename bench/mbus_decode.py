"""Decodes M-Bus telegrams by our full decoder, by a learned layout and by pymeterbus, in one run.

    python -m bench.mbus_decode [--seconds 2]

Each row is one telegram of the protocol references. Frame check included everywhere; every value is computed.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import geometric_mean

import meterbus

from protocols.mbus import frames, records
from protocols.mbus.frames import LongFrame
from protocols.mbus.layout import LearningDecoder

REFERENCES = Path(__file__).parents[1] / "tests" / "fixtures" / "m-bus" / "reference-telegrams.toml"
NAMES = ("Kamstrup Multical 601", "Landis+Gyr T550", "Sharky 775", "Minol Minocal C2", "PolluCom E")
ROUNDS = 5


def telegrams() -> dict[str, bytes]:
    found = tomllib.loads(REFERENCES.read_text("utf-8"))["telegram"]
    return {
        name: bytes.fromhex(row["frame"]) for row in found for name in NAMES if row["source"].endswith(name)
    }


def payload_of(frame: bytes) -> bytes:
    decoded = frames.decode(frame)
    assert isinstance(decoded, LongFrame)
    return decoded.payload


def decode_by_peer(frame: bytes) -> list[object]:
    return [(record.parsed_value, record.unit) for record in meterbus.load(frame).records]


def seconds_per_call(call: Callable[[], object], budget: float) -> float:
    """The best of several rounds that share the budget of seconds."""
    call()
    best = float("inf")
    for _ in range(ROUNDS):
        calls, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < budget / ROUNDS:
            call()
            calls += 1
        best = min(best, elapsed / calls)
    return best


def measure(frame: bytes, budget: float) -> tuple[float, float, float]:
    """Seconds per frame: full decoder, learned layout, pymeterbus."""
    decoder = LearningDecoder()
    assert decoder.decode(payload_of(frame)) == records.decode(payload_of(frame))
    return (
        seconds_per_call(lambda: records.decode(payload_of(frame)), budget),
        seconds_per_call(lambda: decoder.decode(payload_of(frame)), budget),
        seconds_per_call(lambda: decode_by_peer(frame), budget),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="M-Bus decoders side by side.")
    parser.add_argument("--seconds", type=float, default=1.0, help="per decoder and telegram")
    budget = parser.parse_args().seconds
    print(f"{'telegram':<24}{'records':>8}{'full':>10}{'layout':>10}{'pymeterbus':>12}   frames/s")
    rows = []
    for name, frame in telegrams().items():
        rows.append(measure(frame, budget))
        count = len(records.decode(payload_of(frame)).records)
        full, layout, peer = (1 / seconds for seconds in rows[-1])
        print(f"{name:<24}{count:>8}{full:>10.0f}{layout:>10.0f}{peer:>12.0f}")
    print(f"pymeterbus : full decoder  {geometric_mean(peer / full for full, _, peer in rows):.1f}")
    print(f"pymeterbus : layout        {geometric_mean(peer / layout for _, layout, peer in rows):.1f}")
    print(f"full decoder : layout      {geometric_mean(full / layout for full, layout, _ in rows):.1f}")


if __name__ == "__main__":
    main()

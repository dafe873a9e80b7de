"""Every fuzzer with the same number of inputs: `make fuzz FRAMES=1000000`."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz import mbus, modbus


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz every decoder.")
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    frames = mbus.run(arguments.frames, arguments.seed)
    conversations = modbus.run(arguments.frames // 10, arguments.seed)
    print(f"M-Bus: {dict(frames.outcomes)}, foreign errors {len(frames.foreign)}")
    print(f"Modbus: {dict(conversations.outcomes)}, foreign errors {len(conversations.foreign)}")
    return 1 if frames.foreign or conversations.foreign else 0


if __name__ == "__main__":
    sys.exit(main())

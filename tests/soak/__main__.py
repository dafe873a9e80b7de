"""`make soak`: a simulated month of 500 meters in which everything goes wrong; prints what became of it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

from tests.soak.run import Soak, soak
from tests.soak.table import failures, rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=500)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--speed", type=float, default=480, help="simulated seconds in a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--collectors", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder for the database and the log, to look at later")
    given = parser.parse_args()
    plan = Soak(given.meters, timedelta(days=given.days), given.speed, given.seed, given.collectors)
    result = asyncio.run(soak(plan, tell=lambda line: print(line, flush=True), keep=given.keep))
    for name, value in rows(result):
        print(f"{name:<58}{value:>16}")
    if given.json:
        given.json.write_text(json.dumps(dict(rows(result)), ensure_ascii=False, indent=1))
    problems = failures(result)
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

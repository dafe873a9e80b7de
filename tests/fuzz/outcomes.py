"""What became of a fuzzer's inputs, and the command line that all fuzzers have in common."""

from __future__ import annotations

import argparse
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Report:
    """How the inputs ended; `foreign` are those that raised an error not of ours. `slowest` in seconds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    foreign: list[str] = field(default_factory=list)
    slowest: float = 0.0


def command_line(run: Callable[[int, int], Report], what: str) -> int:
    """Fuzz with `--WHAT COUNT --seed SEED`; the exit code is 1 when a foreign error came out."""
    parser = argparse.ArgumentParser()
    parser.add_argument(f"--{what}", dest="count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    report = run(arguments.count, arguments.seed)
    for outcome, count in report.outcomes.most_common():
        print(f"{count:>10}  {outcome}")
    for error in report.foreign[:20]:
        print(error)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    slowest = report.slowest * 1000
    print(f"{sum(report.outcomes.values()):>10}  {what}; slowest {slowest:.1f} ms; {memory} MiB")
    return 1 if report.foreign else 0

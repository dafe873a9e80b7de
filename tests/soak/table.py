"""The figures of a soak run, and which of them are not as they must be."""

from __future__ import annotations

from collections.abc import Iterator

from tests.soak.run import Result

OF_DAY, OF_THREE_DAYS = 0.995, 0.999
DRAINS = 20.0
"""Times real time."""


def rows(result: Result) -> Iterator[tuple[str, str]]:
    """Name and value of each figure."""
    found, plan = result.findings, result.plan
    yield "meters on lines", f"{result.meters} on {result.lines}"
    yield "simulated days", f"{plan.length.total_seconds() / 86400:g}"
    yield "times real time", f"{plan.speed:g}"
    yield "collectors killed with -9", str(sum(result.kills.values()))
    yield "faults on the lines", str(sum(result.befallen.values()))
    yield (
        "decisions on held readings",
        ", ".join(f"{k} {n}" for k, n in sorted(result.decisions.items())) or "0",
    )
    yield "polls", str(sum(found.words.values()))
    yield "archive records that the plant had", str(found.expected)
    yield "stored", str(found.stored)
    yield "within 24 h", f"{found.share_of_day:.4%}"
    yield "within 72 h", f"{found.share_of_three_days:.4%}"
    yield "late or never", str(len(found.late))
    yield "late without an outcome that explains it", str(len(found.unexplained))
    yield "gone with a meter that was taken away", str(found.gone_with_the_meter)
    yield "lost", str(len(found.lost))
    yield "doubled (revisions)", str(found.doubled)
    yield "wrong", str(found.wrong)
    yield "backlog of the database outage, hours", f"{plan.database_outage.total_seconds() / 3600:g}"
    yield "polls in it", str(result.backlog)
    yield "drained in, seconds since the return", f"{result.drained_in:.1f}"
    yield "drained at, times real time", f"{drained(result):.0f}"
    yield "drained at, times the run's own time", f"{drained(result) / plan.speed:.1f}"
    yield "lasted, minutes", f"{result.lasted / 60:.1f}"
    for word, polls in found.words.most_common():
        yield f"outcome {word}", str(polls)


def drained(result: Result) -> float:
    """How much sooner a backlog is stored than it came about in life."""
    return result.plan.database_outage.total_seconds() / result.drained_in


def failures(result: Result) -> list[str]:
    """What is not as it must be."""
    found = result.findings
    checks = {
        f"only {found.share_of_day:.4%} within 24 h": found.share_of_day >= OF_DAY,
        f"only {found.share_of_three_days:.4%} within 72 h": found.share_of_three_days >= OF_THREE_DAYS,
        f"{len(found.lost)} records lost: {found.lost_as}": not found.lost,
        f"{found.doubled} records doubled": found.doubled == 0,
        f"{found.wrong} records wrong: {found.examples[:5]}": found.wrong == 0,
        f"{len(found.unexplained)} late without explanation: {found.late_as}": not found.unexplained,
        f"the backlog drained at {drained(result):.1f} times real time": drained(result) >= DRAINS,
        f"collectors ended by themselves: {result.fallen}": not result.fallen,
    }
    return [problem for problem, right in checks.items() if not right]

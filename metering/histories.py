"""How a meter's history goes on with each poll: in the database and in the books of collectors alike."""

from __future__ import annotations

from dataclasses import replace

from metering.polls import NO_POLL, Outcome, PollHistory, PollReport


def continued(history: PollHistory, report: PollReport, *, link_only: bool = False) -> PollHistory:
    """The history once this poll, later than those before, has ended; budgets stay as they are.

    `link_only`: the poll was to find out whether the meter can be reached, so that ok does not mean read.
    """
    if report.outcome in NO_POLL:
        return history
    read = has_read(report, link_only=link_only)
    return replace(
        history,
        last_at=report.finished_at,
        outcome=report.outcome,
        failures=failures_after(history.failures, report.outcome),
        read_at=report.finished_at if read else history.read_at,
    )


def failures_after(failures: int, outcome: Outcome) -> int:
    """How many polls in a row did not end ok; a part that was read is progress, and makes it one."""
    if outcome is Outcome.OK:
        return 0
    return 1 if outcome is Outcome.PARTLY_READ else failures + 1


def has_read(report: PollReport, *, link_only: bool = False) -> bool:
    """Whether the poll read anything: values, or that there are none."""
    brought = bool(report.archive or report.snapshots or report.gaps)
    return brought or (report.outcome is Outcome.OK and not link_only)

"""The demo's live picture: the newest polls and how each outcome counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from storage.polls import StoredPoll
from teplo.demo.run import RunningDemo

NEWEST = 12


def where_to_look(demo: RunningDemo) -> str:
    """Where a person finds the API, its documentation and a first question to it."""
    return (
        f"{len(demo.meters)} simulated meters are being polled.\n"
        f"API            {demo.address}/api/v1\n"
        f"documentation  {demo.address}/docs\n"
        f"key            {demo.key}\n"
        f"try            curl -H 'Authorization: Bearer {demo.key}' {demo.address}/api/v1/usage-points\n"
    )


def picture(
    demo: RunningDemo, polls: Sequence[StoredPoll], now: datetime, left: float | None
) -> RenderableType:
    """A table of the newest polls under a line of counts; `left` in seconds, None when there is no end."""
    names = {one.meter_id: one for one in demo.meters}
    table = Table("at", "meter", "model", "outcome", "took", "what happened", expand=True)
    for poll in polls[:NEWEST]:
        meter = names[poll.meter_id].meter
        took = (poll.finished_at - poll.started_at).total_seconds()
        table.add_row(
            f"{poll.started_at:%H:%M:%S}",
            meter.serial,
            meter.model,
            poll.outcome.value,
            f"{took:.1f} s",
            Text(poll.message, overflow="ellipsis", no_wrap=True),
        )
    counts = Counter(poll.outcome.value for poll in polls)
    running = (now - demo.started_at).total_seconds()
    rest = "Ctrl-C ends" if left is None else f"{left:.0f} s left"
    head = f"running {running:.0f} s, {rest}; last {len(polls)} polls: " + ", ".join(
        f"{outcome} {count}" for outcome, count in counts.most_common()
    )
    return Group(Text(head), table)

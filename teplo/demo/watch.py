"""The demo's live picture: the newest polls and how each outcome counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from metering.outcomes import OUTCOMES
from metering.polls import Outcome
from storage.polls import StoredPoll
from teplo.demo.run import RunningDemo
from teplo.texts import Translate

NEWEST = 12


def where_to_look(demo: RunningDemo, _: Translate) -> str:
    """Where a person finds the API, its documentation and a first question to it."""
    rows = {
        "API": f"{demo.address}/api/v1",
        _("documentation"): f"{demo.address}/docs",
        _("key"): demo.key,
        _("try"): f"curl -H 'Authorization: Bearer {demo.key}' {demo.address}/api/v1/usage-points",
        _("modems"): f"{demo.address}/api/v1/modems",
        _("what to do"): f"TEPLO_DATABASE_URL='{demo.database_url}' teplo status",
    }
    head = _("{count} simulated meters are being polled.").format(count=len(demo.meters))
    return "\n".join([head, *(f"{name:<15}{value}" for name, value in rows.items())]) + "\n"


def picture(
    demo: RunningDemo, polls: Sequence[StoredPoll], now: datetime, left: float | None, _: Translate
) -> RenderableType:
    """A table of the newest polls under a line of counts; `left` in seconds, None when there is no end."""
    names = {one.meter_id: one for one in demo.meters}
    table = Table(_("at"), _("meter"), _("model"), _("outcome"), _("took"), _("what happened"), expand=True)
    for poll in polls[:NEWEST]:
        meter = names[poll.meter_id].meter
        took = (poll.finished_at - poll.started_at).total_seconds()
        table.add_row(
            f"{poll.started_at:%H:%M:%S}",
            meter.serial,
            meter.model,
            poll.outcome.value,
            f"{took:.1f} s",
            Text(_what_happened(poll, _), overflow="ellipsis", no_wrap=True),
        )
    return Group(Text(_head(demo, polls, now, left, _)), table)


def _what_happened(poll: StoredPoll, _: Translate) -> str:
    return "" if poll.outcome is Outcome.OK else f"{_(OUTCOMES[poll.outcome].meaning)} {poll.message}"


def _head(
    demo: RunningDemo, polls: Sequence[StoredPoll], now: datetime, left: float | None, _: Translate
) -> str:
    running = _("running {seconds:.0f} s").format(seconds=(now - demo.started_at).total_seconds())
    rest = _("Ctrl-C ends") if left is None else _("{seconds:.0f} s left").format(seconds=left)
    counts = Counter(poll.outcome.value for poll in polls).most_common()
    outcomes = ", ".join(f"{outcome} {count}" for outcome, count in counts)
    return f"{running}, {rest}; " + _("last {count} polls:").format(count=len(polls)) + f" {outcomes}"

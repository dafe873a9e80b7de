"""The tables of `teplo status`: rows for programs, and the same for people within 100 columns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rich import box
from rich.table import Table
from rich.text import Text

from metering.completeness import CountedPeriod
from metering.completeness_rows import Dimension
from metering.outcomes import OUTCOMES, Translate
from metering.plans import PollPlan
from metering.problems import Problem
from storage.books import Books
from storage.completeness import Completeness
from storage.line_states import LineCondition, LineStates
from storage.polls import Polls
from storage.pool import Database
from storage.problems import Problems
from storage.usage_points import Registry
from teplo.outlook import foretold
from teplo.texts import mark

CONDITIONS: Final[Mapping[LineCondition, str]] = {
    LineCondition.UP: mark("up"),
    LineCondition.DOWN: mark("down"),
    LineCondition.NEVER_POLLED: mark("never polled"),
    LineCondition.NOT_POLLED: mark("not polled"),
}
_DAY: Final = timedelta(days=1)
_DATE: Final = len("2026-01-01")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The same content for programs and for people."""

    rows: Sequence[Row]
    table: Table | Text


async def problems(database: Database, plan: PollPlan, now: datetime, most: int, _: Translate) -> Shown:
    """What to do, the most urgent first, each with its next step."""
    found = (await Problems(database, plan).list(now))[:most]
    rows = [_problem(one, _) for one in found]
    if not rows:
        return Shown(rows, Text(_("Nothing to do.")))
    table = _table(_("what to do"), _("what"), _("where"), _("until, UTC"), _("next step"))
    for row in rows:
        where = "\n".join(filter(None, (row["name"], row["point"], row["district"])))
        cells = (_told(row), where, _short(row["due_at"]), row["next_step"])
        table.add_row(*(Text(cell) for cell in cells))
    return Shown(rows, table)


async def completeness(database: Database, plan: PollPlan, now: datetime, most: int, _: Translate) -> Shown:
    """The day that ended a day ago, by district: all that is read in time is there."""
    counting = Completeness(database, plan)
    period = CountedPeriod(now - 2 * _DAY, now - _DAY, now)
    found = await counting.rows({Dimension.DISTRICT}, period, limit=most)
    rows = [
        {
            "district": row.group.district,
            "kind": row.group.kind,
            "points": row.points,
            "wanted": row.tally.wanted,
            "stored": row.tally.stored,
            "gaps": sum(row.tally.gaps.values()),
            "held": row.tally.held,
            "missing": row.tally.missing,
        }
        for row in found
    ]
    title = _("slots that began 24 to 48 hours ago")
    headings = (
        _("district"),
        _("archive"),
        _("points"),
        _("wanted"),
        _("stored"),
        _("gaps"),
        _("held"),
        _("missing"),
    )
    return Shown(rows, _filled(_table(title, *headings), rows))


async def lines(database: Database, plan: PollPlan, now: datetime, most: int, _: Translate) -> Shown:
    """Lines by id, with what lies ahead of them."""
    found = await LineStates(database).list(now, limit=most)
    outlines = await Books(database).outlines_of([one.id for one in found], plan, now)
    rows: list[Row] = []
    for one in found:
        ahead = foretold(one.id, outlines.get(one.id, ()))
        row: Row = {
            "url": one.url,
            "state": one.condition.value,
            "outcome": one.outcome.value if one.outcome else "",
            "meters": one.meters,
            "silent": one.silent,
            "home": one.home or "",
            "last_poll_at": _iso(one.last_poll_at),
            "next_due_at": _iso(ahead.rests_until or ahead.due_at),
        }
        rows.append(row)
    headings = (
        _("line"), _("state"), _("outcome"), _("meters"), _("silent"), _("home"),
        _("last poll, UTC"), _("next, UTC"),
    )  # fmt: skip
    shown = [
        row
        | {
            "url": row["url"].partition("?")[0],
            "state": _(CONDITIONS[LineCondition(row["state"])]),
            "last_poll_at": _short(row["last_poll_at"]),
            "next_due_at": _short(row["next_due_at"]),
        }
        for row in rows
    ]
    table = _table("", *headings)
    for column in table.columns[-2:]:
        column.min_width = _DATE
    return Shown(rows, _filled(table, shown))


async def polls(database: Database, plan: PollPlan, now: datetime, most: int, _: Translate) -> Shown:
    """The newest ones, with what each word means."""
    found = await Polls(database).list(limit=most)
    serials = await Registry(database).serials({one.meter_id for one in found})
    rows: list[Row] = [
        {
            "started_at": _iso(one.started_at),
            "serial": serials[one.meter_id],
            "outcome": one.outcome.value,
            "meaning": OUTCOMES[one.outcome].translated(_).meaning,
            "message": one.message,
        }
        for one in found
    ]
    table = _table("", _("time, UTC"), _("serial"), _("outcome"), _("meaning"))
    for row in rows:
        cells = _short(row["started_at"]), row["serial"], row["outcome"], row["meaning"]
        table.add_row(*(Text(cell) for cell in cells))
    return Shown(rows, table)


Load = Callable[[Database, PollPlan, datetime, int, Translate], Awaitable[Shown]]

LOADERS: Final[Mapping[str, Load]] = {
    "problems": problems,
    "completeness": completeness,
    "lines": lines,
    "polls": polls,
}


def _problem(problem: Problem, _: Translate) -> Row:
    where = problem.where
    return {
        "kind": problem.kind.value,
        "name": where.name,
        "point": where.point,
        "district": where.district,
        "outcome": problem.outcome.value if problem.outcome else "",
        "count": problem.count,
        "since": _iso(problem.since),
        "due_at": _iso(problem.due_at),
        "budget": problem.budget.value if problem.budget else "",
        "detail": problem.detail,
        **problem.explanation.translated(_)._asdict(),
    }


def _told(row: Row) -> str:
    """What is the matter, with the word, the number and the budget that go with it."""
    words = [word for word in (row["outcome"], row["budget"], row["detail"]) if word]
    count = f" ({row['count']})" if row["count"] > 1 else ""
    return "\n".join([f"{row['meaning']}{count}", ", ".join(words)]).strip()


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")


def _short(at: str) -> str:
    return at[:16].replace("T", " ")


def _table(title: str, *headings: str) -> Table:
    """Nothing is left out where it is narrow: an address or a time goes on in the next line."""
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _filled(table: Table, rows: Sequence[Row]) -> Table:
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row.values()))
    return table

"""What an engineer should do today, found in the database and ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from metering.calendar import ArchiveKind
from metering.completeness import CountedDay, CountedPeriod
from metering.diagnosis import MANY_FAILURES, MeterNow, falls_out, in_danger, problems_of_line
from metering.plans import PollPlan
from metering.polls import HoldReason, Outcome, PollHistory
from metering.problems import Problem, ProblemKind, Where, ranked
from storage import sql
from storage.books import Books
from storage.completeness import BASE_PLAN, Completeness
from storage.pool import Database
from storage.spools import CollectorState, Spools

_SQL = sql.statements("problems")

OLD: Final = timedelta(minutes=15)
"""Entries that wait longer on a collector's disk are a problem."""
FULL_SHARE: Final = 2
"""So is a spool that is full to this part."""
_HELD_AS: Final[Mapping[HoldReason, Outcome]] = {
    HoldReason.NEW_METER: Outcome.WRONG_METER,
    HoldReason.SCHEME_CHANGED: Outcome.CONFIGURATION_CHANGED,
    HoldReason.REGISTER_RESET: Outcome.REGISTER_RESET,
    HoldReason.CLOCK_WRONG: Outcome.CLOCK_WRONG,
}


class Problems:
    """`base_plan`: what settings of poll plans are laid over."""

    def __init__(self, database: Database, base_plan: PollPlan = BASE_PLAN) -> None:
        self._database = database
        self._base_plan = base_plan
        self._completeness = Completeness(database, base_plan)

    async def list(self, now: datetime) -> list[Problem]:
        """Every problem there is now, the most urgent first."""
        meters = await self._meters(now)
        lines: dict[int, list[MeterNow]] = defaultdict(list)
        for meter in meters:
            lines[meter.watched.line_id].append(meter)
        return ranked(
            chain(
                await self._falling_out(meters, now),
                *(problems_of_line(line, now) for line in lines.values()),
                await self._held(meters),
                await self._modems(),
                await self._collectors(now),
                await self._strangers(),
            )
        )

    async def _meters(self, now: datetime) -> Sequence[MeterNow]:
        """Each meter once, at the first usage point where it is installed now."""
        outlines = {one.id: one for one in await Books(self._database).outlines(self._base_plan, now)}
        states = {row["meter_id"]: row for row in await self._database.rows(_SQL["states"])}
        found: dict[int, MeterNow] = {}
        after = 0
        while batch := await self._completeness.watched(after=after):
            after = batch[-1].usage_point_id
            for one in batch:
                if one.removed_at is None and one.meter_id not in found:
                    outline, state = outlines.get(one.meter_id), states.get(one.meter_id)
                    found[one.meter_id] = MeterNow(
                        one,
                        outline.history if outline else PollHistory(),
                        state["ok_at"] if state else None,
                        outline.level_at if outline else None,
                        state["clock_difference"] if state else None,
                    )
        return list(found.values())

    async def _falling_out(self, meters: Sequence[MeterNow], now: datetime) -> Sequence[Problem]:
        """Only where anything may be missing near the end of the memory is it counted what is stored."""
        counted: dict[int, list[CountedDay]] = defaultdict(list)
        for (period, kind), endangered in _endangered(meters, now).items():
            watched = [meter.watched for meter in endangered]
            for day in await self._completeness.counted(watched, period, {kind}):
                counted[day.wanted.watched.meter_id].append(day)
        found = (falls_out(meter, counted[meter.watched.meter_id], now) for meter in meters)
        return [problem for problem in found if problem is not None]

    async def _held(self, meters: Sequence[MeterNow]) -> Sequence[Problem]:
        places = {meter.watched.meter_id: meter.where for meter in meters}
        return [_held(row, places) for row in await self._database.rows(_SQL["held"])]

    async def _modems(self) -> Sequence[Problem]:
        return [_modem(row) for row in await self._database.rows(_SQL["modems"], MANY_FAILURES)]

    async def _collectors(self, now: datetime) -> Sequence[Problem]:
        states = await Spools(self._database).list()
        return [problem for state in states for problem in _collector(state, now)]

    async def _strangers(self) -> Sequence[Problem]:
        row = await self._database.row(_SQL["strangers"])
        count, since = row["strangers"], row["since"]
        return (
            [Problem(ProblemKind.STRANGERS, Where(row["address"]), count=count, since=since)] if count else []
        )


def _endangered(
    meters: Sequence[MeterNow], now: datetime
) -> dict[tuple[CountedPeriod, ArchiveKind], list[MeterNow]]:
    """Meters by where it must be looked; many that have never been read share their period."""
    found: dict[tuple[CountedPeriod, ArchiveKind], list[MeterNow]] = defaultdict(list)
    for meter in meters:
        for kind in ArchiveKind:
            period = in_danger(meter, kind, now) if meter.watched.polled else None
            if period is not None:
                found[period, kind].append(meter)
    return found


def _held(row: Any, places: Mapping[int, Where]) -> Problem:
    where = places.get(row["meter_id"]) or Where("", meter_id=row["meter_id"])
    outcome = _HELD_AS[HoldReason(row["reason"])]
    return Problem(ProblemKind.HELD_READINGS, where, outcome, row["polls"], row["since"])


def _modem(row: Any) -> Problem:
    return Problem(
        ProblemKind.MODEM_DOWN,
        Where(row["identity"], point=row["site"], modem_id=row["id"]),
        Outcome.SIM_LOCKED if row["pin_refused"] else None,
        max(row["failures"], 1),
        row["last_contact_at"],
        detail=row["fault"],
    )


def _collector(state: CollectorState, now: datetime) -> list[Problem]:
    found = []
    if not state.alive and state.lines:
        found.append(
            Problem(ProblemKind.COLLECTOR_AWAY, Where(state.name), count=state.lines, since=state.seen_at)
        )
    old = state.oldest_at is not None and state.oldest_at + OLD < now
    if old or (state.limit and state.size * FULL_SHARE >= state.limit):
        told = f"{state.size} / {state.limit} B"
        where = Where(state.name)
        spool = Problem(
            ProblemKind.SPOOL_FILLS, where, count=state.entries, since=state.oldest_at, detail=told
        )
        found.append(spool)
    return found

"""What is known of meters for whoever asks them: outlines of all, and books of lines."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from metering.books import BookedMeter, LineBook, SimMonth, Span, Spent
from metering.calendar import ArchiveKind
from metering.meters import MeterConfiguration
from metering.plans import Keeps, PollPlan
from metering.polls import Outcome, PollHistory
from metering.requests import PollRequest, RequestKind
from metering.wanted import NEVER_COMES, SETTLING
from storage import readings, sql
from storage.budgets import Budgeted, Spared, spared, spent
from storage.models import Models
from storage.plans_in_force import PlanOf, PlansInForce
from storage.pool import Database

_SQL = sql.statements("books")

LEVELS_SINCE: Final = timedelta(days=40)
"""Longer than a billing period: a register that is lower than then was reset or replaced."""
MOST_REQUESTS: Final = 1000
MOST_ASKED_SLOTS: Final = 100_000
"""Of the meters of one call; slots beyond it count as never asked for."""

_SLOT: Final = {
    ArchiveKind.HOUR: timedelta(hours=1),
    ArchiveKind.DAY: timedelta(days=1),
    ArchiveKind.MONTH: timedelta(days=31),
}
_MARGIN: Final = timedelta(days=2)
"""A meter's clock may be off, its zone differs, and its days have up to 25 hours."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What the planner must know of a polled meter; see BookedMeter."""

    id: int
    line_id: int
    serial: str
    model: str
    zone: str
    plan: PollPlan
    history: PollHistory
    waiting_requests: int
    level_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An archive of a meter, and from when on its slots are of interest."""

    meter_id: int
    kind: ArchiveKind
    since: datetime
    most_asked: int


class Books:
    """`base` is the plan over which the stored settings are laid; `told` hears of those that are left out."""

    def __init__(self, database: Database, told: Callable[[str], None] = lambda text: None) -> None:
        self._database = database
        self._models = Models(database)
        self._plans = PlansInForce(told)

    async def outlines(self, base: PollPlan, now: datetime) -> list[Outline]:
        """Every polled meter, by line."""
        async with self._database.connection() as connection:
            return [outline for _, outline in await self._outlined(connection, None, base, now)]

    async def outlines_of(
        self, line_ids: Collection[int], base: PollPlan, now: datetime
    ) -> dict[int, list[Outline]]:
        """Every polled meter of these lines, by line."""
        found: dict[int, list[Outline]] = defaultdict(list)
        async with self._database.connection() as connection:
            for _, outline in await self._outlined(connection, list(line_ids), base, now):
                found[outline.line_id].append(outline)
        return found

    async def line(self, line_id: int, base: PollPlan, now: datetime) -> LineBook | None:
        """The book of a line; None when it is not registered."""
        return (await self.lines([line_id], base, now)).get(line_id)

    async def lines(self, line_ids: Collection[int], base: PollPlan, now: datetime) -> dict[int, LineBook]:
        """The books of these lines, as few questions as for one."""
        keeps = await self._models.keeps()
        async with self._database.connection() as connection:
            lines = await connection.fetch(_SQL["lines"], list(line_ids), now)
            outlined = await self._outlined(connection, list(line_ids), base, now)
            meters = await _booked(connection, outlined, keeps, now)
        booked: dict[int, list[BookedMeter]] = defaultdict(list)
        for meter, (row, _) in zip(meters, outlined, strict=True):
            booked[row["line_id"]].append(meter)
        return {
            line["id"]: LineBook(
                line["id"],
                line["url"],
                line["collector"],
                line["pool"],
                line["queue"],
                tuple(booked[line["id"]]),
                as_of=now,
                sim=_sim(line),
                modem_id=line["modem_id"],
            )
            for line in lines
        }

    async def _outlined(
        self, connection: Any, line_ids: Sequence[int] | None, base: PollPlan, now: datetime
    ) -> list[tuple[Any, Outline]]:
        """Rows of meters with what is made of them."""
        plan_of = await self._plans.read(connection, base, now)
        rows = await connection.fetch(_SQL["meters"], line_ids)
        found = [(row, _outline(row, plan_of)) for row in rows]
        over = await spared(connection, [_budgeted(row, outline) for row, outline in found], now)
        return [(row, _spared(outline, over)) for row, outline in found]


def _outline(row: Any, plan_of: PlanOf) -> Outline:
    outcome = row["outcome"]
    history = PollHistory(
        last_at=row["last_at"],
        failures=row["failures"] or 0,
        outcome=Outcome(outcome) if outcome else None,
        read_at=row["read_at"],
    )
    return Outline(
        row["id"],
        row["line_id"],
        row["serial"],
        row["model"],
        row["zone"],
        plan_of(row["id"], row["model"]),
        history,
        row["requests"],
        row["level_at"],
    )


def _budgeted(row: Any, outline: Outline) -> Budgeted:
    return Budgeted(outline.id, outline.line_id, outline.plan, row["polls_per_day"])


def _spared(outline: Outline, over: Mapping[int, Spared]) -> Outline:
    if outline.id not in over:
        return outline
    until, budget = over[outline.id]
    return replace(outline, history=replace(outline.history, spared_until=until, budget=budget))


async def _booked(
    connection: Any, outlined: Sequence[tuple[Any, Outline]], keeps: Mapping[str, Keeps], now: datetime
) -> list[BookedMeter]:
    ids = [outline.id for _, outline in outlined]
    wanted = [one for _, outline in outlined for one in _wanted(outline, keeps.get(outline.model), now)]
    known = await _known(connection, wanted)
    asked = await _asked(connection, wanted)
    levels = await readings.last_levels(connection, ids, now - LEVELS_SINCE)
    factor_sets = await _factor_sets(connection, ids, now)
    requests = await _requests(connection, ids)
    budgets = await spent(connection, [_budgeted(row, outline) for row, outline in outlined], now)
    return [
        BookedMeter(
            id=one.id,
            serial=one.serial,
            model=one.model,
            address=row["address"],
            zone=one.zone,
            registered_at=row["registered_at"],
            plan=one.plan,
            factor_sets=factor_sets[one.id],
            history=one.history,
            levels=tuple(levels[one.id]),
            known=known[one.id],
            asked=asked[one.id],
            level_at=one.level_at,
            configuration=_configuration(row["configuration"]),
            requests=tuple(requests[one.id]),
            spent=budgets.get(one.id, Spent()),
        )
        for row, one in outlined
    ]


def _wanted(meter: Outline, keeps: Keeps | None, now: datetime) -> Iterator[_Wanted]:
    """Nobody told what an unknown model keeps: its plan alone counts."""
    for kind, plan in meter.plan.archives.items():
        depth = plan.depth if keeps is None else min(plan.depth, keeps.depths.get(kind, 0))
        if depth > 0:
            step = (keeps or Keeps()).totals_every if kind is ArchiveKind.TOTAL else kind
            since = now - _SLOT[step] * (depth + 1) - _MARGIN
            yield _Wanted(meter.id, kind, since, meter.plan.most_asked)


async def _known(
    connection: Any, wanted: Sequence[_Wanted]
) -> Mapping[int, Mapping[ArchiveKind, tuple[Span, ...]]]:
    found: dict[int, dict[ArchiveKind, tuple[Span, ...]]] = defaultdict(dict)
    rows = await connection.fetch(_SQL["known"], *_columns(wanted), sorted(NEVER_COMES), SETTLING)
    for row in rows:
        kinds, kind = found[row["meter_id"]], ArchiveKind(row["kind"])
        kinds[kind] = (*kinds.get(kind, ()), Span(row["first"], row["end"]))
    return found


async def _asked(
    connection: Any, wanted: Sequence[_Wanted]
) -> Mapping[int, Mapping[ArchiveKind, Mapping[datetime, int]]]:
    found: dict[int, dict[ArchiveKind, dict[datetime, int]]] = defaultdict(dict)
    rows = await connection.fetch(
        _SQL["asked"], *_columns(wanted), sorted(NEVER_COMES), SETTLING, MOST_ASKED_SLOTS
    )
    for row in rows:
        found[row["meter_id"]].setdefault(ArchiveKind(row["kind"]), {})[row["slot_start"]] = row["asked"]
    return found


async def _factor_sets(connection: Any, ids: Sequence[int], now: datetime) -> Mapping[int, Mapping[int, str]]:
    """By meter and circuit: the contract setting of the usage point that the circuit measures."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for row in await connection.fetch(_SQL["factor_sets"], ids, now):
        found[row["meter_id"]][row["circuit"]] = row["factor_set"]
    return found


async def _requests(connection: Any, ids: Sequence[int]) -> Mapping[int, list[PollRequest]]:
    found: dict[int, list[PollRequest]] = defaultdict(list)
    for row in await connection.fetch(_SQL["requests"], ids, MOST_REQUESTS):
        found[row["meter_id"]].append(_request(row))
    return found


def _request(row: Any) -> PollRequest:
    archive = row["archive"]
    return PollRequest(
        row["id"],
        row["meter_id"],
        RequestKind(row["kind"]),
        row["operator"],
        row["requested_at"],
        ArchiveKind(archive) if archive else None,
        row["range_start"],
        row["range_end"],
    )


def _sim(row: Any) -> SimMonth | None:
    if row["allowance"] is None:
        return None
    return SimMonth(row["allowance"], row["allowance"] - row["carried"], row["sim_until"])


def _configuration(written: str | None) -> MeterConfiguration | None:
    return MeterConfiguration(json.loads(written)) if written else None


def _columns(wanted: Sequence[_Wanted]) -> tuple[list[int], list[str], list[datetime], list[int]]:
    return (
        [one.meter_id for one in wanted],
        [one.kind.value for one in wanted],
        [one.since for one in wanted],
        [one.most_asked for one in wanted],
    )

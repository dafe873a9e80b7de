"""Until when meters are spared because a budget of their plans is spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from metering.books import Spent
from metering.calendar import ArchiveKind, next_start, slot_start
from metering.plans import PollPlan
from metering.polls import ASKED_NOBODY, Budget
from storage import sql

_SQL = sql.statements("budgets")
_FREE: Final = sorted(ASKED_NOBODY)

Spared = tuple[datetime, Budget]
"""Until when, and for the sake of what."""


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A meter with its plan, and how many polls in 24 hours its model's battery allows; None: any."""

    meter_id: int
    line_id: int
    plan: PollPlan
    battery: int | None

    @property
    def polls(self) -> int:
        """How many in 24 hours; 0: any."""
        allowed = self.plan.polls_per_day
        return (self.battery or 0) if allowed is None else allowed


async def spared(connection: Any, meters: Sequence[Budgeted], now: datetime) -> dict[int, Spared]:
    """By meter, the budget that is spent for longest; meters with enough of everything are left out."""
    found: dict[int, Spared] = {}
    for part in (_battery, _air_time, _traffic):
        for meter_id, until, budget in await part(connection, meters, now):
            found[meter_id] = max(found.get(meter_id, (until, budget)), (until, budget))
    return found


async def spent(connection: Any, meters: Sequence[Budgeted], now: datetime) -> dict[int, Spent]:
    """By meter, what was used of its battery's polls and its air time; only where they are bounded."""
    month = slot_start(ArchiveKind.MONTH, now.astimezone(UTC)).date()
    bounded = [one for one in meters if one.polls or one.plan.air_time is not None]
    if not bounded:
        return {}
    rows = await connection.fetch(_SQL["spent"], [one.meter_id for one in bounded], now, month, _FREE)
    used = {row["meter_id"]: (row["talked"], tuple(row["polls"])) for row in rows}
    return {one.meter_id: Spent(*used[one.meter_id], one.polls) for one in bounded}


async def _battery(
    connection: Any, meters: Sequence[Budgeted], now: datetime
) -> list[tuple[int, datetime, Budget]]:
    bounded = [one for one in meters if one.polls]
    if not bounded:
        return []
    ids, polls = [one.meter_id for one in bounded], [one.polls for one in bounded]
    rows = await connection.fetch(_SQL["battery"], ids, polls, now, _FREE)
    return [(row["meter_id"], row["until"], Budget.BATTERY) for row in rows]


async def _air_time(
    connection: Any, meters: Sequence[Budgeted], now: datetime
) -> list[tuple[int, datetime, Budget]]:
    bounded = [one for one in meters if one.plan.air_time is not None]
    if not bounded:
        return []
    month = slot_start(ArchiveKind.MONTH, now.astimezone(UTC))
    until = next_start(ArchiveKind.MONTH, month)
    ids, allowed = [one.meter_id for one in bounded], [one.plan.air_time for one in bounded]
    rows = await connection.fetch(_SQL["air_time"], ids, allowed, month.date(), until.date())
    return [(row["meter_id"], until, Budget.AIR_TIME) for row in rows]


async def _traffic(
    connection: Any, meters: Sequence[Budgeted], now: datetime
) -> list[tuple[int, datetime, Budget]]:
    rows = await connection.fetch(_SQL["traffic"], now.astimezone(UTC).date())
    spent = {row["line_id"]: _midnight(row["until"]) for row in rows}
    return list(_on_lines(meters, spent))


def _on_lines(
    meters: Sequence[Budgeted], spent: dict[int, datetime]
) -> Iterator[tuple[int, datetime, Budget]]:
    for one in meters:
        if one.line_id in spent:
            yield one.meter_id, spent[one.line_id], Budget.TRAFFIC


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

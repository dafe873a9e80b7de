"""How often polls ended how, and what they cost: by meter, line, modem, day, district or service centre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from metering.polls import Outcome
from storage import sql
from storage.pool import Database

_SQL = sql.statements("outcome_counts")

CountKey = tuple[int, str, str]
"""Id, name and outcome: where a page ends."""


class By(StrEnum):
    """What is counted apart."""

    METER = "meter"
    LINE = "line"
    MODEM = "modem"
    """The one at the meter's end of a line."""
    DAY = "day"
    DISTRICT = "district"
    SERVICE_CENTRE = "service_centre"


@dataclass(frozen=True, slots=True)
class Days:
    """UTC days [first, end)."""

    first: date
    end: date


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """`id` is 0 for a day or a place; `air_time` is the time on the line, the rest counts bytes."""

    id: int
    name: str
    outcome: Outcome
    polls: int
    air_time: timedelta
    sent: int
    received: int


class OutcomeCounts:
    """Kept by Polls.save in poll_day; a poll counts on the UTC day on which it began."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(
        self,
        by: By,
        days: Days,
        *,
        line_id: int | None = None,
        meter_id: int | None = None,
        after: CountKey | None = None,
        limit: int = 1000,
    ) -> list[OutcomeCount]:
        """Sorted by id, name and outcome; `after` is the last key of the page before."""
        position = after or (None,) * 3
        rows = await self._database.rows(
            _SQL["counts"], by.value, days.first, days.end, line_id, meter_id, *position, limit
        )
        return [OutcomeCount(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows]

    async def last_outcomes(self) -> dict[Outcome, int]:
        """How many polled meters' last poll ended so; a word of which there is none is left out."""
        rows = await self._database.rows(_SQL["last_outcomes"])
        return {Outcome(row["outcome"]): row["meters"] for row in rows}

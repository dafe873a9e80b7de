"""How complete archives are: what is wanted of usage points, counted against what is stored."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from metering.areas import EVERYWHERE, Area
from metering.calendar import ArchiveKind
from metering.completeness import CountedDay, CountedPeriod, Tally, WantedDay, Watched, wanted_days
from metering.completeness_rows import Dimension, Group, Row, rows_of
from metering.plan_settings import plan_of
from metering.plans import Keeps, PollPlan
from metering.polls import Outcome
from metering.readings import GapReason
from storage import sql
from storage.models import Models
from storage.pool import Database

_SQL = sql.statements("completeness")
_OF_ROW: Final = (
    "usage_point_id", "code", "name", "zone", "district", "service_centre", "meter_id", "serial",
    "meter_zone", "line_id", "polled", "registered_at", "installed_at", "removed_at",
)  # fmt: skip
_NOTHING: Final = Keeps()
BASE_PLAN: Final = PollPlan()

BATCH: Final = 500
"""Usage points that are counted at once."""
ALL_KINDS: Final = frozenset(ArchiveKind)


@dataclass(frozen=True, slots=True)
class Place:
    """Which usage points of an area are meant; None: any."""

    usage_point_id: int | None = None
    district: str | None = None
    service_centre: str | None = None
    area: Area = EVERYWHERE


class Completeness:
    """Counted anew with every question; what is asked for at once is bounded by whoever asks."""

    def __init__(self, database: Database, base_plan: PollPlan = BASE_PLAN) -> None:
        """`base_plan`: what settings of poll plans are laid over."""
        self._database = database
        self._base_plan = base_plan

    async def watched(self, place: Place = Place(), after: int = 0, limit: int = BATCH) -> list[Watched]:
        """Every meter that ever measured one of the next `limit` usage points, by usage point's id."""
        chosen = place.usage_point_id, place.district, place.service_centre
        rows = await self._database.rows(_SQL["watched"], after, *chosen, limit, *place.area.columns())
        laid_over = cache(lambda *settings: plan_of(self._base_plan, *map(json.loads, settings)))
        keeps, plans = await Models(self._database).keeps(), await self._shared_settings()
        everybody = plans.get(None, "{}")
        return [
            Watched(
                **{name: row[name] for name in _OF_ROW},
                keeps=keeps.get(row["model"], _NOTHING),
                plan=laid_over(everybody, plans.get(row["model"], "{}"), row["settings"] or "{}"),
            )
            for row in rows
        ]

    async def counted(
        self, watched: Iterable[Watched], period: CountedPeriod, kinds: Collection[ArchiveKind] = ALL_KINDS
    ) -> list[CountedDay]:
        """Every day on which something was wanted of these meters."""
        wanted = [one for meter in watched for one in wanted_days(meter, period, kinds)]
        if not wanted:
            return []
        columns = _columns(wanted)
        stored = await self._numbers("stored", *columns)
        held = await self._numbers("held", *columns)
        gaps: dict[int, dict[GapReason, int]] = defaultdict(dict)
        for row in await self._database.rows(_SQL["gaps"], *columns):
            gaps[row["number"]][GapReason(row["reason"])] = row["slots"]
        return [
            CountedDay(one, Tally(one.wanted, stored.get(n, 0), held.get(n, 0), gaps.get(n, {})))
            for n, one in enumerate(wanted, 1)
        ]

    async def rows(
        self,
        by: Collection[Dimension],
        period: CountedPeriod,
        place: Place = Place(),
        kinds: Collection[ArchiveKind] = ALL_KINDS,
        *,
        after: Group | None = None,
        limit: int = 1000,
    ) -> list[Row]:
        """The next `limit` rows behind `after`. By point, no more points are counted than these rows need."""
        found: list[Row] = []
        counted: list[CountedDay] = []
        last = after.usage_point_id - 1 if after and Dimension.POINT in by else 0
        while len(found) < limit and (batch := await self.watched(place, last)):
            last = batch[-1].usage_point_id
            counted += await self.counted(batch, period, kinds)
            if Dimension.POINT in by:
                found += _behind(after, rows_of(counted, by))
                counted = []
        return (found or _behind(after, rows_of(counted, by)))[:limit]

    async def causes(self, meters: Collection[int], first: date, last: date) -> Mapping[int, Outcome]:
        """By meter the word with which most of its polls of these UTC days failed, else the last one did.

        A meter of which no poll failed is missing: it was not asked, or said that it has nothing.
        """
        rows = await self._database.rows(_SQL["causes"], list(meters), first, last)
        return {row["meter_id"]: Outcome(row["outcome"]) for row in rows if row["outcome"]}

    async def _numbers(self, statement: str, *arguments: object) -> dict[int, int]:
        rows = await self._database.rows(_SQL[statement], *arguments)
        return {row["number"]: row["slots"] for row in rows}

    async def _shared_settings(self) -> dict[str | None, str]:
        """By model, and by None for everybody."""
        rows = await self._database.rows(_SQL["shared_settings"])
        return {row["model"]: row["settings"] for row in rows}


def _behind(after: Group | None, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if after is None or row.group > after]


def _columns(wanted: Sequence[WantedDay]) -> list[list[Any]]:
    rows = [(one.watched.meter_id, one.kind.value, one.first, one.last) for one in wanted]
    return [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]

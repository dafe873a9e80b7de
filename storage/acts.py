"""Acts: drawn up once, annulled with a reason where they were wrong, never changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from metering.act_codec import contents_json, contents_of
from metering.acts import SERIES, ActEntry, ActKind, Contents, act_number
from metering.admission import InstalledComponent
from metering.areas import EVERYWHERE, Area
from metering.calendar import BillingPeriod
from metering.components import Component, ComponentKind
from metering.errors import ReadingConflict
from storage import sql
from storage.pool import Database

_SQL = sql.statements("acts")


@dataclass(frozen=True, slots=True)
class NewAct:
    """An act to be registered. `number` "": the next one of its series. `poll_id`: what filled its form."""

    kind: ActKind
    usage_point_id: int
    meter_id: int
    at: datetime
    contents: Contents
    entered_by: str
    entered_at: datetime
    number: str = ""
    poll_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Annulment:
    """Who took an act back, and why."""

    at: datetime
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class StoredAct:
    """A registered act."""

    id: int
    number: str
    kind: ActKind
    usage_point_id: int
    meter_id: int
    at: datetime
    contents: Contents
    poll_id: UUID | None
    entered_by: str
    entered_at: datetime
    annulled: Annulment | None


class Acts:
    """Who enters and annuls them stands in the acts themselves and in the registry's journal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, act: NewAct) -> StoredAct:
        """ReadingConflict when the number is taken, or there is no such point, meter or poll."""
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["lock"])
            number = act.number or await _next_number(connection, act.kind)
            act_id = await connection.fetchval(_SQL["add"], number, *_row(act))
            if act_id is None:
                raise ReadingConflict(
                    f"The number {number} is taken; leave it out, and the next one is given."
                )
            return _stored(await connection.fetchrow(_SQL["get"], act_id))

    async def annul(self, act_id: int, annulment: Annulment) -> StoredAct | None:
        """As it stands then: one that was annulled before keeps that reason. None: there is no such act."""
        await self._database.value(_SQL["annul"], act_id, annulment.at, annulment.by, annulment.because)
        return await self.get(act_id)

    async def get(self, act_id: int) -> StoredAct | None:
        row = await self._database.row(_SQL["get"], act_id)
        return _stored(row) if row else None

    async def of_number(self, number: str) -> StoredAct | None:
        row = await self._database.row(_SQL["of_number"], number)
        return _stored(row) if row else None

    async def list(
        self,
        usage_point_id: int | None = None,
        kind: ActKind | None = None,
        after: int | None = None,
        limit: int = 100,
        area: Area = EVERYWHERE,
    ) -> Sequence[StoredAct]:
        """Newest first, annulled ones too; `after` is the last act of the page before."""
        word = kind.value if kind else None
        asked = (usage_point_id, word, after, limit, *area.columns())
        rows = await self._database.rows(_SQL["list"], *asked)
        return [_stored(row) for row in rows]

    async def of_points(self, usage_point_ids: Collection[int]) -> Mapping[int, Sequence[ActEntry]]:
        """By point, what its acts do, annulled ones left out, in the order in which they count.

        A point without acts is missing.
        """
        found = defaultdict[int, list[ActEntry]](list)
        for row in await self._database.rows(_SQL["of_points"], list(usage_point_ids)):
            found[row["usage_point_id"]].append(ActEntry(row["number"], ActKind(row["kind"]), row["at"]))
        return dict(found)

    async def components_of_points(
        self, usage_point_ids: Collection[int], period: BillingPeriod
    ) -> Mapping[int, Sequence[InstalledComponent]]:
        """By point, every component of the meters that were installed there within the period."""
        found = defaultdict[int, list[InstalledComponent]](list)
        rows = await self._database.rows(
            _SQL["components_of_points"], list(usage_point_ids), period.start, period.end
        )
        for row in rows:
            columns = dict(row)
            point = columns.pop("usage_point_id")
            found[point].append(_installed(columns))
        return dict(found)


async def _next_number(connection: Any, kind: ActKind) -> str:
    return act_number(kind, await connection.fetchval(_SQL["last_ordinal"], SERIES[kind]) + 1)


def _row(act: NewAct) -> tuple[object, ...]:
    contents = json.dumps(contents_json(act.contents), ensure_ascii=False)
    place = (act.kind.value, act.usage_point_id, act.meter_id, act.at)
    return (*place, contents, act.poll_id, act.entered_by, act.entered_at)


def _stored(row: Any) -> StoredAct:
    annulled = Annulment(row["annulled_at"], row["annulled_by"], row["annulled_because"])
    return StoredAct(
        id=row["id"],
        number=row["number"],
        kind=ActKind(row["kind"]),
        usage_point_id=row["usage_point_id"],
        meter_id=row["meter_id"],
        at=row["at"],
        contents=contents_of(json.loads(row["contents"])),
        poll_id=row["poll_id"],
        entered_by=row["entered_by"],
        entered_at=row["entered_at"],
        annulled=annulled if row["annulled_at"] else None,
    )


def _installed(columns: dict[str, Any]) -> InstalledComponent:
    spans = {name: columns.pop(name) for name in ("since", "until", "installed_at", "removed_at")}
    columns["kind"] = ComponentKind(columns["kind"])
    return InstalledComponent(Component(**columns), **spans)

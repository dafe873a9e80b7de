"""Settings of poll plans: laid over one another by place, and every change in the journal."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from metering.plans import Closing, PollPlan, Window
from storage.books import Books
from storage.plans import EVERYBODY, PlanOwner, Plans
from storage.pool import Database
from storage.usage_points import Registry
from tests.support.registry import DAY, HOUR, START, place

MODEL = PlanOwner(model="kamstrup-multical-403")
"""That of the meters of `place`."""
BASE = PollPlan(every=timedelta(minutes=20))


@pytest.fixture
def plans(database: Database) -> Plans:
    return Plans(database)


async def test_the_nearest_setting_counts(database: Database, plans: Plans) -> None:
    spot = await place(database)
    await plans.put(EVERYBODY, {"window": "22-5", "hour.depth": 100, "every": "1h"}, "anna", START)
    await plans.put(MODEL, {"every": "6h", "hour.depth": 50}, "anna", START)
    await plans.put(PlanOwner(spot.usage_point), {"hour.depth": 10}, "anna", START)
    await plans.put(PlanOwner(model="another"), {"hour.depth": 1}, "anna", START)
    (meter,) = await plans.of_usage_point(spot.usage_point, BASE)
    assert (meter.meter_id, meter.model) == (spot.meter, MODEL.model)
    plan = meter.plan
    assert (plan.window, plan.every, plan.archives[ArchiveKind.HOUR].depth) == (Window(22, 5), 6 * HOUR, 10)


async def test_the_points_own_calendar_counts_over_every_setting(database: Database, plans: Plans) -> None:
    spot, other = await place(database), await place(database, 2)
    await plans.put(PlanOwner(spot.usage_point), {"closing.day": 24, "every": "6h"}, "anna", START)
    await Registry(database).change_usage_point(spot.usage_point, {"closing_day": 31, "closing_hour": 6})
    (meter,) = await plans.of_usage_point(spot.usage_point, BASE)
    assert (meter.plan.every, meter.plan.closing) == (6 * HOUR, Closing(31, 6, BASE.closing.deadline_day))
    outlines = {one.id: one.plan for one in await Books(database).outlines(BASE, START + DAY)}
    assert outlines == {spot.meter: meter.plan, other.meter: BASE}


async def test_without_settings_the_base_counts(database: Database, plans: Plans) -> None:
    spot = await place(database)
    (meter,) = await plans.of_usage_point(spot.usage_point, BASE)
    assert meter.plan == BASE


async def test_only_the_meter_that_is_there_now_has_a_plan(database: Database, plans: Plans) -> None:
    spot = await place(database)
    await Registry(database).remove(spot.usage_point, spot.meter, START + DAY)
    assert await plans.of_usage_point(spot.usage_point, BASE) == []


@pytest.mark.parametrize("owner", [EVERYBODY, MODEL, PlanOwner(1)], ids=str)
async def test_settings_are_replaced_laid_over_and_removed(
    database: Database, plans: Plans, owner: PlanOwner
) -> None:
    await place(database)
    assert await plans.get(owner) is None
    await plans.lay_over(owner, {"every": "60m", "most_asked": "5"}, "anna", START)
    await plans.lay_over(owner, {"most_asked": 2}, "boris", START + HOUR)
    stands = await plans.get(owner)
    assert stands is not None
    assert (stands.settings, stands.changed_by) == ({"every": "1h", "most_asked": 2}, "boris")
    await plans.put(owner, {"retry": "5m"}, "vera", START + DAY)
    assert [one.settings for one in await plans.list()] == [{"retry": "5m"}]
    assert await plans.remove(owner, "anna", START + 2 * DAY)
    assert not await plans.remove(owner, "anna", START + 2 * DAY)
    assert await plans.get(owner) is None
    journal = await plans.journal(owner)
    assert [(one.settings, one.changed_by) for one in journal] == [
        (None, "anna"),
        ({"retry": "5m"}, "vera"),
        ({"every": "1h", "most_asked": 2}, "boris"),
        ({"every": "1h", "most_asked": 5}, "anna"),
    ]
    assert {one.owner for one in journal} == {owner}


@pytest.mark.parametrize(
    ("owner", "settings", "word"),
    [
        (EVERYBODY, {"evry": "1h"}, "evry"),
        (EVERYBODY, {"every": "soon"}, "every"),
        (PlanOwner(999), {"every": "1h"}, "no such usage point"),
        (PlanOwner(model=""), {"every": "1h"}, "cannot be stored"),
    ],
)
async def test_what_cannot_be_is_refused_and_not_journalled(
    plans: Plans, owner: PlanOwner, settings: dict[str, object], word: str
) -> None:
    with pytest.raises(ConfigurationError, match=word):
        await plans.put(owner, settings, "anna", START)
    assert await plans.list() == []
    assert await plans.journal(owner) == []


async def test_changes_at_the_same_moment_are_all_kept(plans: Plans) -> None:
    settings = [{f"{kind}.depth": 7} for kind in ArchiveKind]
    await asyncio.gather(*(plans.lay_over(EVERYBODY, one, "anna", START) for one in settings))
    stands = await plans.get(EVERYBODY)
    assert stands is not None
    assert stands.settings == {f"{kind}.depth": 7 for kind in ArchiveKind}


async def test_places_come_page_by_page(plans: Plans) -> None:
    for owner in (EVERYBODY, MODEL, PlanOwner(model="another")):
        await plans.put(owner, {}, "anna", START)
    first, second = await plans.list(limit=2)
    (third,) = await plans.list(second.id, limit=2)
    assert [first.owner, second.owner, third.owner] == [EVERYBODY, MODEL, PlanOwner(model="another")]


async def test_settings_that_are_not_understood_keep_nobody_from_being_polled(
    database: Database, plans: Plans
) -> None:
    spot = await place(database)
    await plans.put(EVERYBODY, {"every": "6h"}, "anna", START)
    await plans.put(PlanOwner(spot.usage_point), {"hour.depth": 10}, "anna", START)
    async with database.connection() as connection:
        await connection.execute(
            "update poll_plan set settings = '{\"of_tomorrow\": 1}' where usage_point_id is not null"
        )
    (outline,) = await Books(database).outlines(BASE, START)
    assert outline.plan.every == 6 * HOUR
    assert outline.plan.archives == BASE.archives

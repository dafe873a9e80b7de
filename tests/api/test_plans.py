"""Poll plans of usage points: shown whole, replaced, removed; a wrong setting is named."""

from __future__ import annotations

import pytest
from httpx import AsyncClient

from storage.plans import EVERYBODY, PlanOwner, Plans
from storage.pool import Database
from tests.api.network import LONG_AGO, Network


def plan_of_point(point: int) -> str:
    return f"/api/v1/usage-points/{point}/poll-plan"


@pytest.fixture
async def plans(database: Database, network: Network) -> Plans:
    return Plans(database)


async def test_a_point_without_settings_has_the_usual_plan(client: AsyncClient, network: Network) -> None:
    plan = (await client.get(plan_of_point(network.school))).json()
    assert (plan["settings"], plan["changed_by"], plan["changed_at"]) == ({}, None, None)
    (meter,) = plan["meters"]
    assert meter["meter_id"] == network.new_meter
    assert (meter["settings"]["every"], meter["settings"]["closing.day"]) == ("1h", 24)


async def test_settings_are_put_shown_and_deleted(
    client: AsyncClient, network: Network, plans: Plans
) -> None:
    await plans.put(EVERYBODY, {"window": "22-5"}, "anna", LONG_AGO)
    settings = {"every": "360m", "hour.depth": "100"}
    put = await client.put(plan_of_point(network.school), json={"settings": settings})
    shown = (await client.get(plan_of_point(network.school))).json()
    assert (put.status_code, put.json()) == (200, shown)
    assert shown["settings"] == {"every": "6h", "hour.depth": 100}
    assert (shown["changed_by"], shown["changed_at"]) == ("test", "2026-02-01T09:00:00Z")
    (meter,) = shown["meters"]
    assert {name: meter["settings"][name] for name in ("every", "hour.depth", "window")} == {
        "every": "6h",
        "hour.depth": 100,
        "window": "22-5",
    }
    for _ in range(2):
        assert (await client.delete(plan_of_point(network.school))).status_code == 204
    assert (await client.get(plan_of_point(network.school))).json()["settings"] == {}
    assert [one.settings for one in await plans.journal(PlanOwner(network.school))] == [
        None,
        {"every": "6h", "hour.depth": 100},
    ]


async def test_every_place_with_settings_is_listed(
    client: AsyncClient, network: Network, plans: Plans
) -> None:
    await plans.put(EVERYBODY, {"every": "1h"}, "anna", LONG_AGO)
    await plans.put(PlanOwner(model="vkt7"), {"every": "2h"}, "anna", LONG_AGO)
    await plans.put(PlanOwner(network.shop), {"every": "3h"}, "anna", LONG_AGO)
    first = (await client.get("/api/v1/poll-plans", params={"limit": 2})).json()
    second = (
        await client.get("/api/v1/poll-plans", params={"limit": 2, "cursor": first["next_cursor"]})
    ).json()
    places = [
        (one["usage_point_id"], one["model"], one["settings"]["every"])
        for one in first["items"] + second["items"]
    ]
    assert places == [(None, None, "1h"), (None, "vkt7", "2h"), (network.shop, None, "3h")]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"settings": {"evry": "1h"}}, "no setting 'evry'"),
        ({"settings": {"every": "soon"}}, "The setting every"),
        ({"settings": {"closing.day": 31}}, "The setting closing.day"),
        ({"settings": {"every": True}}, "every"),
        ({"settings": {"every": None}}, "every"),
        ({"settings": {str(number): 1 for number in range(100)}}, "settings"),
        ({"settings": {"every": "1" * 100}}, "every"),
        ({"every": "1h"}, "settings"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_wrong_setting_is_named(
    client: AsyncClient, network: Network, body: dict[str, object], word: str
) -> None:
    answer = await client.put(plan_of_point(network.school), json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert word in answer.json()["detail"]
    assert (await client.get(plan_of_point(network.school))).json()["settings"] == {}


async def test_a_point_that_is_not_there(client: AsyncClient) -> None:
    for answer in (
        await client.get(plan_of_point(999)),
        await client.put(plan_of_point(999), json={"settings": {}}),
        await client.delete(plan_of_point(999)),
    ):
        assert answer.status_code == 404

"""Completeness over HTTP: what is wanted, stored and missing, by place and day, in pages and as CSV."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from storage.pool import Database
from tests.support.archive import DAY, MIDNIGHT, hours, known_model, polled, state, store
from tests.support.registry import place

URL = "/api/v1/completeness"
PERIOD = {"from": "2026-01-09T19:00:00Z", "to": "2026-01-10T19:00:00Z", "kind": "hour"}


@pytest.fixture(autouse=True)
async def points(database: Database) -> list[int]:
    """Two in the north: one complete, one with 20 hours whose modem was busy; one in the south, silent."""
    await known_model(database)
    places = [await place(database, number) for number in (1, 2, 3)]
    await database.rows("update meter set registered_at = '2025-01-01'")
    await database.rows(
        "update site set service_centre = 'City', "
        "district = case when code = 'site-3' then 'South' else 'North' end"
    )
    for one, count in zip(places, (24, 20, 0), strict=True):
        await store(
            database, one.meter, await polled(database, one.meter, MIDNIGHT + DAY), hours(*range(count))
        )
    await polled(database, places[1].meter, MIDNIGHT + DAY, "busy")
    await state(database, places[2].meter, "meter_silent", last_at=MIDNIGHT - DAY, failures=9)
    return [one.usage_point for one in places]


async def answered(client: AsyncClient, **asked: object) -> list[dict[str, Any]]:
    answer = await client.get(URL, params=PERIOD | asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_districts_with_what_they_lack_and_why(client: AsyncClient) -> None:
    north, south = await answered(client)
    figures = ("district", "points", "wanted", "stored", "held", "missing")
    assert [north[name] for name in figures] == ["North", 2, 48, 44, 0, 4]
    assert north["share"] == {"value": "91.7", "unit": "%"}
    assert north["causes"] == [{"outcome": "busy", "meters": 1}]
    assert [south[name] for name in figures] == ["South", 1, 24, 0, 0, 24]
    assert south["causes"] == [{"outcome": "meter_silent", "meters": 1}]


async def test_points_by_day_in_pages(client: AsyncClient, points: list[int]) -> None:
    found, cursor = [], None
    while True:
        asked = (
            {"by": ["point", "day"], "limit": 1, "cursor": cursor}
            if cursor
            else {"by": ["point", "day"], "limit": 1}
        )
        page = (await client.get(URL, params=PERIOD | asked)).json()
        found += [(one["usage_point_id"], one["day"], one["stored"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == [(point, "2026-01-10", stored) for point, stored in zip(points, (24, 20, 0), strict=True)]


async def test_one_place_or_one_point_alone(client: AsyncClient, points: list[int]) -> None:
    assert [one["wanted"] for one in await answered(client, district="South", by="service_centre")] == [24]
    (one,) = await answered(client, usage_point_id=points[1], by="point")
    assert (one["stored"], one["link"]) == (20, f"/api/v1/usage-points/{points[1]}")


async def test_the_same_figures_as_csv(client: AsyncClient) -> None:
    answer = await client.get(f"{URL}.csv", params=PERIOD)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text.splitlines()[1:] == [
        ",North,,,hour,2,48,44,0,0,4,busy:1",
        ",South,,,hour,1,24,0,0,0,24,meter_silent:1",
    ]


@pytest.mark.parametrize("wrong", [{"to": "2026-03-01T00:00:00Z"}, {"by": "serial"}, {"cursor": "MQ=="}])
async def test_a_question_that_cannot_be_answered(client: AsyncClient, wrong: dict[str, str]) -> None:
    assert (await client.get(URL, params=PERIOD | wrong)).status_code == 422

"""Lines over HTTP: their state, who serves them, what they cost, and what lies ahead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from api.outlooks import Outlook
from storage.jobs import Jobs
from storage.pool import Database
from storage.usage_points import Registry
from teplo.outlook import foretold
from tests.api.network import NOW
from tests.support.archive import polled, state
from tests.support.registry import Place, place

URL = "/api/v1/lines"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def places(database: Database) -> list[Place]:
    """A line with a good and a silent meter, one that is down, one never polled, one without meters."""
    first, second, third = [await place(database, number) for number in (1, 2, 3)]
    beside = await Registry(database).add_meter("99", "kamstrup-multical-403", "2", first.line, "+05:00")
    await Registry(database).add_line("tcp://10.0.0.9:4001", "10.0.0.9:4001")
    await state(database, first.meter, "ok", NOW - HOUR, ok_at=NOW - HOUR, read_at=NOW - HOUR)
    await state(database, beside, "meter_silent", NOW - 2 * HOUR, 8)
    await state(database, second.meter, "no_carrier", NOW - HOUR, 3)
    await polled(database, first.meter, NOW - timedelta(days=2))
    await database.rows("update line set home = 'almaty-1' where id = $1", first.line)
    return [first, second, third]


async def answered(client: AsyncClient, **asked: object) -> list[dict[str, Any]]:
    answer = await client.get(URL, params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_every_line_has_a_state(client: AsyncClient) -> None:
    lines = await answered(client)
    assert [one["state"] for one in lines] == ["up", "down", "never_polled", "not_polled"]
    assert [one["meters"] for one in lines] == [2, 1, 1, 0]
    assert [one["silent"] for one in lines] == [1, 0, 0, 0]
    assert [one["outcome"] for one in lines] == ["ok", "no_carrier", None, None]
    assert [one["home"] for one in lines] == ["almaty-1", None, None, None]
    assert lines[0]["last_poll_at"] == (NOW - HOUR).isoformat().replace("+00:00", "Z")


async def test_costs_are_those_of_the_month(client: AsyncClient) -> None:
    """NOW is on 1 February: two polls of 3 s, 20 bytes out and 100 in; the third was in January."""
    line = (await answered(client))[0]
    assert line["air_time"] == {"value": "6", "unit": "s"}
    assert (line["sent"], line["received"]) == ({"value": "40", "unit": "B"}, {"value": "200", "unit": "B"})


async def test_what_the_queue_holds(client: AsyncClient, database: Database, places: list[Place]) -> None:
    await Jobs(database).request_line(places[1].line)
    assert [one["job"] for one in await answered(client)] == ["none", "queued", "none", "none"]


async def test_only_lines_in_a_state_and_page_by_page(client: AsyncClient, places: list[Place]) -> None:
    assert [one["id"] for one in await answered(client, state="down")] == [places[1].line]
    page = (await client.get(URL, params={"limit": 3})).json()
    rest = await answered(client, limit=3, cursor=page["next_cursor"])
    assert [one["state"] for one in rest] == ["not_polled"]


async def test_what_lies_ahead_is_told_by_whoever_knows(client: AsyncClient, app: FastAPI) -> None:
    app.state.foretell = lambda line, meters: Outlook(NOW + HOUR, NOW + len(meters) * HOUR)
    line = (await answered(client))[0]
    assert (line["rests_until"], line["next_due_at"]) == ("2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z")


async def test_the_collectors_schedule_tells_of_a_line_that_rests(client: AsyncClient, app: FastAPI) -> None:
    """Down for three polls: four minutes after the last one, a tenth more or less; long over by now."""
    app.state.foretell = foretold
    up, down, never, empty = await answered(client)
    assert up["rests_until"] is None
    assert up["next_due_at"] is not None
    assert "2026-02-01T08:03:36Z" <= down["rests_until"] <= "2026-02-01T08:04:24Z"
    assert never["next_due_at"] is empty["next_due_at"] is None

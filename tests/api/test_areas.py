"""A key of one service centre: it works there as if there were nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from api.keys import Scope
from billing.answers import Answers
from billing.runs import Runner
from metering.areas import Area
from metering.plans import PollPlan
from storage.acts import Acts
from storage.completeness import Completeness, Place
from storage.keys import ApiKeys
from storage.polls import Polls
from storage.pool import Database
from storage.usage_points import Registry
from tests.api.conftest import Caller
from tests.api.network import FIRST_POLL, LONG_AGO, NOW, REPLACED_AT, Network, report

JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


@pytest.fixture
async def mill(database: Database, network: Network) -> int:
    """A usage point of the South with a meter; the school and the shop are in the North."""
    registry = Registry(database)
    await database.rows("update site set service_centre = 'North', district = 'Medeu'")
    await registry.add_site("S1", "School quarter", district="Medeu", service_centre="North")
    site = await registry.add_site("S2", "Mill", district="Alatau", service_centre="South")
    point = await registry.add_usage_point("UP-3", "Mill", site, "+00:00")
    meter = await registry.add_meter("06855819", "kamstrup-multical-403", "9", network.line, "+00:00")
    await registry.install(point, meter, 1, LONG_AGO)
    return point


@pytest.fixture
async def north(caller: Caller, database: Database) -> AsyncClient:
    """Who may do everything in the North."""
    _, plain = await ApiKeys(database).create("north", list(Scope), service_centres=["North"])
    client = await caller()
    client.headers["Authorization"] = f"Bearer {plain}"
    return client


async def run(client: AsyncClient, database: Database, **scope: Any) -> Response:
    answer = await client.post("/api/v1/billing-runs", json={"month": "2026-01", "scope": scope})
    await Runner(database, Answers(database, lambda: NOW, PollPlan()), lambda: NOW).execute_waiting()
    return answer


@pytest.mark.parametrize(
    ("path", "query", "named", "own"),
    [
        ("service-centres", {}, "name", {"North"}),
        ("sites", {}, "code", {"S1"}),
        ("usage-points", {}, "code", {"UP-1", "UP-2"}),
        ("meters", {}, "serial", {"06855811", "06855812", "06855813"}),
        ("consumption", JANUARY, "usage_point_code", {"UP-1", "UP-2"}),
    ],
)
async def test_lists_tell_of_ones_own_alone(
    north: AsyncClient,
    client: AsyncClient,
    mill: int,
    path: str,
    query: dict[str, str],
    named: str,
    own: set[str],
) -> None:
    async def told(asker: AsyncClient) -> set[Any]:
        body = (await asker.get(f"/api/v1/{path}", params=query)).json()
        return {one[named] for one in (body if isinstance(body, list) else body["items"])}

    assert await told(north) == own
    assert await told(client) > own


async def test_completeness_counts_ones_own_alone(database: Database, mill: int, network: Network) -> None:
    watched = await Completeness(database).watched(Place(area=Area.of("North")))
    assert {one.usage_point_id for one in watched} == {network.school, network.shop}


async def test_the_file_of_consumption_has_ones_own_rows(north: AsyncClient, mill: int) -> None:
    lines = (await north.get("/api/v1/consumption.csv", params=JANUARY)).text.splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == ["UP-1", "UP-2"]


async def test_a_run_of_ones_own_is_made_read_and_corrected(
    north: AsyncClient, database: Database, mill: int, network: Network
) -> None:
    for scope in ({"service_centres": ["North"]}, {"usage_point_ids": [network.school]}):
        made = await run(north, database, **scope)
        assert made.status_code == 202, made.text
        lines = (await north.get(f"{made.headers['Location']}/lines")).json()["items"]
        assert lines[0]["usage_point_code"] == "UP-1"
        number = lines[0]["links"]["provenance"]
        assert (await north.get(number)).status_code == 200
        assert (await north.post(f"{made.headers['Location']}/corrections")).status_code == 202


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"service_centres": ["South"]},
        {"service_centres": ["North", "South"]},
        {"districts": ["Medeu"]},
        {"usage_point_ids": [1, 999]},
    ],
    ids=str,
)
async def test_a_run_that_reaches_outside_is_refused(
    north: AsyncClient, database: Database, mill: int, scope: dict[str, Any]
) -> None:
    answer = await run(north, database, **scope)
    assert answer.status_code == 403
    assert "service centres North" in answer.json()["detail"]


async def test_runs_of_others_are_not_there(
    north: AsyncClient, client: AsyncClient, database: Database, mill: int, network: Network
) -> None:
    for scope in ({}, {"service_centres": ["South"]}, {"usage_point_ids": [network.school, mill]}):
        others = (await run(client, database, **scope)).headers["Location"]
        for path in ("", "/lines", "/lines/1", "/lines.csv", "/lines/1/provenance", "/notices"):
            assert (await north.get(f"{others}{path}")).status_code == 404, path
    assert (await north.get("/api/v1/billing-runs")).json()["items"] == []


async def test_acts_elsewhere_are_not_there(
    north: AsyncClient, client: AsyncClient, database: Database, mill: int, network: Network
) -> None:
    for point, meter in ((network.school, network.new_meter), (mill, network.silent_meter)):
        await database.rows(
            "insert into act (number, kind, usage_point_id, meter_id, at, contents, entered_by, entered_at) "
            """values ($1, 'inspection', $2, $3, $4, '{"serial": "1"}', 'x', $4)""",
            *(f"ТО-{point}", point, meter, NOW),
        )
    own, others = [(await Acts(database).list(point))[0].id for point in (network.school, mill)]
    listed = (await north.get("/api/v1/acts")).json()["items"]
    assert [one["id"] for one in listed] == [own]
    assert (await north.get(f"/api/v1/acts/{own}")).status_code == 200
    assert (await north.get(f"/api/v1/acts/{others}")).status_code == 404
    draft = {"usage_point": mill, "kind": "inspection"}
    assert (await north.post("/api/v1/acts/draft", json=draft)).status_code == 422


async def test_a_meter_that_was_moved_is_seen_where_it_stands_and_its_old_polls_where_it_stood(
    north: AsyncClient, database: Database, mill: int, network: Network
) -> None:
    """The school's old meter hangs in the mill of the South now, and was polled there as well."""
    there = uuid4()
    assert (await north.get(f"/api/v1/meters/{network.old_meter}")).status_code == 200
    await Registry(database).install(mill, network.old_meter, 2, REPLACED_AT + timedelta(days=2))
    later = REPLACED_AT + timedelta(days=3)
    await Polls(database).save(report(there, network.old_meter, later))
    for path in ("", "/readings", "/poll-requests", "/components", "/register-events"):
        answer = await north.get(f"/api/v1/meters/{network.old_meter}{path}", params=JANUARY)
        assert answer.status_code == 404, path
    listed = (await north.get("/api/v1/meters")).json()["items"]
    assert network.old_meter not in {one["id"] for one in listed}
    assert (await north.get(f"/api/v1/polls/{FIRST_POLL}")).status_code == 200
    assert (await north.get(f"/api/v1/polls/{there}")).status_code == 404

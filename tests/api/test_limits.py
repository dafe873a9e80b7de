"""What a caller can ask for costs no more than is allowed, and what goes beyond it is told why."""

from __future__ import annotations

from fastapi import FastAPI
from httpx import AsyncClient

from api.cursors import LONGEST, encode, text_part
from api.errors import LONGEST_LOCATION, MOST_FAULTS
from api.keys import Scope
from metering.reported_rows import MOST_ROWS
from tests.api.conftest import Caller
from tests.api.network import Network
from tests.api.test_errors import checked

SURVEYS = "/api/v1/signal-surveys"


async def test_of_many_faults_the_first_are_told_and_the_others_counted(client: AsyncClient) -> None:
    unknown = {f"unknown_{number}": 0 for number in range(1000)}
    body = checked(await client.post(SURVEYS, json={"line_id": 1} | unknown), 422)
    assert len(body["errors"]) == MOST_FAULTS
    assert body["detail"].endswith(f"; and {1000 - MOST_FAULTS} more")


async def test_a_long_name_of_a_field_is_not_told_in_full(client: AsyncClient) -> None:
    body = checked(await client.post(SURVEYS, json={"line_id": 1, "x" * 50_000: 0}), 422)
    assert [len(fault["location"]) for fault in body["errors"]] == [LONGEST_LOCATION]
    assert len(body["detail"]) < 2 * LONGEST_LOCATION


async def test_a_cursor_goes_on_with_its_own_question_alone(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/meters/{network.new_meter}/readings"
    asked = {"kind": "hour", "from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z", "limit": "1"}
    cursor = {"cursor": (await client.get(path, params=asked)).json()["next_cursor"]}
    others = [
        (path.replace("readings", "snapshots"), asked | cursor),
        (path, asked | cursor | {"from": "2025-12-01T00:00:00Z"}),
        (path, asked | cursor | {"quantity": "energy_heating"}),
    ]
    for other, params in others:
        body = checked(await client.get(other, params=params), 422)
        assert "not given out for this question" in body["detail"]
    assert (await client.get(path, params=asked | cursor | {"limit": "2"})).status_code == 200


async def test_a_cursor_of_one_collection_is_refused_by_another_one(
    client: AsyncClient, network: Network
) -> None:
    page = (await client.get("/api/v1/usage-points", params={"limit": 1})).json()
    cursor = {"cursor": page["next_cursor"], "limit": 1}
    assert (await client.get("/api/v1/usage-points", params=cursor)).status_code == 200
    checked(await client.get("/api/v1/meters", params=cursor), 422)


def test_a_cursor_has_room_for_two_of_the_longest_names() -> None:
    name = "\N{FLAG IN HOLE}" * 500
    assert len(encode(1, text_part(name), text_part(name), "2026-01-31", "total")) <= LONGEST


async def test_one_registry_file_is_taken_over_at_a_time(app: FastAPI, caller: Caller) -> None:
    client = await caller(Scope.REGISTRY_WRITE)
    asked = {"sheet": "sites", "dry_run": "true"}
    async with app.state.importing:
        body = checked(await client.post("/api/v1/registry/import", params=asked, content=b"code\n"), 409)
        assert "being taken over" in body["detail"]
    assert (await client.post("/api/v1/registry/import", params=asked, content=b"code\n")).status_code == 200


async def test_a_table_of_as_many_reported_readings_as_are_taken_fits_into_a_request(
    caller: Caller, network: Network
) -> None:
    client = await caller(Scope.READINGS_WRITE)
    table = "usage_point,at,value,unit,source\n" + f"UP-1,{'x' * 70},1,kWh,paper\n" * MOST_ROWS
    answer = await client.post("/api/v1/reported-readings/import", content=table)
    assert (answer.status_code, len(answer.json()["bad"])) == (200, MOST_ROWS)
    checked(await client.post("/api/v1/reported-readings/import", content=table * 2), 413)

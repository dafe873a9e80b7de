"""Meters that are asked for now: one by one, a line at once; watched, cancelled, answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

import api.routes.poll_requests
from api.keys import Scope
from api.watchers import Watchers
from metering.polls import Outcome
from storage.jobs import Jobs
from storage.poll_requests import MOST_OF_METER, PollRequests
from storage.polls import Polls
from storage.pool import Database
from storage.usage_points import Registry
from tests.api.conftest import Caller
from tests.api.network import NOW, Network, hour, report

HOURS = {"kind": "archive", "archive": "hour", "from": "2026-01-20T00:00:00Z", "to": "2026-01-20T03:00:00Z"}
ANSWER = UUID(int=77)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.routes.poll_requests, "PAUSE", 0.01)


async def ask(client: AsyncClient, meter: int, **wanted: str) -> Response:
    return await client.post(f"/api/v1/meters/{meter}/poll-requests", json=wanted or {"kind": "now"})


def lines(answer: Response) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_request_waits_and_its_line_is_first_in_the_queue(
    client: AsyncClient, network: Network, database: Database
) -> None:
    answer = await ask(client, network.new_meter)
    body = answer.json()
    assert (answer.status_code, body["state"], body["operator"]) == (202, "queued", "test")
    assert (body["meter_id"], body["line_id"], body["kind"]) == (network.new_meter, network.line, "now")
    assert (body["requested_at"], body["elapsed"], body["remaining"]) == ("2026-02-01T09:00:00Z", None, None)
    assert answer.headers["location"] == body["links"]["self"]
    assert await database.value("select max(priority) from pgqueuer") == 100


async def test_whoever_asks_the_same_gets_the_one_that_waits(
    client: AsyncClient, network: Network, database: Database
) -> None:
    first, second = [await ask(client, network.new_meter) for _ in range(2)]
    assert first.json() == second.json()
    assert sum((await Jobs(database).depth()).values()) == 1


async def test_an_archive_is_named_by_its_slots(client: AsyncClient, network: Network) -> None:
    body = (await ask(client, network.new_meter, **HOURS)).json()
    assert {name: body[name] for name in HOURS} == HOURS


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "archive"},
        {"kind": "now", "archive": "hour"},
        HOURS | {"to": HOURS["from"]},
        HOURS | {"to": "2036-01-20T00:00:00Z"},
        {"kind": "everything"},
        {"kind": "now", "whose": "mine"},
    ],
    ids=["no range", "a range too many", "empty", "too long", "unknown kind", "unknown field"],
)
async def test_what_cannot_be_asked_is_refused(
    client: AsyncClient, network: Network, wanted: dict[str, str]
) -> None:
    answer = await ask(client, network.new_meter, **wanted)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_too_many_requests_are_a_conflict(client: AsyncClient, network: Network) -> None:
    for day in range(MOST_OF_METER):
        await ask(client, network.new_meter, **(HOURS | {"to": f"2026-01-{21 + day}T00:00:00Z"}))
    answer = await ask(client, network.new_meter)
    assert (answer.status_code, "cancel" in answer.json()["next_step"]) == (409, True)


async def test_a_line_is_asked_meter_by_meter(
    client: AsyncClient, network: Network, database: Database
) -> None:
    body = (await client.post(f"/api/v1/lines/{network.line}/poll-requests")).json()
    assert body["line_id"] == network.line
    meters = {one["meter_id"] for one in body["items"]}
    assert meters == {network.old_meter, network.new_meter, network.silent_meter}
    assert sum((await Jobs(database).depth()).values()) == 1


async def test_a_line_without_meters_is_a_conflict_and_one_that_is_not_there_is_not_found(
    client: AsyncClient, database: Database
) -> None:
    empty = await Registry(database).add_line("tcp://10.0.0.9:4001", "10.0.0.9:4001")
    answers = [await client.post(f"/api/v1/lines/{line}/poll-requests") for line in (empty, empty + 1)]
    assert [one.status_code for one in answers] == [409, 404]
    assert await Jobs(database).depth() == {}


async def test_what_was_asked_of_a_meter_page_by_page(client: AsyncClient, network: Network) -> None:
    asked = [(await ask(client, network.new_meter, **one)).json()["id"] for one in ({}, HOURS)]
    path = f"/api/v1/meters/{network.new_meter}/poll-requests"
    first = (await client.get(path, params={"limit": "1"})).json()
    second = (await client.get(path, params={"limit": "1", "cursor": first["next_cursor"]})).json()
    assert {one["id"] for one in first["items"] + second["items"]} == set(asked)


async def test_how_far_it_has_come_and_how_long_the_rest_takes(
    client: AsyncClient, network: Network, database: Database
) -> None:
    body = (await ask(client, network.new_meter)).json()
    requests, begun_at = PollRequests(database), NOW - timedelta(seconds=30)
    await database.rows("update poll_request set requested_at = $1", begun_at)
    await requests.progress(UUID(body["id"]), begun_at, 24, 72)
    found = (await client.get(body["links"]["self"])).json()
    assert (found["state"], found["steps"], found["result"]) == ("running", {"done": 24, "wanted": 72}, None)
    assert found["elapsed"] == {"value": "30", "unit": "s"}
    assert found["remaining"] == {"value": "60", "unit": "s"}


async def finish(database: Database, meter: int, request: str, outcome: Outcome = Outcome.OK) -> None:
    poll = report(ANSWER, meter, NOW + timedelta(seconds=5), [hour(NOW - timedelta(days=1), "7")])
    await Polls(database).save(replace(poll, request_id=UUID(request), outcome=outcome))


async def test_the_result_says_what_was_learned(
    client: AsyncClient, network: Network, database: Database
) -> None:
    body = (await ask(client, network.new_meter)).json()
    await finish(database, network.new_meter, body["id"])
    found = (await client.get(body["links"]["self"])).json()
    assert (found["state"], found["links"]["poll"]) == ("done", f"/api/v1/polls/{ANSWER}")
    assert found["result"] == {
        "outcome": "ok",
        "serial": "06855817",
        "clock_difference_seconds": -3.0,
        "round_trip": {"value": "0", "unit": "s"},
        "signal": None,
        "signal_at": None,
        "records": 1,
        "gaps": 0,
    }


async def test_what_waits_is_cancelled_at_once_and_only_once(
    client: AsyncClient, network: Network, caller: Caller
) -> None:
    body = (await ask(client, network.new_meter)).json()
    cancelled = (await client.post(f"{body['links']['self']}/cancel")).json()
    assert (cancelled["state"], cancelled["message"]) == ("cancelled", "Cancelled by test.")
    assert (await client.post(f"{body['links']['self']}/cancel")).json() == cancelled
    reader = await caller(Scope.POLLS_READ)
    assert (await reader.post(f"{body['links']['self']}/cancel")).status_code == 403


async def test_progress_is_streamed_until_the_end(
    client: AsyncClient, network: Network, database: Database
) -> None:
    body = (await ask(client, network.new_meter)).json()
    watched = asyncio.create_task(client.get(body["links"]["events"]))
    await PollRequests(database).progress(UUID(body["id"]), NOW, 24, 72)
    await finish(database, network.new_meter, body["id"])
    async with asyncio.timeout(10):
        answer = await watched
    assert answer.headers["content-type"] == "application/x-ndjson"
    told = lines(answer)
    assert told[-1] == (await client.get(body["links"]["self"])).json()
    assert told[-1]["state"] == "done"


async def test_the_stream_of_what_has_ended_is_one_line(client: AsyncClient, network: Network) -> None:
    body = (await ask(client, network.new_meter)).json()
    await client.post(f"{body['links']['self']}/cancel")
    (only,) = lines(await client.get(body["links"]["events"]))
    assert only["state"] == "cancelled"


async def test_a_stream_tells_that_it_lives_and_ends_in_time(
    client: AsyncClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.routes.poll_requests, "LONGEST", 0.2)
    monkeypatch.setattr(api.routes.poll_requests, "LONGEST_SILENCE", 0.05)
    body = (await ask(client, network.new_meter)).json()
    told = lines(await client.get(body["links"]["events"]))
    assert len(told) > 1
    assert {one["state"] for one in told} == {"queued"}


async def test_too_many_streams_are_refused_until_one_ends(
    client: AsyncClient, app: FastAPI, network: Network
) -> None:
    app.state.watchers = Watchers(most=1)
    body = (await ask(client, network.new_meter)).json()
    open_stream = app.state.watchers.counted(endless())
    await anext(open_stream)
    refused = await client.get(body["links"]["events"])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert refused.headers["content-type"] == "application/problem+json"
    await open_stream.aclose()
    await client.post(f"{body['links']['self']}/cancel")
    assert (await client.get(body["links"]["events"])).status_code == 200


async def endless() -> AsyncIterator[str]:
    while True:
        yield ""


@pytest.mark.parametrize("path", ["", "/events"])
async def test_a_request_that_is_not_there(client: AsyncClient, database: Database, path: str) -> None:
    answer = await client.get(f"/api/v1/poll-requests/{UUID(int=4)}{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

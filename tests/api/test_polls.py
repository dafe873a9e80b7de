"""Polls down to the bytes, and the request to poll now."""

from __future__ import annotations

from httpx import AsyncClient

from storage.jobs import Jobs
from storage.pool import Database
from tests.api.network import FIRST_POLL, NOW, SECOND_POLL, THIRD_POLL, Network


async def test_polls_newest_first_page_by_page(client: AsyncClient, network: Network) -> None:
    found, cursor = [], {}
    for _ in range(3):
        page = (await client.get("/api/v1/polls", params={"limit": "1"} | cursor)).json()
        found += [poll["id"] for poll in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert found == [str(THIRD_POLL), str(SECOND_POLL), str(FIRST_POLL)]


async def test_polls_of_one_meter_since(client: AsyncClient, network: Network) -> None:
    query = {"meter_id": network.new_meter, "since": "2026-02-01T08:30:00Z"}
    items = (await client.get("/api/v1/polls", params=query)).json()["items"]
    assert [poll["id"] for poll in items] == [str(THIRD_POLL)]


async def test_a_poll_says_how_it_went(client: AsyncClient, network: Network) -> None:
    poll = (await client.get(f"/api/v1/polls/{FIRST_POLL}")).json()
    assert (poll["outcome"], poll["collector"], poll["meter_id"]) == ("ok", "almaty-1", network.old_meter)
    assert (poll["identity"]["serial"], poll["settings"]) == ("06855817", {"energy_unit": "kWh"})
    assert poll["clock_difference_seconds"] == -3.0


async def test_frames_are_the_bytes_as_they_went(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/polls/{FIRST_POLL}/frames"
    first = (await client.get(path, params={"limit": "1"})).json()
    second = (await client.get(path, params={"cursor": first["next_cursor"]})).json()
    assert [(one["number"], one["direction"], one["hex"]) for one in first["items"] + second["items"]] == [
        (1, "sent", "10 40 4A 8A 16"),
        (2, "received", "E5"),
    ]


async def test_a_poll_request_becomes_one_job_however_often(
    client: AsyncClient, network: Network, database: Database
) -> None:
    for _ in range(2):
        answer = await client.post(f"/api/v1/lines/{network.line}/poll-requests")
        assert answer.status_code == 202
        assert answer.json() == {
            "line_id": network.line,
            "status": "queued",
            "requested_at": NOW.isoformat().replace("+00:00", "Z"),
        }
    assert sum((await Jobs(database).depth()).values()) == 1


async def test_a_line_that_is_not_there_cannot_be_polled(client: AsyncClient, database: Database) -> None:
    answer = await client.post("/api/v1/lines/1/poll-requests")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no line 1.")
    assert await Jobs(database).depth() == {}

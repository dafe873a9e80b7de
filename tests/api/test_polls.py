"""Polls down to the bytes."""

from __future__ import annotations

import pytest
from httpx import AsyncClient

from tests.api.network import FIRST_POLL, SECOND_POLL, THIRD_POLL, Network


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


@pytest.mark.parametrize(("asked", "found"), [("ok", 3), ("meter_silent", 0)])
async def test_polls_on_a_line_by_outcome(
    client: AsyncClient, network: Network, asked: str, found: int
) -> None:
    query = {"line_id": network.line, "outcome": asked}
    assert len((await client.get("/api/v1/polls", params=query)).json()["items"]) == found
    elsewhere = {"line_id": network.line + 1, "outcome": asked}
    assert (await client.get("/api/v1/polls", params=elsewhere)).json()["items"] == []


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

"""Devices in quarantine: listed with a sentence, taken off the list."""

from __future__ import annotations

import pytest
from httpx import AsyncClient

from storage.pool import Database
from tests.api.modem_network import NAMELESS, STRANGER, build_modems

STRANGERS = "/api/v1/strangers"


@pytest.fixture(autouse=True)
async def modems(database: Database) -> None:
    await build_modems(database)


async def test_those_that_came_last_come_first_page_by_page(client: AsyncClient) -> None:
    found, cursor = [], {}
    while cursor.get("cursor", "") is not None:
        page = (await client.get(STRANGERS, params={"limit": 1, **cursor})).json()
        found += [one["identity"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert found == [STRANGER.identity, NAMELESS.identity]


async def test_a_stranger_is_told_in_fields_and_in_a_sentence(client: AsyncClient) -> None:
    often, once = (await client.get(STRANGERS)).json()["items"]
    assert often == {
        "identity": "860000000000001",
        "kind": "imei",
        "address": "10.9.9.9",
        "first_at": "2026-02-01T07:00:00Z",
        "last_at": "2026-02-01T08:00:00Z",
        "times": 12,
        "hello": "38 36 FF",
        "listener": ":5000",
        "collector": "almaty-1",
        "sentence": "Seen 12 times since 2026-02-01T07:00:00Z from 10.9.9.9, says imei 860000000000001.",
    }
    assert once["sentence"].startswith("Seen once on 2026-01-31T09:00:00Z from 10.9.9.8, says text")


async def test_one_that_is_of_no_interest_is_taken_off_the_list(client: AsyncClient) -> None:
    for _ in range(2):
        answer = await client.delete(STRANGERS, params={"identity": STRANGER.identity})
        assert (answer.status_code, answer.content) == (204, b"")
    left = (await client.get(STRANGERS)).json()["items"]
    assert [one["identity"] for one in left] == [NAMELESS.identity]


@pytest.mark.parametrize("cursor", ["MQ==", "MQoy", "MjAyNi0wMS0wMVQwMDowMDowMFoKMDA="])
async def test_a_cursor_that_was_not_given_out(client: AsyncClient, cursor: str) -> None:
    """One part, no instant in the first, and a zero in the second's text."""
    assert (await client.get(STRANGERS, params={"cursor": cursor})).status_code == 422

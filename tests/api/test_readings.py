"""Stored readings over HTTP: pages in a stable order, absence with its reason, gaps and revisions."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from tests.api.network import SECOND_POLL, THIRD_POLL, Network

JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-02T00:00:00Z"}


async def every_page(client: AsyncClient, path: str, limit: int, **query: str) -> list[Any]:
    """All items, fetched in pages of so many."""
    items: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(path, params=JANUARY | query | cursor | {"limit": str(limit)})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def test_hours_carry_amounts_with_their_origin(client: AsyncClient, network: Network) -> None:
    first, second, absent = await every_page(
        client, f"/api/v1/meters/{network.new_meter}/readings", 100, kind="hour"
    )
    assert (first["start"], first["end"]) == ("2026-01-20T00:00:00Z", "2026-01-20T01:00:00Z")
    assert first["amount"] == {"value": "0.004299", "unit": "Gcal"}  # 5 kWh x 0.0008598
    assert first["origin"]["raw"] == {"value": "5", "unit": "kWh"}
    assert (first["origin"]["factor"], first["origin"]["factor_set"]) == ("0.0008598", "kyivenergo")
    assert first["origin"]["links"]["frames"] == f"/api/v1/polls/{SECOND_POLL}/frames"
    assert first["meter_time"] == "2026-01-20T00:00:00"
    assert second["amount"]["value"] == "0.0060186"  # 7 kWh, re-read
    assert (absent["amount"], absent["absence"], absent["origin"]["raw"]) == (None, "invalid_mark", None)


async def test_a_replaced_value_is_kept_and_says_by_which_poll(client: AsyncClient, network: Network) -> None:
    (revision,) = await every_page(client, f"/api/v1/meters/{network.new_meter}/revisions", 100)
    assert revision["old"]["amount"]["value"] == "0.0051588"  # 6 kWh
    assert revision["replaced_by"] == f"/api/v1/polls/{THIRD_POLL}"


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_what_a_meter_reported_is_listed_by_page(
    client: AsyncClient, network: Network, limit: int
) -> None:
    items = await every_page(client, f"/api/v1/meters/{network.new_meter}/conditions", limit)
    assert [(one["condition"], one["circuit"], one["place"], one["code"]) for one in items] == [
        ("power_failure", 0, "", ""),
        ("unknown", 0, "", "info code 7"),
        ("sensor_short", 1, "temperature_return", ""),
    ]
    assert {(one["kind"], one["links"]["poll"]) for one in items} == {
        ("snapshot", f"/api/v1/polls/{SECOND_POLL}")
    }


async def test_a_gap_says_why(client: AsyncClient, network: Network) -> None:
    (gap,) = await every_page(client, f"/api/v1/meters/{network.new_meter}/gaps", 100)
    assert (gap["start"], gap["reason"], gap["poll"]) == (
        "2026-01-20T03:00:00Z",
        "no_record",
        f"/api/v1/polls/{SECOND_POLL}",
    )


async def test_a_usage_point_reads_on_over_a_replacement(client: AsyncClient, network: Network) -> None:
    items = await every_page(client, f"/api/v1/usage-points/{network.school}/readings", 100, kind="total")
    assert [(item["meter_id"], item["start"]) for item in items] == [
        (network.old_meter, "2026-01-01T00:00:00Z"),
        (network.old_meter, "2026-01-11T00:00:00Z"),
        (network.new_meter, "2026-02-01T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/usage-points/{0.school}/readings", {"kind": "total"}),
        ("/api/v1/meters/{0.new_meter}/readings", {"kind": "hour"}),
        ("/api/v1/meters/{0.new_meter}/snapshots", {}),
        ("/api/v1/meters/{0.new_meter}/gaps", {}),
        ("/api/v1/meters/{0.new_meter}/revisions", {}),
    ],
)
async def test_small_pages_give_what_one_large_page_gives(
    client: AsyncClient, network: Network, path: str, query: dict[str, str]
) -> None:
    address = path.format(network)
    whole = await every_page(client, address, 1000, **query)
    assert whole
    for limit in (1, 2, 3):
        assert await every_page(client, address, limit, **query) == whole


async def test_snapshots_come_newest_first(client: AsyncClient, network: Network) -> None:
    items = await every_page(client, f"/api/v1/meters/{network.new_meter}/snapshots", 100)
    assert [item["read_at"] for item in items] == ["2026-02-01T08:00:00Z", "2026-01-16T12:00:00Z"]


async def test_one_quantity_alone(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/meters/{network.new_meter}/readings"
    assert await every_page(client, path, 100, kind="hour", quantity="volume") == []
    assert len(await every_page(client, path, 100, kind="hour", quantity="energy_heating")) == 3


async def test_a_cursor_that_was_not_given_out_is_refused(client: AsyncClient, network: Network) -> None:
    forged = ["AAAA", "bm9uc2Vuc2U=", "MAowCjAKMA==", "not base64 !", "x" * 401]
    for collection in ("readings", "snapshots", "gaps", "revisions"):
        for cursor in forged:
            answer = await client.get(
                f"/api/v1/meters/{network.new_meter}/{collection}",
                params=JANUARY | {"kind": "hour", "cursor": cursor},
            )
            assert answer.status_code == 422, (collection, cursor)

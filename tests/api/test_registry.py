"""Usage points, meters and lines as they are registered, and how their last poll went."""

from __future__ import annotations

from httpx import AsyncClient

from storage.pool import Database
from tests.api.network import THIRD_POLL, Network
from tests.support.modems import called_line


async def test_usage_points_page_by_page(client: AsyncClient, network: Network) -> None:
    first = (await client.get("/api/v1/usage-points", params={"limit": 1})).json()
    assert [point["code"] for point in first["items"]] == ["UP-1"]
    second = (
        await client.get("/api/v1/usage-points", params={"limit": 1, "cursor": first["next_cursor"]})
    ).json()
    assert [point["code"] for point in second["items"]] == ["UP-2"]
    last = (
        await client.get("/api/v1/usage-points", params={"limit": 1, "cursor": second["next_cursor"]})
    ).json()
    assert last == {"items": [], "next_cursor": None}


async def test_a_usage_point_names_every_meter_it_had(client: AsyncClient, network: Network) -> None:
    point = (await client.get(f"/api/v1/usage-points/{network.school}")).json()
    assert (point["name"], point["factor_set"]) == ('Школа "12", котельная', "kyivenergo")
    assert (point["site"]["code"], point["site"]["district"]) == ("S1", "")
    assert [(one["meter_id"], one["removed_at"]) for one in point["installations"]] == [
        (network.old_meter, "2026-01-16T12:00:00Z"),
        (network.new_meter, None),
    ]


async def test_a_meter_says_how_its_last_poll_went_and_how_old_its_values_are(
    client: AsyncClient, network: Network
) -> None:
    meter = (await client.get(f"/api/v1/meters/{network.new_meter}")).json()
    assert (meter["serial"], meter["model"]) == ("06855812", "kamstrup-multical-403")
    assert (meter["last_poll"]["id"], meter["last_poll"]["outcome"]) == (str(THIRD_POLL), "ok")
    assert (meter["last_reading_at"], meter["last_reading_age_seconds"]) == ("2026-02-01T08:00:00Z", 3600)


async def test_a_meter_that_never_answered_says_so(client: AsyncClient, network: Network) -> None:
    meter = (await client.get(f"/api/v1/meters/{network.silent_meter}")).json()
    assert (meter["last_poll"], meter["last_reading_at"], meter["last_reading_age_seconds"]) == (None,) * 3
    meters = (await client.get("/api/v1/meters")).json()["items"]
    assert [one["last_poll"] is None for one in meters] == [False, False, True]


async def test_a_line(client: AsyncClient, network: Network) -> None:
    line = (await client.get(f"/api/v1/lines/{network.line}")).json()
    assert line == {"id": network.line, "url": "tcp://10.0.0.5:4001", "collector": None, "pool": None}


async def test_a_line_that_is_called_names_its_pool(client: AsyncClient, database: Database) -> None:
    line = await called_line(database)
    assert (await client.get(f"/api/v1/lines/{line}")).json()["pool"] == "main"

"""Reads by billing and changes are recorded; nothing is lost while the database is away or at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from api.audit import AccessBook
from api.keys import Scope
from metering.errors import StorageUnavailable
from storage.access_log import Access, AccessLog
from storage.keys import ApiKeys
from storage.pool import Database
from tests.api.conftest import Caller
from tests.api.network import NOW, Network

JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


async def recorded(app: FastAPI, database: Database) -> list[Access]:
    """In the order of the requests."""
    await app.state.access_book.close()
    return [access for _, access in reversed(await AccessLog(database).page())]


async def test_reads_by_billing_are_recorded_and_others_are_not(
    client: AsyncClient, network: Network, app: FastAPI, database: Database
) -> None:
    path = f"/api/v1/usage-points/{network.school}/consumption"
    await client.get(path, params=JANUARY)
    await client.get(f"/api/v1/usage-points/{network.school}")
    await client.get("/health/live")
    (access,) = await recorded(app, database)
    assert (access.at, access.caller, access.method, access.path) == (NOW, "test", "GET", path)
    assert access.query == "from=2026-01-01T00%3A00%3A00Z&to=2026-02-01T00%3A00%3A00Z"
    assert access.status == 200


async def test_changes_are_recorded_whatever_became_of_them(
    client: AsyncClient, network: Network, app: FastAPI, database: Database
) -> None:
    path = f"/api/v1/usage-points/{network.school}/poll-plan"
    await client.put(path, json={"settings": {"polls_per_day": 2}})
    await client.put("/api/v1/usage-points/4711/poll-plan", json={"settings": {}})
    await client.delete(path)
    assert [(one.method, one.status // 100) for one in await recorded(app, database)] == [
        ("PUT", 2),
        ("PUT", 4),
        ("DELETE", 2),
    ]


async def test_who_may_not_is_recorded_and_who_has_no_key_is_not(
    caller: Caller, network: Network, app: FastAPI, database: Database
) -> None:
    path = f"/api/v1/usage-points/{network.school}/consumption"
    await (await caller(Scope.POLLS_READ)).get(path, params=JANUARY)
    await (await caller()).get(path, params=JANUARY)
    assert [one.status for one in await recorded(app, database)] == [403]


async def test_the_log_is_paged_the_newest_first(client: AsyncClient, app: FastAPI) -> None:
    for number in range(1, 6):
        await client.delete(f"/api/v1/strangers?identity={number}")
    await app.state.access_book.close()
    first = (await client.get("/api/v1/access-log", params={"limit": 3})).json()
    second = (
        await client.get("/api/v1/access-log", params={"limit": 3, "cursor": first["next_cursor"]})
    ).json()
    queries = [one["query"] for one in (*first["items"], *second["items"])]
    assert queries == [f"identity={number}" for number in range(5, 0, -1)]
    assert second["next_cursor"] is None


class Unsteady(AccessLog):
    """Takes nothing as long as the database is away."""

    def __init__(self) -> None:
        self.away = True
        self.kept: list[Access] = []

    async def keep(self, accesses: Sequence[Access]) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise StorageUnavailable("away")
        self.kept += accesses


def access(number: int) -> Access:
    return Access(NOW, 1, "test", "PUT", f"/api/v1/{number}", "", 200)


async def test_what_the_database_did_not_take_is_written_when_it_is_back() -> None:
    log = Unsteady()
    book = AccessBook(log, retry=0.001)
    for number in range(1200):
        await book.add(access(number))
    await asyncio.sleep(0.01)
    assert not log.kept
    log.away = False
    await book.close()
    assert log.kept == [access(number) for number in range(1200)]


async def test_what_cannot_be_written_at_the_end_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    book = AccessBook(Unsteady(), retry=0.001)
    await book.add(access(7))
    await book.close(patience=0.01)
    assert "/api/v1/7" in caplog.text


async def test_a_key_asks_no_faster_than_it_may(app: FastAPI, database: Database, caller: Caller) -> None:
    _, plain = await ApiKeys(database).create("hasty", [Scope.REGISTRY_READ], requests_per_minute=2)
    client = await caller()
    client.headers["Authorization"] = f"Bearer {plain}"
    answers = [await client.get("/api/v1/meters") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
    assert answers[-1].json()["type"] == "urn:teplo:problem:too-many-requests"


async def test_a_key_of_a_district_sees_its_own_and_nothing_else(
    app: FastAPI, database: Database, caller: Caller, network: Network
) -> None:
    await database.value("update site set service_centre = 'North' where code = 'S1'")
    client = await caller()
    for centre, found in (("North", 200), ("South", 404)):
        _, plain = await ApiKeys(database).create("partly", list(Scope), service_centres=[centre])
        client.headers["Authorization"] = f"Bearer {plain}"
        paths = [f"usage-points/{network.school}", f"meters/{network.new_meter}", f"lines/{network.line}"]
        assert [(await client.get(f"/api/v1/{one}")).status_code for one in paths] == [found] * 3
        assert (await client.get("/api/v1/meters/4711")).status_code == 404
        assert (await client.get("/api/v1/polls")).status_code == 403, "of the whole utility"

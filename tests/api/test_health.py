"""Liveness asks nothing; readiness asks the database."""

from __future__ import annotations

from httpx import ASGITransport, AsyncClient

from api.app import create_app
from storage.pool import Database
from tests.api.conftest import Caller
from tests.api.network import NOW


async def test_a_migrated_database_is_ready(caller: Caller) -> None:
    client = await caller()
    assert (await client.get("/health/live")).json() == {"status": "live"}
    ready = (await client.get("/health/ready")).json()
    assert ready["status"] == "ready"
    assert ready["schema_revision"]


async def test_a_database_without_a_schema_is_not_ready(empty_database_url: str) -> None:
    async with Database(empty_database_url) as database:
        transport = ASGITransport(create_app(database, now=lambda: NOW))
        async with AsyncClient(transport=transport, base_url="http://teplo") as client:
            assert (await client.get("/health/ready")).status_code == 503

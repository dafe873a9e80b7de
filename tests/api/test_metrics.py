"""What Prometheus reads of the API, with the parser of Prometheus' own client."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from api.keys import Scope
from storage.collectors import Collectors
from storage.pool import Database
from storage.spools import Spools
from tests.api.conftest import Caller
from tests.api.network import NOW
from tests.support.archive import DAY, HOUR, known_model, polled, state, store
from tests.support.registry import place


@pytest.fixture(autouse=True)
async def network(database: Database) -> None:
    """A meter that was read, a silent one, and a collector whose disk holds five entries."""
    await known_model(database)
    good, silent = await place(database), await place(database, 2)
    await database.rows("update site set district = 'North'")
    await database.rows("update meter set registered_at = '2025-01-01'")
    await state(
        database, good.meter, "ok", NOW - HOUR, ok_at=NOW - HOUR, read_at=NOW - HOUR, level_at=NOW - HOUR
    )
    await state(
        database, silent.meter, "meter_silent", NOW - HOUR, 6, read_at=NOW - 3 * DAY, ok_at=NOW - 3 * DAY
    )
    hour = NOW.replace(minute=0)
    poll = await polled(database, good.meter, NOW - 2 * DAY)
    await store(database, good.meter, poll, [hour - number * HOUR for number in range(25, 45)])
    await Collectors(database).claim("main", uuid4(), timedelta(hours=1))
    await Spools(database).tell("main", 5, 600, 10_000, NOW - timedelta(minutes=2))


async def shown(client: AsyncClient) -> dict[tuple[str, ...], float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (one.name.removeprefix("teplo_"), *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


async def test_the_network_in_numbers(client: AsyncClient) -> None:
    """Of 24 hours that began a day or two ago, 20 of one meter are stored and none of the other's."""
    found = await shown(client)
    expected = {
        ("polls_today", "ok"): 1,
        ("polls_today", "meter_silent"): 1,
        ("polls_today", "busy"): 0,
        ("meters", "meter_silent"): 1,
        ("lines", "up"): 2,
        ("lines", "down"): 0,
        ("queue", "queued"): 0,
        ("collector_alive", "main"): 1,
        ("spool_entries", "main"): 5,
        ("spool_age_seconds", "main"): 120,
        ("problems", "not_read"): 1,
        ("problems", "strangers"): 0,
        ("slots_wanted", "North", "hour"): 48,
        ("slots_stored", "North", "hour"): 20,
        ("slots_missing", "North", "hour"): 28,
    }
    assert {name: found[name] for name in expected} == expected


async def test_numbers_are_kept_for_a_while(client: AsyncClient, app: FastAPI, database: Database) -> None:
    before = await shown(client)
    await Spools(database).tell("main", 9, 900, 10_000, None)
    assert (await shown(client))["spool_entries", "main"] == before["spool_entries", "main"] == 5


async def test_no_label_names_a_meter_or_a_line(client: AsyncClient) -> None:
    values = {label for name in await shown(client) for label in name[1:]}
    assert not {label for label in values if "10.0.0." in label or label.startswith("0000000")}


async def test_a_key_is_needed(caller: Caller) -> None:
    assert (await (await caller()).get("/metrics")).status_code == 401
    assert (await (await caller(Scope.BILLING_READ)).get("/metrics")).status_code == 403

"""The vocabulary of outcomes, and how often each word came up."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from metering.outcomes import OUTCOMES
from metering.polls import Outcome
from storage.pool import Database
from teplo.texts import translator
from tests.support.archive import DAY, MIDNIGHT, polled
from tests.support.modems import inbound_line
from tests.support.registry import Place, place

COUNTS = "/api/v1/outcome-counts"
PERIOD = {"from": "2026-01-08T00:00:00Z", "to": "2026-01-11T00:00:00Z"}


@pytest.fixture
async def places(database: Database) -> tuple[Place, Place]:
    """One read twice and once silent in two days; one whose line was busy. The last poll is out of range."""
    first, second = await place(database), await place(database, 2)
    await database.rows("update site set district = code, service_centre = 'City'")
    for meter, at, outcome in (
        (first.meter, MIDNIGHT, "ok"),
        (first.meter, MIDNIGHT, "ok"),
        (first.meter, MIDNIGHT + DAY, "meter_silent"),
        (second.meter, MIDNIGHT, "busy"),
        (first.meter, MIDNIGHT + 9 * DAY, "ok"),
    ):
        await polled(database, meter, at, outcome)
    return first, second


async def counted(client: AsyncClient, by: str, **asked: object) -> list[dict[str, Any]]:
    answer = await client.get(COUNTS, params={**PERIOD, "by": by, **asked})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
async def test_every_word_is_explained_in_every_language(
    client: AsyncClient, app: FastAPI, language: str
) -> None:
    app.state.translators = translator
    items = (await client.get("/api/v1/outcomes", params={"language": language})).json()["items"]
    assert [one["outcome"] for one in items] == [outcome.value for outcome in Outcome]
    for one in items:
        explanation = OUTCOMES[Outcome(one["outcome"])].translated(translator(language))
        assert (one["meaning"], one["cause"], one["next_step"]) == explanation


async def test_another_language_is_refused(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/outcomes", params={"language": "de"})).status_code == 422


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("meter", [("00000001", "meter_silent", 1), ("00000001", "ok", 2), ("00000002", "busy", 1)]),
        ("day", [("2026-01-09", "busy", 1), ("2026-01-09", "ok", 2), ("2026-01-10", "meter_silent", 1)]),
        ("district", [("site-1", "meter_silent", 1), ("site-1", "ok", 2), ("site-2", "busy", 1)]),
        ("service_centre", [("City", "busy", 1), ("City", "meter_silent", 1), ("City", "ok", 2)]),
        ("modem", []),
    ],
)
async def test_counted_by(
    client: AsyncClient, places: tuple[Place, Place], by: str, told: list[tuple[str, str, int]]
) -> None:
    assert [(one["name"], one["outcome"], one["polls"]) for one in await counted(client, by)] == told


async def test_counted_with_what_polls_cost(client: AsyncClient, places: tuple[Place, Place]) -> None:
    """Each day's first poll of a word is counted with 3 s, 20 bytes out and 100 in."""
    (one,) = await counted(client, "line", line_id=places[1].line)
    assert (one["id"], one["name"]) == (places[1].line, "tcp://10.0.0.2:4001")
    assert one["air_time"] == {"value": "3", "unit": "s"}
    assert (one["sent"]["value"], one["received"]["value"]) == ("20", "100")


async def test_counted_by_the_modem_at_the_meters_end(
    client: AsyncClient, database: Database, places: tuple[Place, Place]
) -> None:
    inbound = await inbound_line(database, "356938035643809")
    await database.rows("update meter set line_id = $1 where id = $2", inbound.line_id, places[0].meter)
    found = await counted(client, "modem")
    assert {(one["id"], one["outcome"], one["polls"]) for one in found} == {
        (inbound.modem_id, "ok", 2),
        (inbound.modem_id, "meter_silent", 1),
    }


async def test_page_by_page(client: AsyncClient, places: tuple[Place, Place]) -> None:
    found, cursor = [], None
    while True:
        asked = {**PERIOD, "by": "meter", "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(COUNTS, params=asked)).json()
        found += [one["outcome"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ["meter_silent", "ok", "busy"]


async def test_not_for_too_long(client: AsyncClient) -> None:
    answer = await client.get(COUNTS, params={**PERIOD, "to": "2027-12-01T00:00:00Z", "by": "day"})
    assert answer.status_code == 422

"""Problems over HTTP: ranked, in pages, in the language that was asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from httpx import AsyncClient

from api.languages import source_texts
from storage.pool import Database
from tests.api.network import NOW
from tests.support.archive import held, polled, state
from tests.support.registry import place

URL = "/api/v1/problems"
LONG = timedelta(days=9)


@pytest.fixture(autouse=True)
async def troubles(database: Database) -> None:
    """A silent meter in the south; one in the north whose readings are held."""
    silent, doubtful = await place(database), await place(database, 2)
    await database.rows("update site set district = case when code = 'site-1' then 'South' else 'North' end")
    await state(database, silent.meter, "meter_silent", NOW, 7, read_at=NOW - LONG)
    await state(database, doubtful.meter, "clock_wrong", NOW, read_at=NOW)
    await held(database, doubtful.meter, await polled(database, doubtful.meter, NOW), NOW)


async def test_problems_are_ranked_and_explained(client: AsyncClient) -> None:
    first, second = (await client.get(URL)).json()["items"]
    assert (first["kind"], first["district"], first["outcome"]) == ("held_readings", "North", "clock_wrong")
    assert (second["kind"], second["point"], second["outcome"]) == ("not_read", "point-1", "meter_silent")
    assert second["since"] == (NOW - LONG).isoformat().replace("+00:00", "Z")
    assert second["meaning"] == "The meter has not been read for more than a day."
    assert "wiring" in second["next_step"]


async def test_page_by_page(client: AsyncClient) -> None:
    page = (await client.get(URL, params={"limit": 1})).json()
    rest = (await client.get(URL, params={"limit": 1, "cursor": page["next_cursor"]})).json()
    assert [one["kind"] for one in page["items"] + rest["items"]] == ["held_readings", "not_read"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("only", [{"district": "South"}, {"kind": "not_read"}])
async def test_only_some(client: AsyncClient, only: dict[str, str]) -> None:
    assert [one["kind"] for one in (await client.get(URL, params=only)).json()["items"]] == ["not_read"]


async def test_in_the_language_asked_for(client: AsyncClient, app: object) -> None:
    app.state.translators = lambda language: lambda text: f"{language}: {text}"  # type: ignore[attr-defined]
    items = (await client.get(URL, params={"language": "kk"})).json()["items"]
    assert all(one[text].startswith("kk: ") for one in items for text in ("meaning", "cause", "next_step"))
    assert source_texts("kk")("as it is") == "as it is"

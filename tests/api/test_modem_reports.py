"""Modems that somebody should look at, each with the figures that put it there."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from statistics import mean
from typing import Any

import pytest
from httpx import AsyncClient

from storage.pool import Database
from tests.api.modem_network import EARLIER, LATELY, ModemNetwork, build_modems


@pytest.fixture
async def modems(database: Database) -> ModemNetwork:
    return await build_modems(database)


async def reported(client: AsyncClient, kind: str, **query: Any) -> Any:
    answer = await client.get("/api/v1/reports/modems", params={"kind": kind, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def averaged(levels: tuple[int, ...]) -> Decimal:
    return Decimal(mean(levels)).quantize(Decimal("0.1"), ROUND_HALF_UP)


async def test_a_falling_signal(client: AsyncClient, modems: ModemNetwork) -> None:
    (item,) = (await reported(client, "falling"))["items"]
    before, level = averaged(EARLIER), averaged(LATELY)
    drop = f"{before - level}"
    assert (item["id"], item["link"]) == (modems.connected, f"/api/v1/modems/{modems.connected}")
    assert item["falling"] == {
        "before": {"value": f"{before.normalize():f}", "unit": "dBm"},
        "level": {"value": f"{level}", "unit": "dBm"},
        "drop": {"value": drop, "unit": "dB"},
        "samples": len(LATELY),
        "samples_before": len(EARLIER),
    }
    assert item["sentence"].startswith(f"Fell by {drop} dB")
    assert (item["silent"], item["over_plan"]) == (None, None)


async def test_how_deep_a_fall_must_be_is_asked_for(client: AsyncClient, modems: ModemNetwork) -> None:
    drop = averaged(EARLIER) - averaged(LATELY)
    assert len((await reported(client, "falling", drop=f"{drop}"))["items"]) == 1
    assert not (await reported(client, "falling", drop=f"{drop + Decimal('0.1')}"))["items"]


async def test_modems_of_which_nothing_was_heard(client: AsyncClient, modems: ModemNetwork) -> None:
    """By the API's own clock everything was registered only now, so that nobody is silent yet."""
    assert (await reported(client, "silent"))["items"] == []
    items = (await reported(client, "silent", since="2199-01-01T00:00:00Z"))["items"]
    assert {one["id"] for one in items} == {modems.never_heard, modems.called, modems.connected}
    silent = {one["id"]: one for one in items}
    never, connected = silent[modems.never_heard], silent[modems.connected]
    assert never["silent"] == {"last_contact_at": None, "level": None, "level_at": None}
    assert never["sentence"] == "Never heard; it never told a level."
    assert connected["silent"]["level"] == {"value": "-83", "unit": "dBm"}
    assert connected["sentence"] == "Silent since 2026-02-01T08:51:00Z; its last level was -83 dBm."


async def test_sims_over_their_plan(client: AsyncClient, modems: ModemNetwork) -> None:
    (item,) = (await reported(client, "over_plan"))["items"]
    assert (item["id"], item["kind"], item["site"]) == (modems.own, "own", "Office")
    assert item["over_plan"]["share"] == {"value": "133.3", "unit": "%"}
    assert item["sentence"] == "Carried 2000 B since 2026-01-15; its SIM's plan allows 1500 B."


async def test_a_report_page_by_page(client: AsyncClient, modems: ModemNetwork) -> None:
    query = {"since": "2199-01-01T00:00:00Z", "limit": 2}
    first = await reported(client, "silent", **query)
    second = await reported(client, "silent", **query, cursor=first["next_cursor"])
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)
    assert not {one["id"] for one in first["items"]} & {one["id"] for one in second["items"]}


@pytest.mark.parametrize("query", [{}, {"kind": "loud"}, {"kind": "falling", "drop": "-1"}], ids=str)
async def test_a_report_that_there_is_not(client: AsyncClient, query: dict[str, str]) -> None:
    assert (await client.get("/api/v1/reports/modems", params=query)).status_code == 422

"""Modems: where they are, how they hear, how attempts go at that level, and what they carry."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from statistics import mean
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from storage.collectors import Collectors
from storage.modems import Modems
from storage.pool import Database
from tests.api.modem_network import BEFORE, EARLIER, IMEI, LATELY, LATER, ModemNetwork, build_modems
from tests.api.network import NOW

MODEMS = "/api/v1/modems"
JANUARY_ON = {"from": "2025-12-01T00:00:00Z", "to": "2026-02-02T00:00:00Z"}


@pytest.fixture
async def modems(database: Database) -> ModemNetwork:
    return await build_modems(database)


async def got(client: AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(f"{MODEMS}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def pages(client: AsyncClient, path: str, **query: Any) -> list[Any]:
    """The items of a collection, asked for one by one."""
    items, cursor = [], {}
    while cursor.get("cursor", "") is not None:
        page = await got(client, path, limit=1, **query, **cursor)
        items += page["items"]
        cursor = {"cursor": page["next_cursor"]}
    return items


def averaged(levels: tuple[int, ...]) -> str:
    return str(Decimal(mean(levels)).quantize(Decimal("0.1"), ROUND_HALF_UP))


async def test_modems_page_by_page_and_by_kind(client: AsyncClient, modems: ModemNetwork) -> None:
    remote = [modems.called, modems.connected, modems.never_heard]
    assert [one["id"] for one in await pages(client, "")] == [modems.own, *remote]
    assert [one["id"] for one in await pages(client, "", kind="own")] == [modems.own]
    assert [one["id"] for one in await pages(client, "", kind="remote")] == remote


@pytest.mark.parametrize("text", ["5693803", "10.20.1.7"])
async def test_a_modem_is_found_by_a_part_of_what_is_known(
    client: AsyncClient, modems: ModemNetwork, text: str
) -> None:
    assert [one["id"] for one in (await got(client, "", search=text))["items"]] == [modems.connected]


async def test_the_list_has_each_modems_last_words_and_their_age(
    client: AsyncClient, modems: ModemNetwork
) -> None:
    items = {one["id"]: one for one in (await got(client, ""))["items"]}
    current = items[modems.connected]["current"]
    assert (current["level"], current["absence"]) == ({"value": "-83", "unit": "dBm"}, None)
    assert (current["raw"], current["source"]) == ("CSQ 15,0", "report")
    assert (current["technology"], current["registration"], current["operator"]) == ("gsm", "home", "KCELL")
    assert items[modems.connected]["current_age_seconds"] == 3600
    unknown = items[modems.called]["current"]
    assert (unknown["level"], unknown["absence"], unknown["raw"]) == (None, "not_known", "CSQ 99,99")
    assert items[modems.never_heard]["current"] is None


async def test_a_modem_that_is_connected_to_us(client: AsyncClient, modems: ModemNetwork) -> None:
    modem = await got(client, f"/{modems.connected}")
    assert (modem["kind"], modem["state"], modem["identity"]) == ("remote", "connected", IMEI)
    assert (modem["held_by"], modem["held_since"]) == ("almaty-1", "2026-02-01T08:00:00Z")
    assert (modem["address"], modem["line_id"]) == ("10.20.1.7:40112", modems.connected_line)
    assert (modem["last_contact_at"], modem["last_contact_age_seconds"]) == ("2026-02-01T08:51:00Z", 540)
    assert modem["links"]["line"] == f"/api/v1/lines/{modems.connected_line}"


async def test_a_modem_whose_collector_died_is_away(
    client: AsyncClient, modems: ModemNetwork, database: Database
) -> None:
    await Collectors(database).leave("almaty-1", UUID(int=1))
    modem = await got(client, f"/{modems.connected}")
    assert (modem["state"], modem["held_by"], modem["held_since"]) == ("away", None, None)


async def test_the_trend_is_the_change_of_the_means(client: AsyncClient, modems: ModemNetwork) -> None:
    modem = await got(client, f"/{modems.connected}")
    month = EARLIER + LATELY
    change = Decimal(mean(month)) - Decimal(mean(BEFORE))
    assert modem["last_24_hours"] == {
        "mean": {"value": averaged(LATELY), "unit": "dBm"},
        "change": None,
        "samples": len(LATELY),
    }
    assert modem["last_30_days"] == {
        "mean": {"value": averaged(month), "unit": "dBm"},
        "change": {"value": str(change.quantize(Decimal("0.1"))), "unit": "dB"},
        "samples": len(month),
    }


async def test_how_attempts_go_at_the_present_level(client: AsyncClient, modems: ModemNetwork) -> None:
    async def failed(modem: int) -> Any:
        return (await got(client, f"/{modem}"))["failed_at_this_level"]

    share = {"value": "33.3", "unit": "%"}
    assert await failed(modems.connected) == {"attempts": 3, "failed": 1, "share": share}
    assert await failed(modems.own) == {"attempts": 4, "failed": 1, "share": {"value": "25", "unit": "%"}}
    assert await failed(modems.called) is None


async def test_traffic_of_today_and_of_the_month_of_the_plan(
    client: AsyncClient, modems: ModemNetwork
) -> None:
    own = await got(client, f"/{modems.own}")
    assert own["traffic_today"] == {"day": "2026-02-01", **both(300, 700)}
    assert own["traffic_this_month"] == {
        "start": "2026-01-15",
        "end": "2026-02-15",
        **both(2 * 300, 2 * 700),
        "allowance": {"value": "1500", "unit": "B"},
        "share": {"value": "133.3", "unit": "%"},
    }


async def test_a_plan_that_is_not_known_has_no_share(client: AsyncClient, modems: ModemNetwork) -> None:
    month = (await got(client, f"/{modems.connected}"))["traffic_this_month"]
    assert (month["start"], month["end"]) == ("2026-02-01", "2026-03-01")
    assert month["received"] == {"value": "400", "unit": "B"}
    assert (month["allowance"], month["share"]) == (None, None)


async def test_a_modem_that_was_never_heard_says_so(client: AsyncClient, modems: ModemNetwork) -> None:
    modem = await got(client, f"/{modems.never_heard}")
    assert (modem["state"], modem["held_by"], modem["resting_until"]) == ("away", None, None)
    assert [modem[name] for name in ("last_contact_at", "last_contact_age_seconds", "current")] == [None] * 3
    assert modem["last_24_hours"] == {"mean": None, "change": None, "samples": 0}
    assert modem["traffic_today"] == {"day": "2026-02-01", **both(0, 0)}


async def test_a_modem_of_ours_that_rests_says_why_and_until_when(
    client: AsyncClient, modems: ModemNetwork, database: Database
) -> None:
    assert (await got(client, f"/{modems.own}"))["state"] == "free"
    await Modems(database).lease("main", "almaty-1", NOW, LATER)
    assert (await got(client, f"/{modems.own}"))["state"] == "in_call"
    await Modems(database).release(
        modems.own, "almaty-1", rest_until=LATER, failures=3, fault="The SIM card is missing."
    )
    modem = await got(client, f"/{modems.own}")
    assert (modem["state"], modem["resting_until"]) == ("resting", "2199-01-01T00:00:00Z")
    assert (modem["failures"], modem["fault"]) == (3, "The SIM card is missing.")


async def test_levels_of_a_period_page_by_page(client: AsyncClient, modems: ModemNetwork) -> None:
    period = {"from": "2026-01-22T09:00:00Z", "to": "2026-02-01T08:00:00Z"}
    levels = await pages(client, f"/{modems.connected}/signal", **period)
    assert [one["level"]["value"] for one in levels] == [str(dbm) for dbm in (*EARLIER, *LATELY[:-1])]


async def test_calls_are_listed_at_both_ends_newest_first(client: AsyncClient, modems: ModemNetwork) -> None:
    ours, theirs = [await pages(client, f"/{one}/calls") for one in (modems.own, modems.called)]
    assert ours == theirs
    busy, connected, *older = ours
    assert (busy["result"], busy["cause"]) == ("busy", "user busy")
    assert (busy["connected_at"], busy["duration"]) == (None, None)
    assert (connected["result"], connected["hung_up_by"]) == ("connected", "us")
    assert connected["duration"] == {"value": "40", "unit": "s"}
    assert {name: connected[name] for name in ("sent", "received")} == both(300, 700)
    assert (connected["level"], connected["raw"]) == ({"value": "-85", "unit": "dBm"}, "CSQ 14,99")
    assert (connected["modem_id"], connected["line_id"]) == (modems.own, modems.called_line)
    assert [one["started_at"] for one in older] == ["2026-01-15T00:00:00Z", "2026-01-14T23:00:00Z"]


async def test_bytes_day_by_day(client: AsyncClient, modems: ModemNetwork) -> None:
    days = await pages(client, f"/{modems.called}/traffic", **JANUARY_ON)
    assert [one["day"] for one in days] == ["2026-01-14", "2026-01-15", "2026-02-01"]
    assert {name: days[0][name] for name in ("sent", "received")} == both(300, 700)


async def test_a_day_that_the_period_touches_is_counted_whole(
    client: AsyncClient, modems: ModemNetwork
) -> None:
    period = {"from": "2026-01-14T12:00:00Z", "to": "2026-01-15T00:00:00Z"}
    assert [one["day"] for one in await pages(client, f"/{modems.own}/traffic", **period)] == ["2026-01-14"]


@pytest.mark.parametrize("query", [{"kind": "ours"}, {"search": "a\0b"}, {"search": "x" * 201}], ids=str)
async def test_a_question_that_is_not_understood(client: AsyncClient, query: dict[str, str]) -> None:
    assert (await client.get(MODEMS, params=query)).status_code == 422


def both(sent: int, received: int) -> dict[str, dict[str, str]]:
    return {
        "sent": {"value": str(sent), "unit": "B"},
        "received": {"value": str(received), "unit": "B"},
    }

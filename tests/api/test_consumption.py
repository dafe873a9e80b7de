"""Consumption over HTTP: every expected figure is kilowatt hours times 0.0008598, done here."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from api.routes import consumption_csv
from billing import doubts
from storage.access_log import AccessLog
from storage.pool import Database
from tests.api.network import FACTOR, FIRST_POLL, SECOND_POLL, Network

JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
OLD_METER = Decimal(112345 - 100000) * FACTOR
NEW_METER = Decimal(10010 - 10) * FACTOR


async def consumption(client: AsyncClient, usage_point: int, start: str, end: str) -> Any:
    (one,) = await answered(client, usage_point, {"from": start, "to": end})
    return one


async def answered(client: AsyncClient, usage_point: int, query: dict[str, str]) -> Any:
    answer = await client.get(f"/api/v1/usage-points/{usage_point}/consumption", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_month_with_a_replacement_in_gcal(client: AsyncClient, network: Network) -> None:
    answer = await consumption(client, network.school, *JANUARY.values())
    assert answer["consumption"] == {"value": "19.212231", "unit": "Gcal"}
    assert Decimal("19.212231") == OLD_METER + NEW_METER
    assert (answer["measured"], answer["estimated"]["value"]) == (answer["consumption"], "0")
    assert (answer["status"], answer["billable"], answer["completeness"]) == ("measured", True, "1")
    assert (answer["factor_set"], answer["quantity"]) == ("kyivenergo", "energy_heating")
    assert answer["period"] == JANUARY
    assert [segment["difference"]["value"] for segment in answer["segments"]] == ["10.614231", "8.598"]


async def test_the_registers_lead_back_to_the_bytes(client: AsyncClient, network: Network) -> None:
    answer = await consumption(client, network.school, *JANUARY.values())
    opening, closing = answer["opening"], answer["closing"]
    assert (opening["step"], opening["at"]) == ("register", "2026-01-01T00:00:00Z")
    opening, closing = opening["registers"][0], closing["registers"][0]
    assert opening["level"] == {"value": "85.98", "unit": "Gcal"}
    assert (opening["raw"], opening["factor"]) == ({"value": "100000", "unit": "kWh"}, "0.0008598")
    assert (opening["meter_id"], opening["poll_id"], opening["source"]) == (
        network.old_meter,
        str(FIRST_POLL),
        "total",
    )
    assert (closing["meter_id"], closing["poll_id"]) == (network.new_meter, str(SECOND_POLL))
    frames = (await client.get(opening["links"]["frames"])).json()["items"]
    assert frames[opening["frame"] - 1]["hex"] == "E5"
    assert (await client.get(opening["links"]["poll"])).json()["meter_id"] == network.old_meter
    assert (await client.get(opening["links"]["meter"])).status_code == 200


async def test_adjacent_periods_add_up_to_the_whole(client: AsyncClient, network: Network) -> None:
    edges = ["2026-01-01T00:00:00Z", "2026-01-11T07:00:00Z", "2026-01-16T14:00:00Z", "2026-02-01T00:00:00Z"]
    parts = [
        Decimal((await consumption(client, network.school, start, end))["consumption"]["value"])
        for start, end in pairwise(edges)
    ]
    assert sum(parts) == OLD_METER + NEW_METER


async def test_an_offset_is_the_same_instant(client: AsyncClient, network: Network) -> None:
    answer = await consumption(
        client, network.school, "2026-01-01T05:00:00+05:00", "2026-02-01T05:00:00+05:00"
    )
    assert answer["period"] == JANUARY


async def test_a_silent_meter_is_absent_with_a_reason_and_never_zero(
    client: AsyncClient, network: Network
) -> None:
    answer = await consumption(client, network.shop, *JANUARY.values())
    assert (answer["consumption"], answer["status"], answer["completeness"]) == (None, "absent", "0")
    assert (answer["billable"], answer["reasons"][0]["word"]) == (False, "no_level")
    assert answer["reasons"][0]["text"].startswith(f"No register of meter {network.silent_meter} is known")
    assert (answer["opening"], answer["closing"], answer["factor_set"]) == (None, None, "exact")


async def test_another_register_may_be_asked_for(client: AsyncClient, network: Network) -> None:
    (answer,) = await answered(client, network.school, JANUARY | {"quantity": "volume"})
    assert (answer["quantity"], answer["consumption"]) == ("volume", None)


async def test_a_period_that_is_not_over_says_so(client: AsyncClient, network: Network) -> None:
    answer = await consumption(client, network.school, "2026-01-16T14:00:00Z", "2026-02-02T00:00:00Z")
    # 20000 kWh at 08:00 on 1 February, against the first 10 kWh of the new meter; the clock says 09:00.
    assert Decimal(answer["consumption"]["value"]) == Decimal(20000 - 10) * FACTOR
    assert answer["closing"]["step"] == "nearby"
    assert answer["reasons"][0] == {
        "word": "not_over",
        "text": "The period is not over yet: later readings may change this figure.",
        "hinders": False,
    }


async def test_a_month_is_that_of_the_points_own_calendar(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/usage-points/{network.school}/billing-periods/2026-01"
    own = {"from": "2026-01-11T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    assert (await client.put(path, json=own)).status_code == 200
    (answer,) = await answered(client, network.school, {"month": "2026-01"})
    # From 110000 kWh on the 11th to the old meter's last 112345, then the new one's.
    assert Decimal(answer["consumption"]["value"]) == Decimal(112345 - 110000) * FACTOR + NEW_METER
    assert answer["period"] == own
    assert (await client.delete(path)).status_code == 204
    (answer,) = await answered(client, network.school, {"month": "2026-01"})
    # The usual poll plan closes months on the 24th.
    assert answer["period"] == {"from": "2025-12-24T00:00:00Z", "to": "2026-01-24T00:00:00Z"}


async def test_a_month_is_billed_for_a_year_at_most(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/usage-points/{network.school}/billing-periods/2026-01"
    too_long = {"from": "2025-01-30T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    refused = await client.put(path, json=too_long)
    assert (refused.status_code, "at most 366 days" in refused.text) == (422, True)
    a_year = {"from": "2025-01-31T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    assert (await client.put(path, json=a_year)).status_code == 200


async def test_a_point_without_acts_is_not_admissible_where_the_rule_wants_them(
    client: AsyncClient, network: Network
) -> None:
    put = await client.put("/api/v1/billing-rules", json={"settings": {"acts_required": "yes"}})
    assert (put.status_code, put.json()["rule"]["acts_required"]) == (200, "yes")
    answer = await consumption(client, network.school, *JANUARY.values())
    assert (answer["status"], answer["billable"]) == ("not_admissible", False)
    assert Decimal(answer["consumption"]["value"]) == OLD_METER + NEW_METER
    assert [one["word"] for one in answer["reasons"] if one["hinders"]] == ["never_admitted"]


async def test_a_period_is_answered_in_parts_where_a_point_was_withdrawn(
    client: AsyncClient, network: Network, database: Database
) -> None:
    withdrawn_at = datetime(2026, 1, 11, tzinfo=UTC)
    await database.value(
        "insert into act (number, kind, usage_point_id, meter_id, at, contents, entered_by, entered_at) "
        "values ('W-1', 'withdrawal', $1, $2, $3, '{}', 'A. Serikova', $3)",
        *(network.school, network.old_meter, withdrawn_at),
    )
    before, after = await answered(client, network.school, JANUARY)
    assert (before["status"], before["billable"]) == ("measured", True)
    assert (after["status"], after["billable"]) == ("not_admissible", False)
    assert before["period"]["to"] == after["period"]["from"] == "2026-01-11T00:00:00Z"
    parts = [Decimal(one["consumption"]["value"]) for one in (before, after)]
    assert parts == [Decimal(110000 - 100000) * FACTOR, Decimal(112345 - 110000) * FACTOR + NEW_METER]


async def test_pages_of_all_usage_points(client: AsyncClient, network: Network) -> None:
    first = (await client.get("/api/v1/consumption", params=JANUARY | {"limit": "1"})).json()
    second = (
        await client.get(
            "/api/v1/consumption", params=JANUARY | {"limit": "1", "cursor": first["next_cursor"]}
        )
    ).json()
    both = (await client.get("/api/v1/consumption", params=JANUARY)).json()
    assert both["items"] == first["items"] + second["items"]
    assert [item["usage_point_id"] for item in both["items"]] == [network.school, network.shop]
    assert both["next_cursor"] is None
    assert both["items"][0] == await consumption(client, network.school, *JANUARY.values())


async def test_csv_has_the_figures_of_json(client: AsyncClient, network: Network) -> None:
    answer = await client.get("/api/v1/consumption.csv", params=JANUARY)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    lines = list(csv.DictReader(StringIO(answer.content.decode("utf-8"))))
    items = (await client.get("/api/v1/consumption", params=JANUARY)).json()["items"]
    for line, item in zip(lines, items, strict=True):
        assert line["usage_point_id"] == str(item["usage_point_id"])
        assert line["usage_point_name"] == item["usage_point_name"]
        assert (line["from"], line["to"]) == (item["period"]["from"], item["period"]["to"])
        assert line["consumption"] == (item["consumption"]["value"] if item["consumption"] else "")
        assert (line["status"], line["completeness"]) == (item["status"], item["completeness"])
        assert line["billable"] == ("yes" if item["billable"] else "no")
        assert line["opening_level"] == (item["opening"]["level"]["value"] if item["opening"] else "")
        assert line["reasons"] == " ".join(one["text"] for one in item["reasons"])
    assert (lines[0]["unit"], lines[0]["opening_step"]) == ("Gcal", "register")


async def test_csv_runs_on_over_its_chunks(
    client: AsyncClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await client.get("/api/v1/consumption.csv", params=JANUARY)
    monkeypatch.setattr(consumption_csv, "_CHUNK", 1)
    assert (await client.get("/api/v1/consumption.csv", params=JANUARY)).text == whole.text


async def test_every_answer_is_logged(
    client: AsyncClient, network: Network, database: Database, app: FastAPI
) -> None:
    await consumption(client, network.school, *JANUARY.values())
    await consumption(client, network.shop, *JANUARY.values())
    await client.get("/api/v1/consumption", params=JANUARY)
    await client.get("/api/v1/consumption.csv", params=JANUARY)
    await app.state.access_book.close()
    logged = [entry.answered for _, entry in reversed(await AccessLog(database).page())]
    total = str(OLD_METER + NEW_METER)
    answers = [(1, total), (1, None), (2, total), (2, total)]
    assert logged == [{"lines": lines, "total": answered} for lines, answered in answers]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-01-01T00:00:00&to=2026-02-01T00:00:00Z", "needs a zone"),
        ("from=2026-01-01&to=2026-02-01", "RFC 3339"),
        ("from=2026-01-01T00:00:00+05:00&to=2026-02-01T00:00:00Z", "%2B"),
        ("from=1767225600&to=1769904000", "RFC 3339"),
        ("from=2026-02-30T00:00:00Z&to=2026-03-01T00:00:00Z", "day"),
        ("from=0001-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "1970"),
        ("from=2026-02-01T00:00:00Z&to=2026-02-01T00:00:00Z", "later than"),
        ("from=2000-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", "at most 3660 days"),
        ("from=2026-02-01T00:00:00Z", "both ends"),
        ("month=2026-01&from=2026-02-01T00:00:00Z", "both ends"),
        ("month=2026-13", "like 2026-01"),
        ("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&quantity=heat", "energy_heating"),
        ("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&quantity=power", "no register"),
    ],
)
async def test_bad_questions_are_told_what_to_write(
    client: AsyncClient, network: Network, query: str, said: str
) -> None:
    answer = await client.get(f"/api/v1/usage-points/{network.school}/consumption?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


async def test_a_page_of_a_long_period_has_few_points(client: AsyncClient, network: Network) -> None:
    ten_years = {"from": "2016-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    answer = await client.get("/api/v1/consumption", params=ten_years | {"limit": "12"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert f"at most {40_000 // 3622} points" in answer.json()["detail"], "3622 days"
    assert (await client.get("/api/v1/consumption", params=ten_years | {"limit": "11"})).status_code == 200
    assert (await client.get("/api/v1/consumption.csv", params=ten_years)).status_code == 200


async def test_what_is_checked_together_changes_nothing(
    client: AsyncClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"month": "2026-01"}
    whole = (await client.get("/api/v1/consumption", params=asked)).json()
    monkeypatch.setattr(doubts, "AT_ONCE", timedelta())
    assert (await client.get("/api/v1/consumption", params=asked)).json() == whole
    assert any(item["segments"] for item in whole["items"])

"""Billing runs over HTTP: asked for, executed, and taken away in every format with the same figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from httpx import AsyncClient

from api.billing_table import COLUMNS
from api.keys import Scope
from billing.runs import Runner
from metering.areas import Area
from metering.billing_lines import Status
from metering.billing_scope import BillingScope
from metering.reasons import Because, reason
from storage.pool import Database
from tests.api.conftest import Caller
from tests.api.network import NOW, Network
from tests.support.billing_lines import JANUARY, Told, line

LONG = "12.345678901234567890123"
"""More digits than a spreadsheet or a double holds."""
EXECUTE = Callable[[], Awaitable[int]]


@pytest.fixture
def told(network: Network) -> Told:
    absent = reason(Because.NO_METER, start="2026-01-01", end="2026-02-01")
    return Told(
        [
            line(network.school, LONG, site_code="Қазақстан №1"),
            line(network.shop, None, site_code="=1+1", reasons=(absent,)),
        ]
    )


@pytest.fixture
def execute(database: Database, told: Told) -> EXECUTE:
    return Runner(database, told, lambda: NOW).execute_waiting


async def asked(client: AsyncClient, execute: EXECUTE, path: str = "", **body: Any) -> dict[str, Any]:
    """A run, ready."""
    answer = await client.post(f"/api/v1/billing-runs{path}", json=body or None)
    assert answer.status_code == 202, answer.text
    await execute()
    ready: dict[str, Any] = (await client.get(answer.headers["Location"])).json()
    return ready


async def test_a_run_waits_and_is_ready_with_totals_and_hash(
    client: AsyncClient, execute: EXECUTE, told: Told
) -> None:
    scope = {"service_centres": ["Алматы"], "districts": ["Алмалы"]}
    waiting = await client.post("/api/v1/billing-runs", json={"month": "2026-01", "scope": scope})
    assert waiting.json()["state"] == "queued"
    assert (await client.get(f"{waiting.headers['Location']}/lines")).status_code == 409
    await execute()
    ready = (await client.get(waiting.headers["Location"])).json()
    assert (ready["state"], ready["lines"], len(ready["content_hash"])) == ("ready", 2, 64)
    assert [row["value"] for row in ready["totals"]["total"]] == [LONG]
    assert (BillingScope(Area.of("Алматы", "Алмалы")), JANUARY) in told.asked


async def test_the_same_request_with_the_same_key_is_the_same_run(client: AsyncClient) -> None:
    def ask(month: str) -> Awaitable[Any]:
        headers = {"Idempotency-Key": "january-1"}
        return client.post("/api/v1/billing-runs", json={"month": month}, headers=headers)

    first, again, other = [await ask(month) for month in ("2026-01", "2026-01", "2026-02")]
    assert first.json()["number"] == again.json()["number"]
    assert other.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"month": "2026-13"},
        {"month": "2026-01", "scope": {"districts": []}},
        {"month": "2026-01", "scope": {"service_centres": ["A"], "usage_point_ids": [1]}},
        {"month": "2026-01", "scope": {"usage_point_ids": []}},
        {"month": "2026-01", "everything": True},
    ],
    ids=json.dumps,
)
async def test_what_is_not_understood_is_refused(client: AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post("/api/v1/billing-runs", json=body)).status_code == 422


async def test_who_may_read_may_not_run(caller: Caller) -> None:
    reader = await caller(Scope.BILLING_READ)
    assert (await reader.post("/api/v1/billing-runs", json={"month": "2026-01"})).status_code == 403


async def test_pages_and_files_tell_the_same(client: AsyncClient, execute: EXECUTE) -> None:
    number = (await asked(client, execute, month="2026-01"))["number"]
    lines = f"/api/v1/billing-runs/{number}/lines"
    first = (await client.get(lines, params={"limit": 1})).json()
    second = (await client.get(lines, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    pages = [*first["items"], *second["items"]]
    assert [one["value"] for one in pages] == [LONG, None]
    assert pages[1]["reasons"][0]["text"] == "No meter was installed from 2026-01-01 to 2026-02-01."
    told = (await client.get(f"{lines}.ndjson")).text
    assert [json.loads(one) for one in told.splitlines()] == pages
    rows = list(csv.DictReader(StringIO((await client.get(f"{lines}.csv")).text)))
    assert [row["value"] for row in rows] == [LONG, ""]
    assert [row["from"] for row in rows] == [one["from"] for one in pages]
    (kept, absent) = pq.read_table(BytesIO((await client.get(f"{lines}.parquet")).content)).to_pylist()
    assert (kept["value"], absent["value"], absent["status"]) == (Decimal(LONG), None, "absent")
    sheet = openpyxl.load_workbook(BytesIO((await client.get(f"{lines}.xlsx")).content)).active
    assert sheet is not None
    table = [dict(zip(COLUMNS, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [row["value"] for row in table] == [LONG, None]
    assert table[1]["site_code"] == "=1+1"


async def test_csv_of_long_ago(client: AsyncClient, execute: EXECUTE) -> None:
    number = (await asked(client, execute, month="2026-01"))["number"]
    asked_for = {"encoding": "windows-1251", "separator": "semicolon", "decimal_mark": "comma"}
    answer = await client.get(f"/api/v1/billing-runs/{number}/lines.csv", params=asked_for)
    rows = list(csv.DictReader(StringIO(answer.content.decode("cp1251")), delimiter=";"))
    assert rows[0]["site_code"] == "Казакстан №1"
    assert rows[0]["value"] == LONG.replace(".", ",")
    assert answer.headers["content-type"] == "text/csv; charset=windows-1251; header=present"


async def test_a_correction_is_itemised_and_signed(client: AsyncClient, execute: EXECUTE, told: Told) -> None:
    base = (await asked(client, execute, month="2026-01"))["number"]
    school, shop = (one.usage_point_id for one in told.known)
    refused = line(school, LONG, status=Status.NOT_ADMISSIBLE, billable=False)
    told.known = [refused, line(shop, "3")]
    correction = await asked(client, execute, f"/{base}/corrections")
    assert (correction["kind"], correction["corrects"], correction["lines"]) == ("correction", base, 2)
    billed = correction["totals"]["total"][0]["billed"]
    assert Decimal(billed) == 3 - Decimal(LONG)
    items = (await client.get(f"/api/v1/billing-runs/{correction['number']}/lines")).json()["items"]
    assert [one["correction"]["billed"] for one in items] == [f"-{LONG}", "3"]
    assert items[0]["correction"]["because"][0]["word"] == "admission"
    assert items[1]["correction"]["status_before"] == "absent"
    again = await client.post(f"/api/v1/billing-runs/{correction['number']}/corrections")
    assert again.status_code == 409
    unchanged = await asked(client, execute, f"/{base}/corrections")
    assert (unchanged["lines"], unchanged["message"][:19]) == (0, "Nothing has changed")
    listed = (await client.get("/api/v1/billing-runs", params={"corrects": base})).json()["items"]
    assert [one["number"] for one in listed] == [unchanged["number"], correction["number"]]


async def test_a_run_that_failed_says_why(client: AsyncClient, execute: EXECUTE, told: Told) -> None:
    told.known = [line(999_999)]
    failed = await asked(client, execute, month="2026-01")
    assert failed["state"] == "failed"
    answer = await client.get(failed["links"]["lines"])
    assert answer.status_code == 409
    assert "failed" in answer.json()["detail"]

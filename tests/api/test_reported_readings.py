"""Reported readings and what decides on bills, over HTTP."""

from __future__ import annotations

from decimal import Decimal

import pytest
from httpx import AsyncClient

from tests.api.network import FACTOR, Network

DECEMBER = {"from": "2025-12-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
TOLD = {"at": "2026-01-20T00:00:00Z", "value": "5000", "unit": "kWh", "source": "whatsapp"}


async def test_a_reading_is_entered_compared_and_withdrawn(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/usage-points/{network.school}/reported-readings"
    entered = await client.post(path, json=TOLD | {"reported_by": "director"})
    assert entered.status_code == 201
    one = entered.json()
    assert Decimal(one["level"]["value"]) == 5000 * FACTOR
    assert (one["meter_id"], one["entered_by"], one["withdrawn"]) == (network.new_meter, "test", None)
    (compared,) = (await client.get(f"{path}/comparison", params=DECEMBER)).json()["items"]
    # The new meter stood at 10 kWh when it was installed and at 10010 on 1 February.
    assert Decimal(compared["above_earlier"]["value"]) == (5000 - 10) * FACTOR
    assert Decimal(compared["above_later"]["value"]) == (5000 - 10010) * FACTOR
    assert compared["agrees"] is True
    withdrawal = f"/api/v1/reported-readings/{one['id']}/withdrawal"
    gone = await client.post(withdrawal, json={"because": "another school"})
    assert gone.json()["withdrawn"]["because"] == "another school"
    assert (await client.post(withdrawal, json={"because": "again"})).status_code == 409
    listed = (await client.get(path, params=DECEMBER)).json()["items"]
    assert [row["id"] for row in listed] == [one["id"]]
    assert (await client.get(f"{path}/comparison", params=DECEMBER)).json()["items"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": "5,0"}, "value"),
        ({"value": 5000}, "value"),
        ({"unit": "m3"}, "not measured in"),
        ({"at": "2026-02-20T00:00:00Z"}, "future"),
        ({"source": "pigeon"}, "source"),
        ({"meter_id": 999}, "No meter 999"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: AsyncClient, network: Network, change: dict[str, object], said: str
) -> None:
    path = f"/api/v1/usage-points/{network.school}/reported-readings"
    answer = await client.post(path, json=TOLD | change)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


async def test_a_table_is_tried_then_taken_over(client: AsyncClient, network: Network) -> None:
    rows = "usage_point,at,value,unit,source\nUP-1,2026-01-20T00:00:00Z,5000,kWh,paper\n"
    path = "/api/v1/reported-readings/import"
    bad = (await client.post(path, content=rows + "UP-9,2026-01-20T00:00:00Z,1,kWh,paper\n")).json()
    assert (bad["rows"], bad["entered"], [one["row"] for one in bad["bad"]]) == (2, 0, [3])
    tried = (await client.post(path, content=rows, params={"dry_run": "true"})).json()
    assert (tried["entered"], tried["dry_run"], tried["bad"]) == (0, True, [])
    stored = (await client.post(path, content=rows)).json()
    assert (stored["entered"], stored["dry_run"]) == (1, False)
    assert (await client.post(path, content=b"\xff\xfe")).status_code == 422


async def test_a_reading_people_told_stands_where_the_meter_is_silent(
    client: AsyncClient, network: Network
) -> None:
    path = f"/api/v1/usage-points/{network.shop}/reported-readings"
    for at, level in (("2026-01-01T00:00:00Z", "7"), ("2026-02-01T00:00:00Z", "9.5")):
        told = {"at": at, "value": level, "source": "paper"}
        assert (await client.post(path, json=told)).status_code == 201
    query = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    (answer,) = (await client.get(f"/api/v1/usage-points/{network.shop}/consumption", params=query)).json()[
        "items"
    ]
    assert (answer["consumption"]["value"], answer["status"], answer["billable"]) == ("2.5", "reported", True)
    assert answer["opening"]["reported"][0]["source"] == "paper"


async def test_rules_lie_over_each_other(client: AsyncClient, network: Network) -> None:
    path = "/api/v1/billing-rules"
    await client.put(path, json={"settings": {"tolerance": "12h", "spike_factor": "5"}})
    own = await client.put(path, json={"settings": {"tolerance": "2h"}}, params={"service_centre": "East"})
    assert (own.json()["rule"]["tolerance"], own.json()["rule"]["spike_factor"]) == ("2h", "5")
    other = (await client.get(path, params={"service_centre": "West"})).json()
    assert (other["settings"], other["rule"]["tolerance"], other["changed_by"]) == ({}, "12h", None)
    wrong = await client.put(path, json={"settings": {"colour": "red"}})
    assert (wrong.status_code, "no setting 'colour'" in wrong.json()["detail"]) == (422, True)


async def test_outdoor_temperatures_are_told_and_read(client: AsyncClient, network: Network) -> None:
    hours = [{"at": f"2026-01-01T0{hour}:00:00Z", "value": f"-{hour}.5"} for hour in range(3)]
    told = {"service_centre": "East", "source": "airport", "hours": hours}
    assert (await client.put("/api/v1/outdoor-temperatures", json=told)).status_code == 204
    query = DECEMBER | {"service_centre": "East", "limit": "2"}
    first = (await client.get("/api/v1/outdoor-temperatures", params=query)).json()
    cursor = {"cursor": first["next_cursor"]}
    rest = (await client.get("/api/v1/outdoor-temperatures", params=query | cursor)).json()
    means = [one["temperature"]["value"] for one in first["items"] + rest["items"]]
    assert means == ["-0.5", "-1.5", "-2.5"]
    half = told | {"hours": [{"at": "2026-01-01T00:30:00Z", "value": "1"}]}
    assert (await client.put("/api/v1/outdoor-temperatures", json=half)).status_code == 422


async def test_a_register_that_ran_over_is_told_and_taken_back(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/meters/{network.new_meter}/register-events"
    told = {
        "kind": "rollover",
        "quantity": "energy_heating",
        "at": "2026-01-20T00:00:00Z",
        "level_before": "99.9",
        "level_after": "0.1",
        "capacity": "100",
    }
    entered = await client.post(path, json=told)
    assert (entered.status_code, entered.json()["decided_by"]) == (201, "test")
    assert (await client.post(path, json=told)).status_code == 409
    assert (await client.post(path, json=told | {"capacity": None})).status_code == 422
    assert [one["id"] for one in (await client.get(path)).json()["items"]] == [entered.json()["id"]]
    event = f"/api/v1/register-events/{entered.json()['id']}"
    assert (await client.delete(event)).status_code == 204
    assert (await client.delete(event)).status_code == 404


async def test_periods_of_months_are_set_and_may_not_overlap(client: AsyncClient, network: Network) -> None:
    path = f"/api/v1/usage-points/{network.school}/billing-periods"
    january = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    assert (await client.put(f"{path}/2026-01", json=january)).status_code == 200
    assert (await client.put(f"{path}/2026-02", json=january)).status_code == 422
    assert (await client.put(f"{path}/2026-13", json=january)).status_code == 422
    backwards = {"from": january["to"], "to": january["from"]}
    assert (await client.put(f"{path}/2026-01", json=backwards)).status_code == 422
    (listed,) = (await client.get(path)).json()["items"]
    assert listed == {"month": "2026-01", "period": january}

"""Held polls: why in words, what they brought, and one decision on all that wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import HoldReason, PollReport
from metering.readings import Flag
from storage.polls import Polls
from storage.pool import Database
from tests.support.registry import DAY, HOUR, START, Place, place, reading, record, report, snapshot

HELD = "/api/v1/held-polls"


@pytest.fixture
async def spot(database: Database) -> Place:
    return await place(database, installed_at=START - DAY)


def poll(meter: int, number: int, reason: HoldReason | None, **particulars: Any) -> PollReport:
    at = START + number * HOUR
    return report(
        meter,
        at=at,
        archive=[record(START + hour * HOUR, reading(str(hour))) for hour in range(number)],
        snapshots=[snapshot(at, reading("7", flags={Flag.WENT_BACK}))],
        poll=UUID(int=number),
        particulars={"held": reason, **particulars},
    )


def decision_link(meter: int) -> str:
    return f"/api/v1/meters/{meter}/held-polls/decision"


async def test_a_new_meter_is_told_in_fields_and_in_a_sentence(
    client: AsyncClient, database: Database, spot: Place
) -> None:
    identity = MeterIdentity("777")
    await Polls(database).save(poll(spot.meter, 3, HoldReason.NEW_METER, identity=identity))
    ((one,)) = (await client.get(HELD)).json()["items"]
    identifier = str(UUID(int=3))
    assert one == {
        "poll_id": identifier,
        "meter_id": spot.meter,
        "serial": "00000001",
        "answered": "777",
        "reason": "new_meter",
        "why": "Meter 777 answered where 00000001 is registered.",
        "state": "waiting",
        "held_at": "2026-01-01T03:00:02Z",
        "decided_by": None,
        "decided_at": None,
        "note": "",
        "links": {
            "meter": f"/api/v1/meters/{spot.meter}",
            "poll": f"/api/v1/polls/{identifier}",
            "readings": f"{HELD}/{identifier}/readings",
        },
    }
    detail = (await client.get(f"{HELD}/{identifier}")).json()
    assert {name: detail[name] for name in one} == one
    assert detail["archives"] == [
        {"kind": "hour", "records": 3, "first": "2026-01-01T00:00:00Z", "last": "2026-01-01T02:00:00Z"}
    ]
    (value,) = detail["snapshots"]
    assert (value["amount"], value["flags"]) == ({"value": "7", "unit": "Gcal"}, ["went_back"])
    assert value["origin"]["poll_id"] == identifier


WHY = {
    "ahead": (HoldReason.CLOCK_WRONG, {"clock_difference": timedelta(hours=2)}, "2:00:00 ahead"),
    "behind": (HoldReason.CLOCK_WRONG, {"clock_difference": -timedelta(minutes=90)}, "1:30:00 behind"),
    "settings": (
        HoldReason.SCHEME_CHANGED,
        {"configuration": MeterConfiguration({"heat": "GJ", "system 2": "GJ"})},
        "heat is GJ, was Gcal; system 2 is GJ, was not there.",
    ),
    "reset": (HoldReason.REGISTER_RESET, {}, "lower than before"),
}


@pytest.mark.parametrize(("reason", "particulars", "words"), WHY.values(), ids=WHY)
async def test_why_in_words(
    client: AsyncClient,
    database: Database,
    spot: Place,
    reason: HoldReason,
    particulars: dict[str, Any],
    words: str,
) -> None:
    accepted = MeterConfiguration({"heat": "Gcal"})
    await Polls(database).save(poll(spot.meter, 1, None, configuration=accepted))
    await Polls(database).save(poll(spot.meter, 2, reason, **particulars))
    (one,) = (await client.get(HELD)).json()["items"]
    assert words in one["why"]


async def test_what_was_held_is_read_page_by_page(
    client: AsyncClient, database: Database, spot: Place
) -> None:
    await Polls(database).save(poll(spot.meter, 5, HoldReason.CLOCK_WRONG))
    found, cursor = list[str](), dict[str, Any]()
    while cursor.get("cursor", "") is not None:
        params = {"limit": 2, **cursor}
        page = (await client.get(f"{HELD}/{UUID(int=5)}/readings", params=params)).json()
        found += [one["amount"]["value"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert found == ["0", "1", "2", "3", "4"]


async def test_the_list_is_filtered_and_read_page_by_page(
    client: AsyncClient, database: Database, spot: Place
) -> None:
    other = await place(database, 2)
    for number in (1, 2, 3):
        await Polls(database).save(poll(spot.meter, number, HoldReason.CLOCK_WRONG))
    await Polls(database).save(poll(other.meter, 4, HoldReason.CLOCK_WRONG))
    found, cursor = list[str](), dict[str, Any]()
    while cursor.get("cursor", "") is not None:
        params = {"limit": 2, "meter_id": spot.meter, **cursor}
        page = (await client.get(HELD, params=params)).json()
        found += [one["poll_id"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert found == [str(UUID(int=number)) for number in (3, 2, 1)]
    assert (await client.get(HELD, params={"state": "accepted"})).json()["items"] == []
    assert len((await client.get(HELD, params={"state": "waiting"})).json()["items"]) == 4


async def test_accepting_stores_everything_and_journals_whose_key_it_was(
    client: AsyncClient, database: Database, spot: Place
) -> None:
    await Polls(database).save(poll(spot.meter, 2, HoldReason.NEW_METER, identity=MeterIdentity("777")))
    body = {"decision": "accept", "reason": "new_meter", "note": "Замена по акту 118"}
    answer = await client.post(decision_link(spot.meter), json=body)
    new = answer.json()["meter_id"]
    assert answer.json() == {
        "state": "accepted",
        "meter_id": new,
        "polls": [str(UUID(int=2))],
        "meter": f"/api/v1/meters/{new}",
    }
    assert (await client.get(f"/api/v1/meters/{new}")).json()["serial"] == "777"
    period = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "kind": "hour"}
    stored = (await client.get(f"/api/v1/meters/{new}/readings", params=period)).json()["items"]
    assert [one["amount"]["value"] for one in stored] == ["0", "1"]
    (one,) = (await client.get(HELD)).json()["items"]
    assert (one["state"], one["decided_by"], one["note"]) == ("accepted", "test", "Замена по акту 118")
    assert one["decided_at"] == "2026-02-01T09:00:00Z"


async def test_rejecting_stores_nothing_and_who_comes_late_is_told(
    client: AsyncClient, database: Database, spot: Place
) -> None:
    await Polls(database).save(poll(spot.meter, 2, HoldReason.CLOCK_WRONG))
    body = {"reason": "clock_wrong", "polls": [str(UUID(int=2))]}
    first = await client.post(decision_link(spot.meter), json=body | {"decision": "reject"})
    assert first.json()["state"] == "rejected"
    late = await client.post(decision_link(spot.meter), json=body | {"decision": "accept"})
    assert late.status_code == 409
    assert "test has rejected" in late.json()["detail"]
    assert await database.value("select count(*) from archive_value") == 0


@pytest.mark.parametrize(
    ("link", "body", "status"),
    [
        (decision_link(999), {"decision": "accept", "reason": "new_meter"}, 404),
        (decision_link(1), {"decision": "accept", "reason": "new_meter"}, 409),
        (decision_link(1), {"decision": "perhaps", "reason": "new_meter"}, 422),
        (decision_link(1), {"decision": "accept"}, 422),
        (decision_link(1), {"decision": "accept", "reason": "new_meter", "by": "me"}, 422),
        (decision_link(1), {"decision": "accept", "reason": "new_meter", "polls": ["x"]}, 422),
    ],
    ids=["no meter", "nothing waits", "no word", "no reason", "not asked for", "no poll"],
)
async def test_what_cannot_be_decided(
    client: AsyncClient, spot: Place, link: str, body: dict[str, Any], status: int
) -> None:
    assert spot.meter == 1
    assert (await client.post(link, json=body)).status_code == status


@pytest.mark.parametrize("path", ["", "/readings"])
async def test_a_poll_that_was_not_held(client: AsyncClient, path: str) -> None:
    assert (await client.get(f"{HELD}/{UUID(int=99)}{path}")).status_code == 404


@pytest.mark.parametrize("cursor", ["MQ==", "MjAyNi0wMS0wMVQwMDowMDowMFoKeA=="])
async def test_a_cursor_that_was_not_given_out(client: AsyncClient, cursor: str) -> None:
    assert (await client.get(HELD, params={"cursor": cursor})).status_code == 422

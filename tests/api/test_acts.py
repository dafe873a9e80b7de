"""Acts through the API: drafted from a live poll, refused or registered, annulled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from metering.calendar import ArchiveKind, Slot
from metering.components import Component, ComponentKind
from metering.meters import MeterIdentity
from metering.polls import Outcome
from metering.quantities import quantity
from metering.readings import ArchiveReadings, Reading, SnapshotReadings
from storage.components import Components, StoredComponent
from storage.polls import Polls
from storage.pool import Database
from tests.api.network import NOW, Network, report

LIVE = UUID(int=70)
HOURS = UUID(int=71)
AT = "2026-02-01T08:30:00Z"
COMPONENT = {
    "kind": "calculator",
    "type": "ТВ7",
    "serial": "06855812",
    "verified_on": "2024-05-04",
    "verification_due": "2028-05-04",
}
CONTENTS = {
    "serial": "06855812",
    "components": [COMPONENT],
    "settings": {"smallest_flow": "0.6", "largest_flow": "30"},
    "conclusion": "Допущен.",
    "representatives": ["А. Серикова"],
}
GOOD_HOUR = {
    "energy_heating": "0.12",
    "mass_supply": "3",
    "mass_return": "2.98",
    "volume_supply": "3.1",
    "volume_return": "3.05",
    "temperature_supply": "90",
    "temperature_return": "50",
    "operating_time": "1",
}


def told(name: str, value: str) -> Reading:
    number = Decimal(value)
    return Reading(quantity(name), 1, number, number, quantity(name).canonical_unit, Decimal(1), "exact")


async def read_live(database: Database, meter: int, request: str, **other: Any) -> None:
    """The poll that a request waits for."""
    values = (
        told("energy_heating", "112.5"),
        told("operating_time", "4410"),
        told("mass_flow_supply", "3.1"),
    )
    snapshots = [SnapshotReadings(NOW, None, values, 2)]
    live = replace(
        report(LIVE, meter, NOW, snapshots=snapshots),
        request_id=UUID(request),
        identity=MeterIdentity(serial="6855812"),
    )
    await Polls(database).save(replace(live, **other))


async def work_for_three_days(database: Database, meter: int, hours: int = 72) -> None:
    """Good hours until the whole hour before the admission."""
    end = datetime(2026, 2, 1, 8, tzinfo=UTC)
    readings = tuple(told(name, value) for name, value in GOOD_HOUR.items())
    slots = [Slot(end - (n + 1) * timedelta(hours=1), end - n * timedelta(hours=1)) for n in range(hours)]
    records = [
        ArchiveReadings(ArchiveKind.HOUR, slot, slot.start.replace(tzinfo=None), readings, 2)
        for slot in slots
    ]
    await Polls(database).save(report(HOURS, meter, NOW, archive=records))


async def draft(client: AsyncClient, network: Network, kind: str = "admission") -> Response:
    return await client.post("/api/v1/acts/draft", json={"usage_point": network.school, "kind": kind})


async def register(client: AsyncClient, network: Network, **other: Any) -> Response:
    body = {"kind": "admission", "usage_point": network.school, "at": AT, "contents": CONTENTS} | other
    return await client.post("/api/v1/acts", json=body)


async def test_a_draft_waits_for_the_meter_and_is_filled_when_it_was_read(
    client: AsyncClient, network: Network, database: Database
) -> None:
    asked = await draft(client, network)
    body = asked.json()
    assert (asked.status_code, body["form"], body["request"]["state"]) == (202, None, "queued")
    assert (body["request"]["meter_id"], body["request"]["kind"]) == (network.new_meter, "now")
    assert await database.value("select max(priority) from pgqueuer") == 100
    await read_live(database, network.new_meter, body["request"]["id"])
    filled = (await client.get(asked.headers["location"])).json()
    form = filled["form"]["contents"]
    assert (filled["request"]["state"], filled["form"]["poll_id"]) == ("done", str(LIVE))
    assert (form["totals"]["energy_heating"], form["totals"]["operating_time"]) == ("112.5", "4410")
    assert (form["parameters"]["flow_supply"], form["parameters"]["flow_return"]) == ("3.1", None)
    assert form["parameters"]["network_address"] == "10.0.0.5:4001"
    assert (form["serial"], form["header"]["address"]) == ("6855812", "12 Abai street")
    assert [one["word"] for one in filled["form"]["mismatches"]] == ["signal_unknown"]


async def test_a_draft_whose_poll_failed_says_why(
    client: AsyncClient, network: Network, database: Database
) -> None:
    asked = await draft(client, network)
    silent = {"outcome": Outcome.METER_SILENT, "message": "No answer.", "snapshots": (), "identity": None}
    await read_live(database, network.new_meter, asked.json()["request"]["id"], **silent)
    body = (await client.get(asked.headers["location"])).json()
    assert (body["request"]["state"], body["request"]["message"], body["form"]) == (
        "failed",
        "No answer.",
        None,
    )


async def test_another_serial_number_on_the_wire_is_named(
    client: AsyncClient, network: Network, database: Database
) -> None:
    asked = await draft(client, network, "inspection")
    other = {"identity": MeterIdentity(serial="777")}
    await read_live(database, network.new_meter, asked.json()["request"]["id"], **other)
    form = (await client.get(asked.headers["location"])).json()["form"]
    assert form["contents"]["settings"] is None
    assert form["mismatches"][0] == {
        "word": "serial_differs",
        "text": "The meter says that its number is 777; the registry has 06855812.",
        "hinders": True,
    }


async def test_an_act_filled_from_a_poll_of_the_right_meter_is_registered(
    client: AsyncClient, network: Network, database: Database
) -> None:
    await work_for_three_days(database, network.new_meter)
    asked = await draft(client, network)
    await read_live(database, network.new_meter, asked.json()["request"]["id"])
    answer = await register(client, network, poll=str(LIVE))
    body = answer.json()
    assert (answer.status_code, body["number"]) == (201, "ОПУ-АД-1"), body
    assert (body["meter_id"], body["entered_by"], body["at"]) == (network.new_meter, "test", AT)
    assert (body["contents"]["objections"], body["contents"]["in_spite_of"]) == ([], "")
    assert body["contents"]["settings"]["largest_flow"] == "30"
    assert (await client.get(answer.headers["location"])).json() == body
    assert (await client.get("/api/v1/acts", params={"usage_point": network.school})).json()["items"] == [
        body
    ]


async def test_an_admission_is_refused_with_everything_that_hinders_it(
    client: AsyncClient, network: Network, database: Database
) -> None:
    past = COMPONENT | {"verification_due": "2026-01-31"}
    answer = await register(client, network, contents=CONTENTS | {"components": [past]})
    detail = answer.json()["detail"]
    assert answer.status_code == 409
    assert "72 of 72 hours have no record" in detail
    assert "The verification of the calculator 06855812 was valid through 2026-01-31 only." in detail
    assert (await client.get("/api/v1/acts")).json()["items"] == []


async def test_whoever_signs_in_spite_of_it_says_why_and_both_are_kept(
    client: AsyncClient, network: Network
) -> None:
    body = (await register(client, network, in_spite_of="Archive lost in a fire.")).json()
    assert body["contents"]["in_spite_of"] == "Archive lost in a fire."
    assert any("72 of 72 hours" in one for one in body["contents"]["objections"])


async def test_another_meters_serial_hinders_an_admission(
    client: AsyncClient, network: Network, database: Database
) -> None:
    await work_for_three_days(database, network.new_meter)
    asked = await draft(client, network)
    other = {"identity": MeterIdentity(serial="777")}
    await read_live(database, network.new_meter, asked.json()["request"]["id"], **other)
    answer = await register(client, network, poll=str(LIVE))
    assert (answer.status_code, "number is 777" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize("kind", ["withdrawal", "inspection"])
async def test_a_withdrawal_and_an_inspection_are_never_refused(
    client: AsyncClient, network: Network, kind: str
) -> None:
    answer = await register(client, network, kind=kind, contents={"serial": "06855812"})
    assert (answer.status_code, answer.json()["contents"]["objections"]) == (201, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "2026-02-01T09:00:01Z"},
        {"poll": "00000000-0000-0000-0000-000000000999"},
        {"poll": str(UUID(int=1))},
        {"contents": {"serial": "1", "totals": {"mass_1": "1" * 40}}},
        {"contents": {"serial": "1", "colour": "red"}},
        {"contents": {"serial": "1", "components": [COMPONENT | {"kind": "valve"}]}},
        {"kind": "promotion"},
        {"number": "1" * 61},
    ],
    ids=["later", "no poll", "another meter's poll", "number", "field", "component", "kind", "long"],
)
async def test_what_is_no_act(client: AsyncClient, network: Network, wrong: dict[str, object]) -> None:
    answer = await register(client, network, **wrong)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_number_is_given_once(client: AsyncClient, network: Network) -> None:
    withdrawal = {"kind": "withdrawal", "contents": {"serial": "1"}, "number": "ОПУ-АИ-9"}
    first, second = [await register(client, network, **withdrawal) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 409)
    assert "is taken" in second.json()["detail"]


async def test_an_act_is_annulled_with_a_reason(client: AsyncClient, network: Network) -> None:
    act = (await register(client, network, kind="inspection")).json()
    path = f"/api/v1/acts/{act['id']}/annul"
    assert (await client.post(path, json={"because": ""})).status_code == 422
    annulled = (await client.post(path, json={"because": "wrong entrance"})).json()
    assert annulled["annulled"] == {"at": "2026-02-01T09:00:00Z", "by": "test", "because": "wrong entrance"}
    assert (await client.get("/api/v1/acts")).json()["items"] == [annulled]


async def test_acts_page_by_page_and_of_a_kind(client: AsyncClient, network: Network) -> None:
    kinds = ("inspection", "withdrawal", "inspection")
    numbers = [(await register(client, network, kind=kind)).json()["number"] for kind in kinds]
    first = (await client.get("/api/v1/acts", params={"limit": "2"})).json()
    after = {"limit": "2", "cursor": first["next_cursor"]}
    second = (await client.get("/api/v1/acts", params=after)).json()
    assert [one["number"] for one in first["items"] + second["items"]] == numbers[::-1]
    of_kind = (await client.get("/api/v1/acts", params={"kind": "withdrawal"})).json()
    assert [one["number"] for one in of_kind["items"]] == ["ОПУ-АИ-1"]


async def test_the_sheet_of_a_point_that_worked(
    client: AsyncClient, network: Network, database: Database
) -> None:
    await work_for_three_days(database, network.new_meter)
    calculator = Component(
        ComponentKind.CALCULATOR, "ТВ7", "1", verified_on=date(2025, 1, 1), verification_due=date(2029, 1, 1)
    )
    await Components(database).put(network.new_meter, StoredComponent(calculator, date(2025, 1, 1)))
    asked = {"admitted_at": AT, "smallest_flow": "0.6", "largest_flow": "30"}
    path = f"/api/v1/usage-points/{network.school}/operation-sheet"
    body = (await client.get(path, params=asked)).json()
    assert body["met"], body["requirements"]
    assert (body["start"], body["end"]) == ("2026-01-29T08:00:00Z", "2026-02-01T08:00:00Z")
    assert len(body["hours"]) == 72
    assert body["hours"][0]["values"]["mass_supply"] == {"value": "3", "unit": "t"}
    unlimited = (await client.get(path, params={"admitted_at": AT})).json()
    assert [one["requirement"] for one in unlimited["requirements"] if not one["met"]] == ["within_limits"]


async def test_of_a_point_that_is_nowhere_nothing_is_drafted(client: AsyncClient, network: Network) -> None:
    wanted = {"usage_point": 999, "kind": "admission"}
    assert (await client.post("/api/v1/acts/draft", json=wanted)).status_code == 422
    assert (await register(client, network, usage_point=999)).status_code == 422
    assert (await client.get("/api/v1/acts/999")).status_code == 404
    asked = await draft(client, network)
    wrong = f"/api/v1/acts/draft/{asked.json()['request']['id']}"
    other = {"usage_point": str(network.shop), "kind": "admission"}
    assert (await client.get(wrong, params=other)).status_code == 422

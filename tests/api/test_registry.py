"""Usage points, meters and lines as they are registered, and how their last poll went."""

from __future__ import annotations

from decimal import Decimal

import pytest
from httpx import AsyncClient

from api.keys import Scope
from storage.pool import Database
from storage.service_centres import ServiceCentres
from storage.usage_points import Registry
from tests.api.conftest import Caller
from tests.api.network import REPLACED_AT, THIRD_POLL, Network
from tests.support.modems import called_line


async def test_usage_points_page_by_page(client: AsyncClient, network: Network) -> None:
    first = (await client.get("/api/v1/usage-points", params={"limit": 1})).json()
    assert [point["code"] for point in first["items"]] == ["UP-1"]
    second = (
        await client.get("/api/v1/usage-points", params={"limit": 1, "cursor": first["next_cursor"]})
    ).json()
    assert [point["code"] for point in second["items"]] == ["UP-2"]
    last = (
        await client.get("/api/v1/usage-points", params={"limit": 1, "cursor": second["next_cursor"]})
    ).json()
    assert last == {"items": [], "next_cursor": None}


async def test_a_usage_point_names_every_meter_it_had(client: AsyncClient, network: Network) -> None:
    point = (await client.get(f"/api/v1/usage-points/{network.school}")).json()
    assert (point["name"], point["factor_set"]) == ('Школа "12", котельная', "kyivenergo")
    assert (point["site"]["code"], point["site"]["district"]) == ("S1", "")
    assert [(one["meter_id"], one["removed_at"]) for one in point["installations"]] == [
        (network.old_meter, "2026-01-16T12:00:00Z"),
        (network.new_meter, None),
    ]


async def test_a_meter_says_how_its_last_poll_went_and_how_old_its_values_are(
    client: AsyncClient, network: Network
) -> None:
    meter = (await client.get(f"/api/v1/meters/{network.new_meter}")).json()
    assert (meter["serial"], meter["model"]) == ("06855812", "kamstrup-multical-403")
    assert (meter["last_poll"]["id"], meter["last_poll"]["outcome"]) == (str(THIRD_POLL), "ok")
    assert (meter["last_reading_at"], meter["last_reading_age_seconds"]) == ("2026-02-01T08:00:00Z", 3600)


async def test_a_meter_that_never_answered_says_so(client: AsyncClient, network: Network) -> None:
    meter = (await client.get(f"/api/v1/meters/{network.silent_meter}")).json()
    assert (meter["last_poll"], meter["last_reading_at"], meter["last_reading_age_seconds"]) == (None,) * 3
    meters = (await client.get("/api/v1/meters")).json()["items"]
    assert [one["last_poll"] is None for one in meters] == [False, False, True]


async def test_a_line(client: AsyncClient, network: Network) -> None:
    line = (await client.get(f"/api/v1/lines/{network.line}")).json()
    assert line == {"id": network.line, "url": "tcp://10.0.0.5:4001", "collector": None, "pool": None}


async def test_a_line_that_is_called_names_its_pool(client: AsyncClient, database: Database) -> None:
    line = await called_line(database)
    assert (await client.get(f"/api/v1/lines/{line}")).json()["pool"] == "main"


async def test_places_and_who_looks_after_them(
    client: AsyncClient, network: Network, database: Database
) -> None:
    registry = Registry(database)
    await registry.add_site(
        *("S1", "School quarter"), district="Алмалы", service_centre="Орталық", heated_area=Decimal("1844.70")
    )
    await ServiceCentres(database).put("Батыс", "Западный")
    assert (await client.get("/api/v1/service-centres")).json() == [
        {"name": "Батыс", "title": "Западный", "districts": []},
        {"name": "Орталық", "title": "", "districts": ["Алмалы"]},
    ]
    (site,) = (await client.get("/api/v1/sites")).json()["items"]
    assert (site["code"], site["kind"], site["heated_area"]) == (
        *("S1", "building"),
        {"value": "1844.7", "unit": "m²"},
    )


async def test_billing_particulars_change_one_by_one(client: AsyncClient, network: Network) -> None:
    address = f"/api/v1/usage-points/{network.school}"
    first = {"contract": "1204", "closing_day": 25, "closing_hour": 0, "calculated_load": "0.250"}
    assert (await client.patch(address, json=first)).status_code == 200
    changed = (await client.patch(address, json={"consumer": "KSK Abai", "closing_day": 31})).json()
    point = (await client.get(address)).json()
    assert changed.items() <= point.items()
    assert (point["contract"], point["consumer"], point["closing_day"]) == ("1204", "KSK Abai", 31)
    assert point["calculated_load"] == {"value": "0.25", "unit": "Gcal/h"}
    cleared = (await client.patch(address, json={"calculated_load": None})).json()
    assert (cleared["calculated_load"], cleared["contract"]) == (None, "1204")
    change = (await client.get("/api/v1/registry-changes", params={"subject": "usage_point"})).json()[
        "items"
    ][0]
    assert (change["changed_by"], change["key"]) == ("test", str(network.school))
    assert (change["before"]["calculated_load"], change["after"]["calculated_load"]) == ("0.250", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"closing_day": 25},
        {"closing_day": 32, "closing_hour": 0},
        {"calculated_load": "0"},
        {"calculated_load": 1.5},
        {"heated_area": "5"},
        {"kind": None},
    ],
    ids=str,
)
async def test_particulars_that_cannot_be_are_refused(
    client: AsyncClient, network: Network, wrong: dict[str, object]
) -> None:
    answer = await client.patch(f"/api/v1/usage-points/{network.school}", json=wrong)
    assert answer.status_code == 422


async def test_changing_needs_its_scope(caller: Caller, network: Network) -> None:
    reader = await caller(Scope.REGISTRY_READ)
    answers = [
        await reader.patch(f"/api/v1/usage-points/{network.school}", json={"contract": "1"}),
        await reader.put(
            f"/api/v1/meters/{network.new_meter}/components/calculator/2026-01-01", json=CALCULATOR
        ),
        await reader.post("/api/v1/registry/import", params={"sheet": "sites"}, content=b"code\n"),
        await reader.post("/api/v1/meter-replacements", json={"meter_id": network.new_meter}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


CALCULATOR = {
    "type": "ВКТ-7",
    "serial": "104512",
    "verified_on": "2025-12-01",
    "verification_due": "2029-12-01",
}


async def test_components_with_their_verifications(client: AsyncClient, network: Network) -> None:
    components = f"/api/v1/meters/{network.new_meter}/components"
    (first,) = (await client.put(f"{components}/calculator/2026-01-16", json=CALCULATOR)).json()
    assert (first["since"], first["until"], first["verification_due"]) == ("2026-01-16", None, "2029-12-01")
    verified = CALCULATOR | {"verified_on": "2029-11-20", "verification_due": "2033-11-20"}
    await client.put(f"{components}/calculator/2029-11-20", json=verified)
    dated = [(one["since"], one["until"]) for one in (await client.get(components)).json()]
    assert dated == [("2026-01-16", "2029-11-20"), ("2029-11-20", None)]
    early = await client.put(f"{components}/calculator/2025-01-01", json=CALCULATOR | {"until": "2026-02-01"})
    assert (early.status_code, "fitted then" in early.json()["detail"]) == (422, True)


async def test_the_journal_page_by_page(client: AsyncClient, network: Network) -> None:
    whole = (await client.get("/api/v1/registry-changes")).json()["items"]
    first = (await client.get("/api/v1/registry-changes", params={"limit": 2})).json()
    rest = (await client.get("/api/v1/registry-changes", params={"cursor": first["next_cursor"]})).json()
    assert first["items"] + rest["items"] == whole
    assert (await client.get("/api/v1/registry-changes", params={"subject": "poll"})).status_code == 422


IMPORT = "/api/v1/registry/import"


async def test_an_import_is_tried_and_then_stored(client: AsyncClient, network: Network) -> None:
    rows = "code;contract;calculated_load\nUP-1;1204;0,25\nUP-2;;\n".encode("cp1251")
    asked = {"sheet": "usage_points", "dry_run": "true"}
    tried = (await client.post(IMPORT, params=asked, content=rows)).json()
    assert tried["sheets"] == [{"sheet": "usage_points", "rows": 2, "added": 0, "changed": 1, "unchanged": 1}]
    assert (tried["stored"], tried["faults"]) == (False, [])
    assert (await client.get(f"/api/v1/usage-points/{network.school}")).json()["contract"] == ""
    done = (await client.post(IMPORT, params={"sheet": "usage_points"}, content=rows)).json()
    assert done["stored"] is True
    assert (await client.get(f"/api/v1/usage-points/{network.school}")).json()["contract"] == "1204"


async def test_one_bad_row_keeps_all_rows_out(client: AsyncClient, network: Network) -> None:
    rows = b"code,contract,closing_hour\nUP-1,1204,0\nUP-2,5,24\nUP-3,6,\n"
    done = (await client.post(IMPORT, params={"sheet": "usage_points"}, content=rows)).json()
    assert done["stored"] is False
    places = [(one["row"], one["column"]) for one in done["faults"]]
    assert places == [(2, "closing_day"), (3, "closing_hour"), (4, "site"), (4, "name"), (4, "zone")]
    assert (await client.get(f"/api/v1/usage-points/{network.school}")).json()["contract"] == ""


@pytest.mark.parametrize(
    ("sheet", "body"),
    [(None, b"code\n"), ("sites", b"\x98\0"), ("sites", b"PK\x03\x04"), ("polls", b"code\n")],
)
async def test_what_is_no_file_is_refused(client: AsyncClient, sheet: str | None, body: bytes) -> None:
    answer = await client.post(IMPORT, params={"sheet": sheet} if sheet else {}, content=body)
    assert answer.status_code == 422


async def test_a_file_may_be_larger_than_other_bodies_but_not_endless(client: AsyncClient) -> None:
    large = b"name\n" + b"".join(b"centre %d\n" % number for number in range(20_000))
    tried = await client.post(IMPORT, params={"sheet": "service_centres", "dry_run": "true"}, content=large)
    assert tried.json()["sheets"][0]["added"] == 20_000
    endless = await client.post(IMPORT, params={"sheet": "sites"}, content=bytes(8 * 2**20 + 1))
    assert endless.status_code == 413


REPLACEMENT = {
    "at": "2026-02-01T09:00:00Z",
    "new_meter": {"serial": "99000001"},
    "opening": [{"quantity": "energy_heating", "value": "1", "unit": "MWh"}],
    "note": "act 17",
}


async def test_a_meter_is_replaced_over_the_api(client: AsyncClient, network: Network) -> None:
    """The closing register is that of the poll an hour before: 20 000 kWh by Kyivenergo's 0.0008598."""
    done = await client.post("/api/v1/meter-replacements", json=REPLACEMENT | {"meter_id": network.new_meter})
    assert done.status_code == 201
    assert done.json()["usage_points"] == [network.school]
    closing, opening = done.json()["registers"]
    assert (closing["value"], closing["poll"] is None) == ({"value": "17.196", "unit": "Gcal"}, False)
    assert (opening["value"], opening["poll"]) == ({"value": "0.8598", "unit": "Gcal"}, None)
    point = (await client.get(f"/api/v1/usage-points/{network.school}")).json()
    assert [(one["meter_id"], one["removed_at"]) for one in point["installations"][1:]] == [
        (network.new_meter, "2026-02-01T09:00:00Z"),
        (done.json()["meter_id"], None),
    ]
    again = await client.post(
        "/api/v1/meter-replacements", json=REPLACEMENT | {"meter_id": network.new_meter}
    )
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"opening": []}, 422),
        ({"opening": [{"quantity": "energy_heating", "value": "1", "unit": "m3"}]}, 422),
        ({"at": "2027-01-01T00:00:00Z"}, 422),
        ({"new_meter": {"serial": "99000001", "zone": "Nowhere"}}, 422),
        ({"meter_id": 999}, 422),
        ({"at": REPLACED_AT.isoformat()}, 409),
    ],
    ids=["no opening", "wrong unit", "ahead", "no zone", "no meter", "not after its installation"],
)
async def test_a_replacement_that_cannot_be(
    client: AsyncClient, network: Network, change: dict[str, object], status: int
) -> None:
    body = REPLACEMENT | {"meter_id": network.new_meter} | change
    assert (await client.post("/api/v1/meter-replacements", json=body)).status_code == status

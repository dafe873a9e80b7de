"""Hours as they are told: measured, calculated from levels, or absent with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient

from api.keys import Scope
from metering.readings import Flag
from storage.polls import Polls
from storage.pool import Database
from storage.zones import Change, Zones
from tests.api.conftest import Caller
from tests.api.network import NOW
from tests.support.registry import HOUR, place, reading, record, report, snapshot

DAY = datetime(2026, 1, 10, tzinfo=UTC)
"""05:00 on the meter's clock."""
DOUBTFUL = reading("99999", flags=[Flag.IMPLAUSIBLE])


@pytest.fixture
async def meter(database: Database) -> int:
    """Levels at 00:00, 01:00, 03:00 and 04:30 UTC; its own records of the hours from 04:00 and 05:00."""
    meter = (await place(database)).meter
    levels = {0: "100", 60: "100.125", 90: None, 180: "100.625", 270: "101", 900: "108"}
    snapshots = [
        snapshot(DAY + timedelta(minutes=minutes), DOUBTFUL if level is None else reading(level))
        for minutes, level in levels.items()
    ]
    hours = [record(DAY + 4 * HOUR, reading("0.3")), record(DAY + 5 * HOUR, reading(None))]
    await Polls(database).save(report(meter, at=NOW - HOUR, archive=hours, snapshots=snapshots))
    return meter


async def ask(client: AsyncClient, meter: int, hours: Any = 8, **query: Any) -> Any:
    period = {"from": DAY.isoformat(), "to": (DAY + hours * HOUR).isoformat()}
    return await client.get(
        f"/api/v1/meters/{meter}/hours", params=period | {"quantity": "energy_heating"} | query
    )


async def hours_of(client: AsyncClient, meter: int, hours: int = 8, **query: object) -> list[Any]:
    answer = await ask(client, meter, hours, **query)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def told(items: list[Any]) -> list[tuple[str, str | None, str | None]]:
    return [(one["source"], one["amount"] and one["amount"]["value"], one["absence"]) for one in items]


async def test_each_hour_says_where_it_comes_from(client: AsyncClient, meter: int) -> None:
    """From 01:00 to 03:00 half a Gcal; from 03:00 to 04:30 0.375, two thirds of it by 04:00."""
    assert told(await hours_of(client, meter)) == [
        ("calculated", "0.125", None),
        ("calculated", "0.25", None),
        ("calculated", "0.25", None),
        ("calculated", "0.25", None),
        ("measured", "0.3", None),
        ("measured", None, None),
        ("absent", None, "no_level_after"),
        ("absent", None, "no_level_after"),
    ]


async def test_a_calculation_shows_what_it_rests_on(client: AsyncClient, meter: int) -> None:
    first, second, *_ = await hours_of(client, meter)
    calculation = first["calculation"]
    assert (first["measured"], calculation["certain"]) == (None, True)
    assert calculation["span"] == {"value": "3600", "unit": "s"}
    assert calculation["opening"]["at"] == "2026-01-10T00:00:00Z"
    assert calculation["opening"]["level"] == {"value": "100", "unit": "Gcal"}
    assert (await client.get(calculation["closing"]["links"]["frames"])).status_code == 200
    assert (second["calculation"]["certain"], second["calculation"]["span"]["value"]) == (False, "7200")


async def test_a_measured_hour_shows_its_record(client: AsyncClient, meter: int) -> None:
    recorded, without_number = [one for one in await hours_of(client, meter) if one["source"] == "measured"]
    assert recorded["calculation"] is None
    assert recorded["measured"]["meter_time"] == "2026-01-10T09:00:00"
    assert without_number["measured"]["absence"] == "error_state"


async def test_calculated_hours_are_stored_nowhere(
    client: AsyncClient, meter: int, database: Database
) -> None:
    before = await database.value("select count(*) from archive_value")
    await hours_of(client, meter)
    assert await database.value("select count(*) from archive_value") == before == 2


async def test_pages_of_any_size_give_the_same(client: AsyncClient, meter: int) -> None:
    whole = await hours_of(client, meter)
    for limit in (1, 3):
        found, cursor = [], None
        while True:
            page = (await ask(client, meter, limit=limit, **({"cursor": cursor} if cursor else {}))).json()
            assert len(page["items"]) <= limit
            found += page["items"]
            if (cursor := page["next_cursor"]) is None:
                break
        assert found == whole


async def test_hours_between_two_levels_add_up(client: AsyncClient, meter: int) -> None:
    amounts = [Decimal(one["amount"]["value"]) for one in (await hours_of(client, meter))[:3]]
    assert sum(amounts) == Decimal("100.625") - 100


async def test_only_hours_that_have_ended_are_told(client: AsyncClient, meter: int) -> None:
    start, end = (NOW - 2 * HOUR).isoformat(), (NOW + 100 * HOUR).isoformat()
    items = (await ask(client, meter, **{"from": start, "to": end})).json()["items"]
    assert [one["end"] for one in items] == ["2026-02-01T08:00:00Z", "2026-02-01T09:00:00Z"]


async def test_another_circuit_has_hours_of_its_own(client: AsyncClient, meter: int) -> None:
    assert {one[2] for one in told(await hours_of(client, meter, circuit=2))} == {"no_level_before"}


async def test_hours_are_those_of_the_meters_own_clock(
    client: AsyncClient, meter: int, database: Database
) -> None:
    """Half an hour forward at 02:00 UTC, as North Korea's clocks went in 2018."""
    change = Change(DAY + 2 * HOUR, "+05:30", "law")
    await Zones(database).change([meter], change, DAY)
    starts = [one["start"][11:16] for one in await hours_of(client, meter, 3)]
    assert starts == ["00:00", "01:00", "02:00", "02:30"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "temperature_supply"},
        {"circuit": 0},
        {"limit": 1001},
        {"cursor": "AAAA"},
        {"to": "2025-01-01T00:00:00Z"},
    ],
)
async def test_what_makes_no_sense_is_refused(client: AsyncClient, meter: int, wrong: dict[str, Any]) -> None:
    assert (await ask(client, meter, **wrong)).status_code == 422


async def test_hours_need_a_meter_and_the_scope(client: AsyncClient, caller: Caller, meter: int) -> None:
    assert (await ask(client, meter + 1)).status_code == 404
    assert (await ask(await caller(Scope.BILLING_READ), meter)).status_code == 403
    assert (await ask(await caller(Scope.READINGS_READ), meter)).status_code == 200
